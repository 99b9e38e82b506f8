"""Skin profile, airway and the soft parts of head and neck."""

from __future__ import annotations

import cv2
import numpy as np

from mmceph.phantom.canvas import Canvas, Image, gaussian, resized
from mmceph.phantom.curves import Points, smooth_curve
from mmceph.phantom.shape import Head, stretch_nose
from mmceph.phantom.template import outline, polygon

__all__ = ["draw_airway", "draw_soft_parts", "skin_profile", "soft_veil"]

_FOREHEAD = polygon(
    (20.0, -113.0), (45.0, -101.0), (62.0, -83.0), (72.0, -60.0), (76.4, -40.0), (76.6, -26.0),
    (74.2, -15.5), "N`",
)  # fmt: skip
_NOSE = polygon(
    "N`", (73.0, 0.5), (77.6, 9.0), (84.0, 19.0), (91.5, 27.5), "Pn", (94.8, 39.0), (89.5, 42.6),
    (84.0, 43.6), "Sn",
)  # fmt: skip
_LIPS = polygon(
    "Sn", (79.6, 49.5), (80.5, 54.5), "Ls", (81.0, 62.5), (77.6, 65.8), (74.6, 67.0),
)  # fmt: skip
_CHIN = polygon(
    (74.6, 67.0), (77.0, 69.3), (78.6, 71.8), "Li", (76.2, 79.0), (71.6, 84.0), (71.2, 89.0),
    "Pog`", (70.9, 101.0), (66.6, 107.5), (58.0, 111.5), (44.0, 113.0), (29.0, 115.0),
    (17.0, 119.5), (10.0, 129.0), (5.0, 145.0), (0.0, 165.0), (-6.0, 200.0),
)  # fmt: skip
_BACK = polygon(
    (-98.0, 200.0), (-93.0, 150.0), (-92.0, 110.0), (-97.0, 75.0), (-106.0, 45.0), (-117.0, 10.0),
    (-119.0, -25.0), (-113.0, -58.0), (-95.0, -85.0), (-66.0, -105.0), (-35.0, -115.0),
    (-5.0, -117.0),
)  # fmt: skip
_NOSE_BASE = outline((74.0, 36.0), (82.0, 35.0), (88.0, 38.0), (86.5, 42.0), (78.0, 43.5),
                     (73.0, 41.0), closed=True)  # fmt: skip
_AIRWAY = outline(
    (8.0, 30.0), (16.0, 35.0), (12.5, 44.0), (5.5, 52.0), (3.0, 62.0), (4.5, 76.0), (5.5, 88.0),
    (4.0, 102.0), (2.0, 118.0), (1.0, 150.0), (-3.0, 200.0), (-13.0, 200.0), (-9.0, 150.0),
    (-7.0, 118.0), (-4.0, 98.0), (-3.0, 80.0), (-2.5, 62.0), (-0.5, 48.0), (1.5, 38.0),
    closed=True,
)  # fmt: skip
_SOFT_PALATE = outline(
    "PNS", (13.0, 43.0), (7.0, 50.0), (4.6, 58.5), (6.4, 61.0), (10.5, 55.0), (17.0, 48.0),
    (24.0, 44.5), closed=True,
)  # fmt: skip
_TONGUE = outline(
    (54.0, 62.0), (42.0, 54.0), (28.0, 50.0), (15.0, 54.0), (8.0, 66.0), (7.0, 80.0), (12.0, 94.0),
    (25.0, 97.0), (42.0, 92.0), (52.0, 78.0), closed=True,
)  # fmt: skip
_DEPTH_MM = 42.0  # how far inside the skin the veil reaches its full strength
_MOUTH = outline((27.0, 49.0), (45.0, 51.0), (58.0, 55.0), (45.0, 55.5), (30.0, 54.5), closed=True)


def skin_profile(head: Head) -> Points:
    """Return the skin line from the crown over face and chin down the neck, (n, 2) mm."""
    parts = [_FOREHEAD, stretch_nose(_NOSE, head.nose), _LIPS, _CHIN]
    return head.curve(np.vstack([smooth_curve(part) for part in parts]))


def soft_veil(canvas: Canvas, head: Head, strength: float) -> tuple[Image, Image]:
    """Veil of the soft parts, thin at the skin and thicker inwards.

    Returns:
        (H, W) attenuation, and (H, W) the share of each pixel that lies inside the skin, 0..1.
    """
    width, height = canvas.size
    ring = np.vstack([skin_profile(head), head.curve(smooth_curve(_BACK))])
    body = Canvas(canvas.size, canvas.spacing, (canvas.origin[0], canvas.origin[1]))
    body.fill(ring, 1.0)
    share = body.flatten("mid")
    # A round body is thin at its outline: path length ~ sqrt(1 - (1 - d / D)^2). That is smooth,
    # so half the size will do. The padding keeps the image's border from counting as skin.
    half = cv2.resize(share, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    solid = cv2.copyMakeBorder((half > 0.5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 3)[1:-1, 1:-1]
    deep = np.minimum(depth * np.float32(2.0 * canvas.spacing / _DEPTH_MM), np.float32(1.0))
    veil = np.sqrt(deep * (np.float32(2.0) - deep)) * np.float32(0.8) + np.float32(0.2)
    # The neck is narrower than the head and absorbs less.
    chin = canvas.to_px(head.landmarks["Me"])[1]
    rows = (2.0 * np.arange(len(veil), dtype=np.float32) - np.float32(chin)) * canvas.spacing
    neck = 1.0 - 0.45 / (1.0 + np.exp(-(rows - 2.0) / 7.0).astype(np.float32))
    veil *= np.float32(strength) * neck[:, None]
    veil = resized(gaussian(veil, 0.6), width, height)
    veil *= share
    return veil, share


def draw_soft_parts(canvas: Canvas, head: Head, strength: float) -> None:
    """Nostrils, soft palate and tongue."""
    canvas.fill(head.curve(stretch_nose(_NOSE_BASE, head.nose)), -0.14 * strength, 1.6, "soft")
    canvas.fill(head.curve(_SOFT_PALATE), 0.20 * strength, 1.0, "soft")
    canvas.fill(head.curve(_TONGUE), 0.16 * strength, 2.5, "soft")


def draw_airway(canvas: Canvas, head: Head, strength: float) -> None:
    """Take away what air in throat and mouth does not absorb."""
    canvas.fill(head.curve(_AIRWAY), -strength, 0.8, "soft")
    if head.rng.random() < 0.4:
        canvas.fill(head.curve(_MOUTH), -0.3 * strength, 1.2, "soft")
