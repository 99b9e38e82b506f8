"""The whole picture squashed to the network's input, its aspect ratio given up."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from mmceph.imaging.reduce import ReducedImage
from mmceph.pose import TopdownAffine
from mmceph.registry import TRANSFORMS


@TRANSFORMS.register_module()
class SquashAffine(TopdownAffine):
    """``TopdownAffine`` of a picture that was resized to the input's width and height first.

    That is how scripts that resize to a square treat a picture; a model they trained has to be
    given its pictures the same way. Shifts, zooms and turns of the box happen in the squashed
    picture. Points and boxes stay in px of the original.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Squash and warp ``img``; see ``TopdownAffine``.

        Raises:
            ValueError: ``img`` was reduced by ``LoadCephImage(input_size=...)``.
        """
        image = results["img"]
        if isinstance(image, ReducedImage):
            raise ValueError("SquashAffine: LoadCephImage must not reduce: leave input_size out")
        height, width = image.shape[:2]
        new_width, new_height = (int(n) for n in self.input_size)
        squash = np.array([new_width / width, new_height / height])
        kept = {key: results.get(key) for key in ("keypoints", "bbox_center", "bbox_scale")}
        results["img"] = np.asarray(
            Image.fromarray(image).resize((new_width, new_height), Image.Resampling.BILINEAR)
        )
        center, scale = kept["bbox_center"] * squash, kept["bbox_scale"] * squash
        if "bbox_rotation" not in results and _is_whole(results, (width, height)):
            # The stock box ends at the last pixel's centre: a warp would resample for nothing.
            center, scale = np.array([self.input_size]) / 2, np.array([self.input_size])
        results["bbox_center"], results["bbox_scale"] = (
            center.astype(np.float32),
            scale.astype(np.float32),
        )
        if kept["keypoints"] is not None:
            points = kept["keypoints"].copy()
            points[..., :2] = points[..., :2] * squash
            results["keypoints"] = points
        results = super().transform(results)
        results["input_center"] = results["input_center"] / squash
        results["input_scale"] = results["input_scale"] / squash
        for key, value in kept.items():
            if value is not None:
                results[key] = value
        return results


def _is_whole(results: dict[str, Any], size: tuple[int, int]) -> bool:
    """Whether the box is the whole picture of ``size`` (w, h) px, give or take a px."""
    off = np.abs(results["bbox_center"][0] - np.array(size) / 2)
    short = np.abs(results["bbox_scale"][0] - size)
    return bool((off <= 1).all() and (short <= 1).all())
