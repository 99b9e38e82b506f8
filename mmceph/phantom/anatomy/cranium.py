"""Skull vault, cranial base with sella turcica, frontal sinus, petrous bone."""

from __future__ import annotations

import numpy as np

from mmceph.phantom.canvas import Canvas
from mmceph.phantom.curves import Points
from mmceph.phantom.shape import Head
from mmceph.phantom.template import outline, polygon

__all__ = ["draw_cranial_base", "draw_sella", "draw_vault"]

# Outer table from nasion over glabella and vertex to the nape.
_OUTER = outline(
    "N", (67.6, -14.0), (70.2, -20.5), (70.6, -28.0), (69.6, -40.0), (65.5, -55.0), (57.0, -71.0),
    (43.0, -87.5), (22.0, -100.0), (-5.0, -107.0), (-35.0, -105.0), (-65.0, -95.0), (-90.0, -76.0),
    (-106.0, -48.0), (-110.0, -18.0), (-103.0, 8.0), (-86.0, 25.0), (-66.0, 36.0), (-48.0, 41.0),
)  # fmt: skip
_INNER = outline(
    (64.0, -7.4), (58.8, -9.6), (54.0, -13.4), (56.0, -19.0), (61.0, -27.0),
    (61.8, -38.0), (58.0, -52.0), (50.0, -66.0), (37.5, -80.5), (18.0, -92.5), (-6.0, -99.0),
    (-34.0, -97.5), (-61.0, -88.0), (-83.5, -70.5), (-98.5, -45.0), (-102.0, -18.0), (-96.0, 3.0),
    (-81.0, 18.5), (-64.0, 30.0), (-48.0, 39.0),
)  # fmt: skip
# Floor of the brain's room from the nape to the frontal bone.
_FLOOR = outline(
    (-42.0, 30.0), (-26.0, 34.0), (-17.5, 23.0), (-12.0, 12.0), (-6.0, 6.0), (4.0, 12.0),
    (16.0, 9.0), (26.0, -2.0), (30.0, -12.0), (42.0, -17.0), (52.5, -15.5),
)  # fmt: skip
_BROW = 18  # samples of the inner outline before the inner table proper begins
_FRONTAL_SINUS = outline(
    (63.4, -9.0), (66.2, -14.0), (68.2, -21.0), (67.4, -29.0), (64.6, -33.5), (62.9, -27.0),
    (60.0, -19.5), (59.8, -12.0), closed=True,
)  # fmt: skip
_PLANUM = outline(
    (5.6, -4.6), (8.5, -6.6), (13.0, -7.6), (20.0, -9.4), (28.0, -8.9), (36.0, -8.3), (45.0, -10.0),
    (52.5, -15.5),
)  # fmt: skip
_ORBITAL_ROOF = outline(
    (6.5, -7.4), (13.0, -9.2), (22.0, -12.5), (32.0, -18.2), (42.0, -22.4), (51.0, -25.0),
    (58.0, -27.5), (61.6, -33.0),
)  # fmt: skip
_ROOF_UNDER = outline(
    (30.0, -13.0), (40.0, -17.6), (50.0, -19.0), (58.0, -17.0), (63.0, -12.5),
)  # fmt: skip
# Clinoid process, tuberculum, floor of the fossa, dorsum, clivus: Sella is the fossa's centre.
_SELLA_FLOOR = outline(
    (9.0, -7.2), (6.3, -5.4), (5.4, -2.6), (5.2, 0.6), (3.7, 3.9), (0.4, 5.1), (-3.0, 4.3),
    (-5.0, 1.6), (-5.3, -2.2), (-5.0, -5.4), (-6.3, -7.3), (-8.2, -6.6), (-8.6, -3.0), (-9.4, 2.0),
    (-12.0, 9.5),
)  # fmt: skip
_ANTERIOR_CLINOID = outline((12.0, -8.6), (7.0, -8.4), (2.6, -6.2), (4.2, -4.4), (8.0, -5.2))
_SPHENOID_SINUS = outline(
    (6.4, -1.5), (12.0, -4.6), (20.0, -5.6), (25.5, -1.5), (24.0, 6.0), (17.0, 12.5), (8.0, 14.0),
    (0.5, 11.5), (-0.5, 8.0), (5.0, 5.2), closed=True,
)  # fmt: skip
# Under side of the cranial base; it crosses the condyle's neck at Ar.
_BASE_UNDER = outline(
    (22.4, 12.0), (14.0, 16.5), (4.0, 20.0), (-5.0, 24.8), "Ar", (-17.0, 33.2),
)  # fmt: skip
_MIDDLE_FOSSA = outline(
    (29.5, -13.5), (29.0, -6.0), (25.5, 1.0), (20.0, 7.5), (12.0, 12.0), (2.0, 14.6), (-8.0, 13.0),
    (-16.0, 8.0),
)  # fmt: skip
_CLIVUS = outline(
    (-8.4, -5.6), (-9.4, 2.0), (-12.5, 11.0), (-17.5, 23.0), (-25.6, 38.0), (-20.0, 35.6), "Ar",
    (-5.0, 24.8), (1.5, 20.0), (-0.5, 10.5), (-4.0, 5.6), (-5.6, 0.0), closed=True,
)  # fmt: skip
_PETROUS = outline(
    (14.0, 17.5), (4.0, 12.5), (-5.0, 8.0), (-14.0, 1.5), (-23.0, -3.5), (-33.0, 2.0), (-46.0, 3.0),
    (-58.0, 16.0), (-60.0, 28.0), (-46.0, 35.0), (-38.0, 44.0), (-27.0, 40.0), (-20.0, 31.0),
    (-8.0, 24.5), (4.0, 21.0),
    closed=True,
)  # fmt: skip
_MASTOID = outline(
    (-22.0, 24.0), (-30.0, 20.0), (-44.0, 24.0), (-45.0, 38.0), (-37.0, 48.0), (-29.0, 50.0),
    (-25.0, 42.0), closed=True,
)  # fmt: skip
_PETROUS_RIDGE = outline(
    (-4.0, 9.5), (-13.0, 2.8), (-25.0, -2.2), (-38.0, 1.0), (-52.0, 12.0), (-66.0, 22.0),
    (-88.0, 21.0),
)  # fmt: skip
_ZYGOMATIC_ROOT = outline(
    (-14.0, 12.0), (0.0, 11.0), (10.0, 15.5), (8.0, 19.0), (-2.0, 17.0), (-12.0, 19.0), closed=True
)


