"""Orbit rims, nasal bone, cheek bone, paranasal sinuses: the middle face behind the profile."""

from __future__ import annotations

import numpy as np

from mmceph.phantom.canvas import Canvas
from mmceph.phantom.shape import Head
from mmceph.phantom.template import outline

__all__ = ["draw_midface", "draw_orbit"]

_NASAL_BONE = outline(
    "N", (68.0, -4.6), (72.0, 1.8), (76.2, 8.2), (79.4, 13.4), (78.0, 13.6), (73.8, 8.4),
    (69.2, 3.2), (65.6, -1.0), (62.6, -5.0), closed=True,
)  # fmt: skip
_NASAL_LINE = outline("N", (68.0, -4.6), (72.0, 1.8), (76.2, 8.2), (79.4, 13.4))
_SUTURE = outline("N", (63.4, -8.2), (61.6, -6.4), (60.4, -5.6))
_NASAL_ROOT = outline(
    "N", (67.2, -13.5), (66.0, -16.0), (59.0, -13.0), (57.0, -6.0), (60.5, 0.0), (66.0, -2.0),
    closed=True,
)  # fmt: skip
# The rim runs down the lateral wall and turns at Or, its lowest point, up to the nose's side.
_ORBIT_RIM = outline(
    (56.0, -17.5), (49.5, -15.0), (45.0, -9.0), (42.9, -1.0), (43.2, 7.0), (45.6, 13.2),
    (48.8, 16.9), "Or", (55.4, 16.9), (58.4, 13.4), (60.0, 8.0),
)  # fmt: skip
_ORBIT_FLOOR = outline("Or", (48.0, 16.2), (42.0, 16.0), (34.0, 14.0), (27.0, 9.0))
_LATERAL_WALL = outline((47.0, -14.0), (40.5, -8.0), (37.5, 0.0), (38.0, 8.0), (40.5, 14.0))
_ORBIT_SPACE = outline(
    (58.0, -12.0), (48.0, -10.0), (36.0, -6.0), (30.0, 2.0), (36.0, 12.0), (48.0, 14.0),
    (57.0, 10.0), closed=True,
)  # fmt: skip
_ZYGOMA = outline(
    (52.13, 18.2), (45.6, 14.0), (40.0, 15.0), (36.0, 20.0), (38.0, 26.0), (41.5, 34.0),
    (45.5, 36.0), (47.6, 30.0), (51.0, 24.0), closed=True,
)  # fmt: skip
_KEY_RIDGE = outline(
    (50.5, 21.0), (48.2, 27.0), (46.6, 33.0), (44.2, 36.2), (41.4, 34.0), (39.2, 27.0),
    (36.0, 21.0), (28.0, 17.0),
)  # fmt: skip
_ARCH = outline((38.0, 19.0), (26.0, 15.6), (12.0, 14.0), (-2.0, 13.8))
_MAXILLARY_SINUS = outline(
    (29.0, 17.0), (38.0, 18.0), (48.0, 20.0), (56.0, 22.0), (58.5, 30.0), (54.0, 37.0),
    (44.0, 40.5), (34.0, 40.0), (27.0, 34.0), (25.5, 24.0), closed=True,
)  # fmt: skip
_ETHMOID = outline(
    (26.0, -5.0), (38.0, -5.0), (52.0, -6.0), (56.0, 2.0), (52.0, 10.0), (38.0, 10.0), (28.0, 5.0),
    closed=True,
)  # fmt: skip
_SINUS_BACK = outline((26.5, 12.0), (25.2, 20.0), (25.4, 28.0), (26.6, 35.0), (29.0, 41.0))
_PTERYGOID = outline((22.0, 10.0), (20.2, 19.0), (19.2, 28.0), (19.6, 36.0), (21.0, 40.0))
_PTERYGOID_PLATE = outline(
    (13.5, 14.0), (20.0, 12.0), (19.4, 28.0), (20.6, 39.5), (16.0, 46.0), (13.0, 44.0),
    (13.0, 30.0), closed=True,
)  # fmt: skip
_NOSE_CAVITY = outline(
    (58.0, -2.0), (66.0, 6.0), (70.0, 20.0), (70.0, 36.0), (60.0, 38.5), (30.0, 38.5), (22.0, 34.0),
    (24.0, 16.0), (30.0, 4.0), closed=True,
)  # fmt: skip
_TURBINATE = outline((31.0, 29.0), (42.0, 27.0), (56.0, 29.5), (58.0, 33.0), (44.0, 34.0),
                     (32.0, 34.0), closed=True)  # fmt: skip
