"""Parts of the head-holder: ear rod ring and nasion rod."""

from __future__ import annotations

import numpy as np

from mmceph.phantom.canvas import Canvas
from mmceph.phantom.curves import Points, smooth_curve
from mmceph.phantom.shape import Head

__all__ = ["RING_RADIUS_MM", "draw_ear_rod", "draw_meatus", "draw_nasion_rod"]

#: Outer radius of the ear rod's ring; Po is its uppermost point.
RING_RADIUS_MM = 4.4


def draw_ear_rod(canvas: Canvas, head: Head, radius_mm: float = RING_RADIUS_MM) -> None:
    """Metal ring with a ball in it, its top at Po."""
    centre = head.landmarks["Po"] + np.array([0.0, radius_mm])
    share = radius_mm / RING_RADIUS_MM
    angle = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    canvas.fill(centre + radius_mm * circle, 0.95)
    canvas.fill(centre + (radius_mm - 0.75 * share) * circle, -0.85)
    canvas.discs(centre + head.rng.normal(0.0, 0.6, (1, 2)), np.array([1.2 * share]), 1.0)


def draw_meatus(canvas: Canvas, head: Head) -> None:
    """Ear canal without a rod: a dark oval with a bright upper wall, its top at Po."""
    angle = np.linspace(0.0, 2.0 * np.pi, 32, endpoint=False)
    oval = np.stack([3.6 * np.cos(angle), 4.2 * np.sin(angle)], axis=1)
    centre = head.landmarks["Po"] + np.array([0.0, 4.2])
    canvas.fill(centre + oval, -0.32, 0.4)
    canvas.line(centre + oval[15:33], 1.2, 0.30, 0.3)


def draw_nasion_rod(canvas: Canvas, foot: Points, elbow: Points, weight: float = 0.10) -> None:
    """Plastic rod from the bridge of the nose up to an elbow, then up and out of the picture."""
    top = np.array([elbow[0] + 0.5, -400.0])
    axis = np.vstack(
        [foot, elbow + np.array([-4.0, 4.0]), elbow, elbow + np.array([0.2, -4.5]), top]
    )
    path = np.vstack([axis[:1], smooth_curve(axis[1:4], per_segment=6), axis[4:]])
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    across = 2.3 * np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    canvas.fill(np.vstack([path + across, (path - across)[::-1]]), weight, 0.3)