def draw_vault(canvas: Canvas, head: Head) -> None:
    """Outer and inner table with the diploe between, and the frontal sinus."""
    rng = head.rng
    outer, inner = head.curve(_OUTER), head.curve(_INNER)
    # Both side walls and the brain lie under the whole vault.
    canvas.fill(np.vstack([inner[_BROW:], head.curve(_FLOOR)]), 0.30, 1.2, "soft")
    canvas.fill(np.vstack([outer, inner[::-1]]), 0.33)
    middle = _inward(outer, 4.2)[24:-10]
    canvas.line(middle, 2.4, -0.10, 0.8)
    canvas.line(_inward(outer, 0.75), 1.5, 0.30, 0.25)
    canvas.line(inner[_BROW:], 1.0, 0.24, 0.35)
    size = float(np.clip(rng.normal(1.0, 0.15), 0.6, 1.3))
    sinus = head.curve(_FRONTAL_SINUS)
    base = sinus.mean(axis=0)
    canvas.fill(base + (sinus - base) * [min(size, 1.0), size], -0.36, 0.5)
    _draw_vessels(canvas, head)


def draw_cranial_base(canvas: Canvas, head: Head) -> None:
    """Cribriform plate, orbital roofs, sphenoid sinus, petrous bone, middle fossa, clivus."""
    curve = head.curve
    canvas.line(curve(_PLANUM), 1.2, 0.32, 0.35)
    canvas.line(curve(_ORBITAL_ROOF), 1.3, 0.30, 0.35, sheet="side")
    canvas.line(curve(_ROOF_UNDER), 1.8, 0.16, 0.6, sheet="side")
    canvas.line(curve(_MIDDLE_FOSSA), 1.4, 0.30, 0.4, sheet="side")
    canvas.fill(curve(_PETROUS), 0.38, 3.6, sheet="side")
    canvas.fill(curve(_MASTOID), 0.26, 2.5, sheet="side")
    canvas.line(curve(_PETROUS_RIDGE), 2.0, 0.20, 0.8, sheet="side")
    canvas.fill(curve(_ZYGOMATIC_ROOT), 0.22, 1.2, sheet="side")
    canvas.fill(curve(_CLIVUS), 0.22, 1.1)
    canvas.line(curve(_BASE_UNDER), 1.5, 0.34, 0.3)
    _draw_air_cells(canvas, head)
    # The inner ear's canal: a small dark spot in the densest bone.
    canvas.discs(curve(polygon((-21.0, 13.0))), np.array([2.2]), -0.22, 0.6)


def draw_sella(canvas: Canvas, head: Head) -> None:
    """Sella turcica: a bright cup around S, with the sphenoid sinus below."""
    curve = head.curve
    canvas.fill(curve(_SPHENOID_SINUS), -0.16, 0.9)
    canvas.line(curve(_SELLA_FLOOR), 1.3, 0.42, 0.25)
    canvas.line(curve(_ANTERIOR_CLINOID), 1.2, 0.30, 0.3, sheet="side")


def _draw_air_cells(canvas: Canvas, head: Head) -> None:
    """Mottle of the mastoid: small dark cells between bright walls."""
    rng = head.rng
    count = 60
    spread = rng.normal(0.0, 1.0, (count, 2)) * [10.0, 9.0]
    centres = head.curve(polygon((-32.0, 20.0)))[0] + spread
    radii = rng.uniform(0.5, 1.9, count)
    canvas.discs(centres[: count // 2], radii[: count // 2], -0.15, 0.4)
    canvas.discs(centres[count // 2 :], radii[count // 2 :], 0.10, 0.4)


def _draw_vessels(canvas: Canvas, head: Head) -> None:
    """Grooves of the meningeal vessels: faint dark branches on the side wall."""
    rng = head.rng
    start = np.array([4.0, 2.0]) + rng.normal(0.0, 2.0, 2)
    for _ in range(int(rng.integers(2, 4))):
        angle = rng.uniform(-2.4, -1.2)
        steps = np.cumsum(rng.normal(0.0, 0.22, 8)) + angle
        walk = np.cumsum(np.stack([np.cos(steps), np.sin(steps)], axis=1) * 9.0, axis=0)
        canvas.line(head.curve(np.vstack([start, start + walk])), 1.5, -0.025, 0.7)


def _inward(path: Points, amount: float) -> Points:
    """Shift an open line to its right-hand side (inwards for the vault's outer table), mm."""
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    # The vault runs from the face backwards, with the brain on the left in image coordinates.
    moved: Points = path + amount * np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    return moved
