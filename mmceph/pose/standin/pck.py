"""The share of points predicted close to their target: the accuracy shown while training."""

from __future__ import annotations

import numpy as np

from mmceph.pose.standin.heatmap_decode import heatmap_maximum


def pose_pck_accuracy(
    output: np.ndarray,
    target: np.ndarray,
    mask: np.ndarray,
    thr: float = 0.05,
    normalize: np.ndarray | None = None,
) -> tuple[np.ndarray | None, float, int]:
    """Compare the highest pixels of two sets of heat-maps.

    Args:
        output: Predicted maps (N, K, H, W).
        target: Target maps (N, K, H, W).
        mask: Which points count, bool (N, K).
        thr: Distance, as a share of ``normalize``, below which a point counts as right.
        normalize: Lengths (N, 2) to divide x and y by; (H, W) in this order where not given,
            as MMPose does it. An image with a length of 0 is left out.

    Returns:
        The share of each point (K,), -1 where it never counts; the mean of those that do, 0.0
        if there is none; and their number.
    """
    count, points, height, width = output.shape
    if points == 0:
        return None, 0.0, 0
    if normalize is None:
        normalize = np.tile([[height, width]], (count, 1))
    mask = mask & ~(normalize == 0).any(axis=1)[:, None]
    lengths = np.where(normalize <= 0, 1e6, normalize)
    gap = (heatmap_maximum(output)[0] - heatmap_maximum(target)[0]) / lengths[:, None, :]
    right = (np.linalg.norm(gap, axis=-1) < thr) & mask
    seen = mask.sum(axis=0)
    share = np.where(seen > 0, right.sum(axis=0) / np.maximum(seen, 1), -1.0)
    counted = share[share >= 0]
    return share, float(counted.mean()) if len(counted) else 0.0, len(counted)
