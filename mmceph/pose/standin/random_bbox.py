"""Random shift, size and rotation of the box that is cut out."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from mmceph.pose.standin.base_transform import BaseTransform

_NORMAL = NormalDist()
_LOW, _HIGH = _NORMAL.cdf(-1.0), _NORMAL.cdf(1.0)


class RandomBBoxTransform(BaseTransform):
    """Shift, resize and rotate each box by amounts from a normal law cut off at one sigma.

    Under one numpy seed the amounts are those MMPose draws, without needing scipy.

    Args:
        shift_factor: Largest shift as a share of the box size.
        shift_prob: Probability of a shift.
        scale_factor: Smallest and largest factor on the box size.
        scale_prob: Probability of a resize.
        rotate_factor: Largest rotation in degrees.
        rotate_prob: Probability of a rotation.
    """

    def __init__(
        self,
        shift_factor: float = 0.16,
        shift_prob: float = 0.3,
        scale_factor: tuple[float, float] = (0.5, 1.5),
        scale_prob: float = 1.0,
        rotate_factor: float = 80.0,
        rotate_prob: float = 0.6,
    ) -> None:
        self.shift_factor = shift_factor
        self.shift_prob = shift_prob
        self.scale_factor = scale_factor
        self.scale_prob = scale_prob
        self.rotate_factor = rotate_factor
        self.rotate_prob = rotate_prob

    def _draw(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw shifts (count, 2), size factors (count, 1) and rotations (count,) in degrees."""
        # mmengine seeds numpy's global generator in every worker, so all draws come from there
        uniform = np.random.random_sample
        share = _LOW + uniform((count, 4)) * (_HIGH - _LOW)
        amount = np.vectorize(_NORMAL.inv_cdf)(share).astype(np.float32)
        shift = np.where(uniform((count, 1)) < self.shift_prob, amount[:, :2], 0.0)
        small, large = self.scale_factor
        factor = amount[:, 2:3] * ((large - small) * 0.5) + (large + small) * 0.5
        factor = np.where(uniform((count, 1)) < self.scale_prob, factor, 1.0)
        turn = np.where(uniform(count) < self.rotate_prob, amount[:, 3], 0.0)
        return shift * self.shift_factor, factor, turn * self.rotate_factor

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change ``bbox_center`` and ``bbox_scale`` (px), add ``bbox_rotation`` (degrees)."""
        size = results["bbox_scale"]
        shift, factor, turn = self._draw(size.shape[0])
        results["bbox_center"] = results["bbox_center"] + shift * size
        results["bbox_scale"] = size * factor
        results["bbox_rotation"] = turn
        return results

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(shift_prob={self.shift_prob}, "
            f"shift_factor={self.shift_factor}, scale_prob={self.scale_prob}, "
            f"scale_factor={self.scale_factor}, rotate_prob={self.rotate_prob}, "
            f"rotate_factor={self.rotate_factor})"
        )
