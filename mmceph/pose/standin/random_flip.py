"""Random mirror images."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmceph.pose.standin.base_transform import BaseTransform

_AXES = {"horizontal": (True, False), "vertical": (False, True), "diagonal": (True, True)}


class RandomFlip(BaseTransform):
    """Mirror the image with its box and key points, at random.

    A mirrored point lies at ``size - 1 - coordinate``. Horizontal and vertical mirroring swap
    the points listed in ``flip_indices``; diagonal (a half turn) swaps none.

    Args:
        prob: Probability of mirroring, shared evenly by the directions; or one for each of them.
        direction: ``"horizontal"``, ``"vertical"``, ``"diagonal"``, or a list of these.

    Raises:
        ValueError: For a probability outside 0..1 or an unknown direction.
    """

    def __init__(
        self, prob: float | list[float] = 0.5, direction: str | list[str] = "horizontal"
    ) -> None:
        directions = [direction] if isinstance(direction, str) else list(direction)
        unknown = [d for d in directions if d not in _AXES]
        if unknown:
            raise ValueError(f"RandomFlip: direction {unknown[0]!r} is none of {sorted(_AXES)}")
        shares = (
            list(prob)
            if isinstance(prob, (list, tuple))
            else [prob / len(directions)] * len(directions)
        )
        if len(shares) != len(directions):
            raise ValueError(f"RandomFlip: {len(shares)} prob for {len(directions)} directions")
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError(f"RandomFlip: prob must lie in 0..1 in all, got {prob}")
        self.prob = prob
        self.direction = direction
        self._choices: list[Any] = [*directions, None]
        self._shares = [*shares, 1 - sum(shares)]

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Mirror ``results`` in the direction drawn; note it in ``flip``, ``flip_direction``."""
        if "input_size" in results:
            raise ValueError("RandomFlip must come before TopdownAffine in the pipeline")
        # mmengine seeds numpy's global generator in every worker, so the draw comes from there
        direction = np.random.choice(self._choices, p=self._shares)
        results["flip"] = direction is not None
        results["flip_direction"] = direction
        if direction is None:
            return results
        flip_x, flip_y = _AXES[direction]
        height, width = results["img_shape"]
        limits = np.array([width - 1, height - 1]), np.array([flip_x, flip_y])
        image_axes = [axis for axis, on in ((0, flip_y), (1, flip_x)) if on]
        for key in ("img", "img_mask"):
            if key in results:
                results[key] = np.flip(results[key], axis=image_axes)
        if results.get("bbox") is not None:
            results["bbox"] = _mirror_boxes(results["bbox"], *limits)
        if results.get("bbox_center") is not None:
            results["bbox_center"] = _mirror(results["bbox_center"], *limits)
        if results.get("keypoints") is not None:
            if direction != "diagonal":
                order = np.asarray(results["flip_indices"])
                results["keypoints"] = results["keypoints"][:, order]
                if results.get("keypoints_visible") is not None:
                    results["keypoints_visible"] = results["keypoints_visible"][:, order]
            results["keypoints"] = _mirror(results["keypoints"], *limits)
        return results

    def __repr__(self) -> str:
        return f"{type(self).__name__}(prob={self.prob}, direction={self.direction!r})"


def _mirror(points: np.ndarray, last: np.ndarray, flipped: np.ndarray) -> np.ndarray:
    """Mirror (..., 2) points in the axes where ``flipped``; ``last`` is the last pixel."""
    return np.where(flipped, last - points, points).astype(points.dtype)


def _mirror_boxes(boxes: np.ndarray, last: np.ndarray, flipped: np.ndarray) -> np.ndarray:
    """Mirror (..., 4) boxes x1 y1 x2 y2, keeping the smaller corner first."""
    low, high = boxes[..., :2], boxes[..., 2:]
    new_low = np.where(flipped, last - high, low)
    new_high = np.where(flipped, last - low, high)
    return np.concatenate([new_low, new_high], axis=-1).astype(boxes.dtype)
