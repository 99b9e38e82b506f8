"""Gaussian and offset target maps.

All functions take points (1, K, 2) in HEAT-MAP px with visibility (1, K), and give the maps and
the weights (1, K): the visibility, set to 0 where the Gaussian falls outside the map.
"""

from __future__ import annotations

import numpy as np


def rounded_gaussians(
    size: tuple[int, int], keypoints: np.ndarray, visible: np.ndarray, sigma: float
) -> tuple[np.ndarray, np.ndarray]:
    """Gaussians around the NEAREST PIXEL of each point, cut at three sigma (MSRA)."""
    return _cut_gaussians(size, keypoints, visible, sigma, keep_fraction=False)


def udp_gaussians(
    size: tuple[int, int], keypoints: np.ndarray, visible: np.ndarray, sigma: float
) -> tuple[np.ndarray, np.ndarray]:
    """Gaussians around the exact point, in a window around its nearest pixel (UDP)."""
    return _cut_gaussians(size, keypoints, visible, sigma, keep_fraction=True)


def _cut_gaussians(
    size: tuple[int, int],
    keypoints: np.ndarray,
    visible: np.ndarray,
    sigma: float,
    keep_fraction: bool,
) -> tuple[np.ndarray, np.ndarray]:
    width, height = size
    maps = np.zeros((keypoints.shape[1], height, width), dtype=np.float32)
    weights = visible.copy()
    radius = 3 * sigma
    for k in np.flatnonzero(visible[0] >= 0.5):
        point = keypoints[0, k]
        pixel = (point + 0.5).astype(np.int64)
        # the window is truncated towards zero, as in MMPose (it matters for fractional radii)
        start = (pixel - radius).astype(np.int64)
        stop = (pixel + radius + 1).astype(np.int64)
        if start[0] >= width or start[1] >= height or (stop < 0).any():
            weights[0, k] = 0
            continue
        peak = start + (2 * radius + 1) // 2 + (point - pixel if keep_fraction else 0)
        xs = np.arange(max(0, start[0]), min(width, stop[0]))
        ys = np.arange(max(0, start[1]), min(height, stop[1]))
        if len(xs) and len(ys):
            maps[k, ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1] = _gaussian(xs, ys, peak, sigma)
    return maps, weights


def unbiased_gaussians(
    size: tuple[int, int], keypoints: np.ndarray, visible: np.ndarray, sigma: float
) -> tuple[np.ndarray, np.ndarray]:
    """Gaussians around the exact point over the whole map (DarkPose)."""
    width, height = size
    maps = np.zeros((keypoints.shape[1], height, width), dtype=np.float32)
    weights = visible.copy()
    xs, ys = np.arange(width), np.arange(height)
    for k in np.flatnonzero(visible[0] >= 0.5):
        point = keypoints[0, k]
        start, stop = point - 3 * sigma, point + 3 * sigma + 1
        if start[0] >= width or start[1] >= height or (stop < 0).any():
            weights[0, k] = 0
            continue
        maps[k] = _gaussian(xs, ys, point, sigma)
    return maps, weights


def _gaussian(xs: np.ndarray, ys: np.ndarray, peak: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian of height 1 at ``peak`` (x, y), on the grid ys x xs."""
    along_x = np.exp(-((xs - peak[0]) ** 2) / (2 * sigma**2))
    along_y = np.exp(-((ys - peak[1]) ** 2) / (2 * sigma**2))
    return along_y[:, None] * along_x


def offset_maps(
    size: tuple[int, int], keypoints: np.ndarray, visible: np.ndarray, radius_factor: float
) -> tuple[np.ndarray, np.ndarray]:
    """Three maps a point, (3 K, H, W): a disc, and the way to the point in x and in y.

    Both ways are in units of the disc's radius, ``radius_factor`` times the longer side.
    """
    width, height = size
    maps = np.zeros((keypoints.shape[1], 3, height, width), dtype=np.float32)
    radius = radius_factor * max(width, height)
    for k in np.flatnonzero(visible[0] >= 0.5):
        x, y = keypoints[0, k]
        way_x = (x - np.arange(width)) / radius
        way_y = (y - np.arange(height))[:, None] / radius
        maps[k, 0] = way_x**2 + way_y**2 <= 1
        maps[k, 1] = way_x
        maps[k, 2] = way_y
    return maps.reshape(-1, height, width), visible.copy()
