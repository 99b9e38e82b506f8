"""The average head: where every landmark lies in mm relative to Sella (x forward, y down).

The nineteen measured landmarks are the mean shape; the others are placed by their definitions and
by what is known of the size of teeth, condyle and nose. Drawing files give their outlines in this
frame, through these landmarks, and :class:`mmceph.phantom.shape.Head` carries both to one head.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from mmceph.phantom.curves import Points, smooth_curve
from mmceph.phantom.statistics import MEAN_MM, SHAPE_LANDMARKS

__all__ = ["TEMPLATE", "Control", "outline", "polygon"]

#: A control point: a landmark's name or (x, y) in mm of the template.
Control = str | tuple[float, float]

#: Template position of each landmark, mm. Tooth points are built on the sampled head instead.
TEMPLATE: dict[str, tuple[float, float]] = {
    **{name: (float(x), float(y)) for name, (x, y) in zip(SHAPE_LANDMARKS, MEAN_MM, strict=True)},
    "Co": (-8.4, 15.8),
    "R": (-11.9, 55.0),
    "N`": (71.6, -6.5),
    "Pn": (96.6, 33.5),
}


@cache
def outline(*controls: Control, closed: bool = False) -> Points:
    """Return a smooth template curve through landmarks and points, (n, 2) mm."""
    curve = smooth_curve(polygon(*controls), closed=closed)
    curve.setflags(write=False)
    return curve


@cache
def polygon(*controls: Control) -> Points:
    """Return landmarks and points as (n, 2) mm."""
    points = np.array([TEMPLATE[c] if isinstance(c, str) else c for c in controls], np.float64)
    points.setflags(write=False)
    return points
