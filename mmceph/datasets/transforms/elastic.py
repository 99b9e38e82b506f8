"""Smooth random deformation that moves the landmarks with the picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from mmceph.pose import BaseTransform
from mmceph.registry import TRANSFORMS

from .grey_transform import draw_generator

_STEEPEST = 0.5  # px of displacement per px: folds need 1, and points converge by it per step
_STEPS = 40
_CLOSE_PX = 1e-4


@TRANSFORMS.register_module()
class RandomElastic(BaseTransform):
    """Deform the network's input smoothly; ``transformed_keypoints`` move exactly with it.

    Random displacements on a coarse grid are interpolated to every pixel, and made smaller where
    the picture would fold. Stands after ``(Ceph)TopdownAffine``: ``keypoints``, the truth in px of
    the file's picture, stay. Own code, since MMPose has no such step, Albumentations (as MMPose
    wraps it) must not move points, and torchvision rounds the inverse to whole pixels.

    Args:
        amplitude: Range of the largest displacement, as a share of the image's shorter side.
        grid: Points of the coarse grid along the shorter side.
        prob: Share of images that are changed.

    Raises:
        ValueError: ``amplitude`` is not a rising pair of at least 0, or ``grid`` is below 2.
    """

    def __init__(
        self, amplitude: tuple[float, float] = (0.0, 0.02), grid: int = 5, prob: float = 0.5
    ) -> None:
        super().__init__()
        if not 0 <= amplitude[0] <= amplitude[1] or grid < 2:
            raise ValueError(
                f"RandomElastic: amplitude {amplitude} must rise from 0 on, grid {grid} be >= 2"
            )
        self.amplitude = amplitude
        self.grid = grid
        self.prob = prob

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change ``img`` (h, w) or (h, w, C) and ``transformed_keypoints`` (..., 2) px.

        Raises:
            ValueError: The step does not stand after the warp to the network's input.
        """
        if "input_size" not in results or "transformed_keypoints" not in results:
            raise ValueError("RandomElastic must come after (Ceph)TopdownAffine in the pipeline")
        rng = draw_generator()
        if rng.random() >= self.prob:
            return results
        height, width = results["img"].shape[:2]
        largest = rng.uniform(*self.amplitude) * min(width, height)
        field = displacement_field((width, height), self.grid, largest, rng)
        results["img"] = deform(results["img"], field)
        points = results["transformed_keypoints"]
        if points.ndim:  # MMPose writes a number where there are no points
            moved = points.copy()
            moved[..., :2] = move_points(points[..., :2].reshape(-1, 2), field).reshape(
                points[..., :2].shape
            )
            results["transformed_keypoints"] = moved
        return results


def displacement_field(
    size: tuple[int, int], grid: int, largest: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw a smooth field that says, for each pixel of the result, where it comes from.

    Args:
        size: (w, h) in px.
        grid: Points of the coarse grid along the shorter side.
        largest: The largest displacement along an axis in px; less where it would be too steep.
        rng: The source of chance.

    Returns:
        (h, w, 2) float32: x and y displacement in px.
    """
    step = min(size) / (grid - 1)
    coarse = rng.uniform(-1.0, 1.0, (round(size[1] / step) + 1, round(size[0] / step) + 1, 2))
    field: Any = cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    field *= np.float32(largest / max(float(np.abs(field).max()), 1e-6))
    # The Jacobian's maximum norm is at most the sum of its largest entries along both axes.
    steepest = float(sum(np.abs(np.diff(field, axis=axis)).max() for axis in (0, 1)))
    if steepest > _STEEPEST:
        field *= np.float32(_STEEPEST / steepest)
    return field


def deform(image: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Let each pixel of the result come from where ``field`` says; black from outside."""
    height, width = field.shape[:2]
    x: Any = field[..., 0] + np.arange(width, dtype=np.float32)
    y: Any = field[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return cv2.remap(image, x, y, cv2.INTER_LINEAR)


def pull_points(points: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Where in the source the pixels of the result at ``points`` (N, 2) come from, in px."""
    height, width = field.shape[:2]
    # Beyond the edge the displacement of the nearest pixel goes on.
    inside = np.clip(points, 0, (width - 1, height - 1))
    low = np.minimum(inside.astype(np.int64), (max(width - 2, 0), max(height - 2, 0)))
    share = inside - low
    (x, y), (fx, fy) = low.T, share.T[..., None]
    x1, y1 = np.minimum(x + 1, width - 1), np.minimum(y + 1, height - 1)
    above = field[y, x] * (1 - fx) + field[y, x1] * fx
    below = field[y1, x] * (1 - fx) + field[y1, x1] * fx
    return points + above * (1 - fy) + below * fy


def move_points(points: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Where in the result the source's ``points`` (N, 2) px lie: the inverse of pulling.

    Solved by fixed-point iteration, which converges since the field is nowhere steeper than half.
    """
    source = np.asarray(points, np.float64)
    moved = source.copy()
    for _ in range(_STEPS):
        missing = source - pull_points(moved, field)
        moved += missing
        if not missing.size or np.abs(missing).max() < _CLOSE_PX:
            break
    return moved
