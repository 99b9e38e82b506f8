"""What a top-down model says of one picture: its points, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmceph.errors import MmcephError

from .prediction import LandmarkPoint


def points_of(sample: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(K, 2) points in px and (K,) scores of the one box.

    Raises:
        MmcephError: There are several instances, or points that are not finite.
    """
    instances = sample.pred_instances
    points, scores = (
        np.asarray(value.detach().cpu() if hasattr(value, "detach") else value, np.float64)
        for value in (instances.keypoints, instances.keypoint_scores)
    )
    if len(points) != 1:
        raise MmcephError(
            f"{name}: the model found {len(points)} instances; only top-down models fit"
        )
    if not np.isfinite(points[0, :, :2]).all():
        raise MmcephError(f"{name}: the model's points are not finite; its weights have diverged")
    return points[0, :, :2], scores.reshape(-1)


def outside(landmarks: Mapping[str, LandmarkPoint], size: tuple[int, int]) -> list[str]:
    """The warning, if any, that names landmarks outside a picture of width and height in px."""
    width, height = size
    names = [
        name
        for name, point in landmarks.items()
        if not (-0.5 <= point.x <= width - 0.5 and -0.5 <= point.y <= height - 0.5)
    ]
    return [f"outside the picture: {', '.join(names)}"] if names else []