_FRONTAL_PROCESS = outline(
    (64.0, -5.0), (62.4, 6.0), (62.0, 16.0), (62.6, 26.0), (64.8, 34.0), (69.93, 40.57),
)  # fmt: skip


def draw_orbit(canvas: Canvas, head: Head) -> None:
    """Orbit: rim with Or at the lowest point, lateral wall, floor."""
    curve = head.curve
    canvas.fill(curve(_ORBIT_SPACE), -0.06, 2.5, sheet="side")
    canvas.line(curve(_ORBIT_RIM), 1.6, 0.34, 0.3, sheet="side")
    canvas.line(curve(_LATERAL_WALL), 1.3, 0.22, 0.4, sheet="side")
    canvas.line(curve(_ORBIT_FLOOR), 1.0, 0.20, 0.3, sheet="side")


def draw_midface(canvas: Canvas, head: Head) -> None:
    """Nasal bone with N, cheek bone, sinuses, pterygomaxillary fissure."""
    curve = head.curve
    canvas.fill(curve(_NASAL_BONE), 0.12, 0.35)
    canvas.line(curve(_NASAL_LINE), 0.8, 0.14, 0.25)
    canvas.fill(curve(_NASAL_ROOT), 0.20, 2.2)
    canvas.line(curve(_SUTURE), 0.9, -0.24, 0.2)
    canvas.fill(curve(_NOSE_CAVITY), -0.06, 2.0, "soft")
    canvas.fill(curve(_MAXILLARY_SINUS), -0.16, 1.2, "side")
    canvas.line(curve(_MAXILLARY_SINUS), 0.8, 0.10, 0.4, "side", closed=True)
    canvas.fill(curve(_ETHMOID), -0.08, 1.5)
    canvas.fill(curve(_TURBINATE), 0.05, 1.2)
    canvas.fill(curve(_ZYGOMA), 0.10, 1.8, "side")
    canvas.line(curve(_KEY_RIDGE), 1.3, 0.18, 0.5, "side")
    canvas.line(curve(_ARCH), 2.6, 0.10, 0.8, "side")
    canvas.line(curve(_SINUS_BACK), 1.0, 0.20, 0.35, "side")
    canvas.line(curve(_PTERYGOID), 1.1, 0.22, 0.35, "side")
    canvas.fill(curve(_PTERYGOID_PLATE), 0.12, 0.8, "side")
    canvas.line(curve(_FRONTAL_PROCESS), 1.8, 0.10, 0.8)
    _draw_thin_walls(canvas, head)


def _draw_thin_walls(canvas: Canvas, head: Head) -> None:
    """Walls of ethmoid cells, folds of the sinus: faint curves in no order, on both sides."""
    rng, count = head.rng, 26
    middle = np.column_stack([rng.uniform(26.0, 58.0, count), rng.uniform(-6.0, 36.0, count)])
    angle = rng.uniform(0.0, np.pi, count)
    along = np.column_stack([np.cos(angle), np.sin(angle)])
    half = rng.uniform(2.5, 7.0, (count, 1)) * along
    bow = middle + rng.normal(0.0, 1.6, (count, 1)) * np.column_stack([-along[:, 1], along[:, 0]])
    stations = np.linspace(-1.0, 1.0, 7)[:, None, None]
    paths = middle + stations * half + (1.0 - stations**2) * (bow - middle)
    walls = head.curve(paths.reshape(-1, 2)).reshape(7, count, 2).transpose(1, 0, 2)
    canvas.line(list(walls[:13]), 0.9, 0.09, 0.35)
    canvas.line(list(walls[13:]), 1.2, 0.09, 0.5, "side")
