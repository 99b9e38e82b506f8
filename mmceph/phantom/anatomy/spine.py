"""Cervical spine and hyoid bone."""

from __future__ import annotations

import math

import numpy as np

from mmceph.phantom.canvas import Canvas
from mmceph.phantom.curves import Points, smooth_curve
from mmceph.phantom.shape import Head
from mmceph.phantom.template import outline, polygon

__all__ = ["draw_hyoid", "draw_spine"]

# One vertebra, x forwards and y down from the middle of its body, mm.
_BODY = np.array(
    [(-7.8, -5.4), (-2.0, -4.9), (4.0, -5.2), (7.7, -4.0), (7.6, 1.5), (8.7, 6.4), (3.0, 5.5),
     (-3.0, 5.6), (-7.9, 6.0), (-7.6, 0.5)]
)  # fmt: skip
_PILLAR = np.array([(-6.0, -6.0), (-11.5, -9.0), (-17.0, -3.5), (-17.5, 5.5), (-12.5, 9.0),
                    (-7.0, 4.0)])  # fmt: skip
_SPINOUS = np.array([(-16.0, -2.0), (-25.0, 1.5), (-36.0, 8.0), (-37.5, 11.5), (-33.0, 12.0),
                     (-22.0, 8.0), (-16.0, 6.0)])  # fmt: skip
_DENS = np.array([(-5.0, -5.0), (-4.6, -14.0), (-2.4, -20.5), (1.4, -22.0), (4.6, -18.5),
                  (5.0, -10.0), (6.6, -4.6)])  # fmt: skip
_ATLAS_ARCH = np.array([(5.4, -18.6), (8.4, -20.0), (10.8, -16.0), (9.6, -11.6), (6.4, -12.4)])
_ATLAS_BACK = np.array([(-9.0, -17.0), (-20.0, -16.0), (-32.0, -14.0), (-38.0, -10.0),
                        (-33.0, -7.0), (-20.0, -9.0), (-9.0, -11.0)])  # fmt: skip
_PARTS = {
    name: smooth_curve(shape, closed=True, per_segment=4)
    for name, shape in (
        ("body", _BODY), ("pillar", _PILLAR), ("spinous", _SPINOUS), ("dens", _DENS),
        ("arch", _ATLAS_ARCH), ("back", _ATLAS_BACK),
    )
}  # fmt: skip
# Attenuation of the inside and of the rim.
_WEIGHTS = {
    "body": (0.22, 0.24), "pillar": (0.15, 0.14), "spinous": (0.16, 0.15), "dens": (0.16, 0.20),
    "arch": (0.16, 0.22), "back": (0.14, 0.15),
}  # fmt: skip
_HYOID_BODY = outline((13.5, 98.5), (17.5, 100.5), (18.5, 105.5), (16.0, 108.5), (13.0, 104.5),
                      closed=True)  # fmt: skip
_HYOID_HORN = outline((14.5, 100.5), (7.0, 98.5), (-1.0, 95.0), (-7.0, 91.5))


def draw_spine(canvas: Canvas, head: Head) -> None:
    """Second to seventh vertebra with the dens and the atlas, each a little turned."""
    rng = head.rng
    lean = math.radians(float(np.clip(rng.normal(4.0, 6.0), -8.0, 16.0)))
    place = head.curve(polygon((-23.0, 66.0)))[0] + rng.normal(0.0, 2.0, 2)
    size = head.scale * float(np.clip(rng.normal(1.0, 0.05), 0.88, 1.12))
    bend = float(rng.normal(0.0, 0.02))
    groups: dict[str, list[Points]] = {name: [] for name in _WEIGHTS}
    for level in range(6):
        angle = lean + level * bend + float(rng.normal(0.0, 0.02))
        turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        frame = size * (1.0 + 0.03 * level) * turn
        for name, shape in _PARTS.items():
            if level == 0 or name in ("body", "pillar", "spinous"):
                groups[name].append(place + shape @ frame)
        place = place + np.array([0.0, 15.6]) @ frame + rng.normal(0.0, 0.3, 2)
    for name, outlines in groups.items():
        inside, rim = _WEIGHTS[name]
        canvas.fill(outlines, inside, 0.5)
        canvas.line(outlines, 1.1, rim, 0.4, closed=True)


def draw_hyoid(canvas: Canvas, head: Head) -> None:
    """Hyoid: a small bright body with a thin horn."""
    shift = head.rng.normal(0.0, [3.0, 3.0])
    canvas.fill(head.curve(_HYOID_BODY) + shift, 0.20, 0.5)
    canvas.line(head.curve(_HYOID_HORN) + shift, 2.0, 0.13, 0.6, sheet="side")
