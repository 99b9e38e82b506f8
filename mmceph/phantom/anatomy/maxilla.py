"""Upper jaw: palate from ANS to PNS, front contour with A, alveolar bone."""

from __future__ import annotations

import numpy as np

from mmceph.phantom.canvas import Canvas
from mmceph.phantom.curves import smooth_curve
from mmceph.phantom.shape import Head
from mmceph.phantom.template import outline, polygon

__all__ = ["draw_maxilla"]

_PALATE = outline(
    "ANS", (66.0, 40.2), (60.0, 39.6), (50.0, 39.2), (40.0, 39.3), (30.0, 39.7), (23.5, 40.4),
    "PNS", (24.0, 42.2), (32.0, 42.4), (42.0, 43.0), (51.0, 44.6), (58.0, 47.4), (63.4, 46.6),
    (65.6, 43.4), closed=True,
)  # fmt: skip
_NASAL_FLOOR = outline(
    "ANS", (66.0, 40.2), (60.0, 39.6), (50.0, 39.2), (40.0, 39.3), (30.0, 39.7), (23.5, 40.4), "PNS"
)
_ORAL_SIDE = outline("PNS", (24.0, 42.2), (32.0, 42.4), (42.0, 43.0), (51.0, 44.8), (57.5, 49.0),
                     (61.5, 55.0))  # fmt: skip
_FRONT = polygon("ANS", (67.4, 42.6), (65.7, 44.3), "A", (65.1, 48.2))
_ALVEOLAR = outline(
    (56.0, 57.0), (46.0, 57.0), (35.0, 56.2), (26.0, 54.5), (22.0, 49.0), (22.5, 43.0),
    (32.0, 41.5), (50.0, 42.0), (62.0, 43.5),
)  # fmt: skip
_TUBEROSITY = outline((27.0, 36.0), (24.0, 42.0), (22.2, 48.0), (24.5, 53.6), (29.0, 56.0))


def draw_maxilla(canvas: Canvas, head: Head) -> None:
    """Palate, its floor line, the front contour ANS-A and the bone around the roots."""
    curve = head.curve
    labial, lingual = head.incisor_neck("UIT", "UIA")
    front = smooth_curve(np.vstack([curve(_FRONT), labial]))
    canvas.fill(np.vstack([front[12:], lingual, curve(_ALVEOLAR)]), 0.22, 0.7)
    canvas.fill(curve(_PALATE), 0.17, 0.3)
    canvas.line(curve(_NASAL_FLOOR), 1.1, 0.32, 0.2)
    canvas.line(curve(_ORAL_SIDE), 1.0, 0.16, 0.4)
    canvas.line(front, 1.1, 0.30, 0.2)
    canvas.line(curve(_TUBEROSITY), 1.0, 0.14, 0.4, sheet="side")
