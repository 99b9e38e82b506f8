"""Points from heat-maps: the highest pixel, and three ways to go below the pixel.

Points are (1, K, 2) in heat-map px; heat-maps are (K, H, W). A map without a positive value has
no point: it decodes to (-1, -1) with its (non-positive) maximum as score.
"""

from __future__ import annotations

import cv2
import numpy as np


def heatmap_maximum(heatmaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The highest pixel of each map.

    Args:
        heatmaps: Shape (..., H, W).

    Returns:
        Locations (..., 2) as x, y, float32, and values (...).

    >>> maps = np.zeros((2, 3, 4)); maps[0, 2, 1] = 0.5
    >>> heatmap_maximum(maps)
    (array([[ 1.,  2.], [-1., -1.]], dtype=float32), array([0.5, 0. ]))
    """
    flat = heatmaps.reshape(*heatmaps.shape[:-2], -1)
    best = flat.argmax(axis=-1)
    y, x = np.divmod(best, heatmaps.shape[-1])
    places = np.stack([x, y], axis=-1).astype(np.float32)
    values = flat.max(axis=-1)
    places[values <= 0] = -1
    return places, values


def refine_quarter(keypoints: np.ndarray, heatmaps: np.ndarray) -> np.ndarray:
    """Move each point a quarter pixel towards its higher neighbour, in x and in y."""
    height, width = heatmaps.shape[1:]
    moved = keypoints.copy()
    for k, (x, y) in enumerate(keypoints[0].astype(int)):
        # MMPose's bounds: the pixel next to the low border does not move, that at the high one does
        if 1 < x < width - 1 and 0 < y < height:
            moved[0, k, 0] += 0.25 * np.sign(heatmaps[k, y, x + 1] - heatmaps[k, y, x - 1])
        if 1 < y < height - 1 and 0 < x < width:
            moved[0, k, 1] += 0.25 * np.sign(heatmaps[k, y + 1, x] - heatmaps[k, y - 1, x])
    return moved


def refine_dark(keypoints: np.ndarray, heatmaps: np.ndarray, kernel: int) -> np.ndarray:
    """One Newton step on the logarithm of the blurred map (DarkPose, Zhang et al., CVPR 2020)."""
    logs = np.log(np.maximum(_blur(heatmaps, kernel), 1e-10))
    height, width = logs.shape[1:]
    moved = keypoints.copy()
    for k, (x, y) in enumerate(keypoints[0].astype(int)):
        if not (1 < x < width - 2 and 1 < y < height - 2):
            continue
        near = logs[k, y - 2 : y + 3, x - 2 : x + 3]
        slope = 0.5 * np.array([near[2, 3] - near[2, 1], near[3, 2] - near[1, 2]])
        bend_xx = 0.25 * (near[2, 4] - 2 * near[2, 2] + near[2, 0])
        bend_yy = 0.25 * (near[4, 2] - 2 * near[2, 2] + near[0, 2])
        bend_xy = 0.25 * (near[3, 3] - near[1, 3] - near[3, 1] + near[1, 1])
        if bend_xx * bend_yy - bend_xy**2 != 0:
            bend = np.array([[bend_xx, bend_xy], [bend_xy, bend_yy]])
            moved[0, k] -= np.linalg.inv(bend) @ slope
    return moved


def refine_dark_udp(keypoints: np.ndarray, heatmaps: np.ndarray, kernel: int) -> np.ndarray:
    """Like :func:`refine_dark` with one-pixel differences and an extended border (UDP)."""
    logs = np.log(np.clip(_blur(heatmaps, kernel), 1e-3, 50.0))
    logs = np.pad(logs, ((0, 0), (1, 1), (1, 1)), mode="edge")
    moved = keypoints.copy()
    for k, (x, y) in enumerate(keypoints[0].astype(int)):
        if x < 0:
            continue  # MMPose gives NaN for a map without a positive value
        near = logs[k, y : y + 3, x : x + 3]
        middle, left, right = near[1, 1], near[1, 0], near[1, 2]
        above, below = near[0, 1], near[2, 1]
        slope = 0.5 * np.array([right - left, below - above])
        bend_xy = 0.5 * (near[2, 2] - right - below + 2 * middle - left - above + near[0, 0])
        bend = np.array(
            [[right - 2 * middle + left, bend_xy], [bend_xy, below - 2 * middle + above]]
        )
        bend = bend.astype(np.float64) + np.finfo(np.float32).eps * np.eye(2)
        if np.linalg.det(bend) != 0:
            moved[0, k] -= np.linalg.solve(bend, slope)
    return moved


def _blur(heatmaps: np.ndarray, kernel: int) -> np.ndarray:
    """Gaussian blur with black outside, each map brought back to its old maximum."""
    if kernel % 2 != 1:
        raise ValueError(f"blur_kernel_size must be odd, got {kernel}")
    border = kernel // 2
    blurred = np.zeros_like(heatmaps)
    for k, heatmap in enumerate(heatmaps):
        padded = np.pad(heatmap.astype(np.float32), border)
        inner = cv2.GaussianBlur(padded, (kernel, kernel), 0)
        inner = inner[border : border + heatmap.shape[0], border : border + heatmap.shape[1]]
        peak = inner.max()
        blurred[k] = inner * (heatmap.max() / peak) if peak > 0 else inner
    return blurred
