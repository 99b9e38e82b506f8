"""Lower jaw: condyle (Co), ramus (Ar, R, Go), body, symphysis (B, Pog, Gn, Me)."""

from __future__ import annotations

import numpy as np

from mmceph.phantom.canvas import Canvas
from mmceph.phantom.curves import smooth_curve
from mmceph.phantom.shape import Head
from mmceph.phantom.template import Control, outline, polygon

__all__ = ["draw_mandible", "draw_symphysis"]

_CONDYLE: tuple[Control, ...] = ((-12.9, 23.0), (-12.0, 18.6), "Co", (-4.8, 18.0), (-3.3, 22.0))
_POSTERIOR: tuple[Control, ...] = (
    "Go", (-10.2, 64.5), "R", (-12.3, 46.5), (-12.4, 38.0), "Ar",
)  # fmt: skip
_LOWER: tuple[Control, ...] = (
    (44.5, 100.6), (36.0, 95.2), (26.0, 89.2), (16.0, 83.6), (7.0, 79.0), (-0.4, 75.6),
)  # fmt: skip
_NOTCH: tuple[Control, ...] = (
    (-3.6, 27.0), (-0.5, 32.4), (5.0, 34.4), (10.2, 31.0), (14.4, 25.0), (17.8, 25.6), (19.0, 33.0),
    (20.0, 42.0), (22.5, 51.0), (26.0, 58.5), (30.0, 64.0),
)  # fmt: skip
_CREST: tuple[Control, ...] = ((36.0, 69.5), (45.0, 71.6), (54.0, 73.2))

_BODY = outline(
    *_LOWER, *_POSTERIOR, *_CONDYLE, *_NOTCH, *_CREST, (58.0, 78.0), (55.0, 90.0), (52.0, 99.0),
    closed=True,
)  # fmt: skip
_BACK_BORDER = outline((44.5, 100.6), *_LOWER[1:], *_POSTERIOR, *_CONDYLE, (-3.6, 27.0))
_FRONT_BORDER = outline(*_NOTCH)
_CONDYLE_HEAD = outline("Ar", *_CONDYLE, (-4.0, 27.5), (-8.5, 31.0), closed=True)
_CANAL = outline((2.0, 50.0), (6.0, 60.0), (13.0, 70.0), (24.0, 79.0), (36.0, 85.0), (45.0, 87.0))
_OBLIQUE = outline((21.0, 46.0), (25.5, 56.0), (32.0, 65.0), (40.0, 73.0))

_CHIN = polygon(
    (61.2, 80.6), "B", (58.5, 89.0), (59.1, 93.2), "Pog", (59.2, 99.6), "Gn", (54.6, 103.0), "Me",
    (47.2, 101.4),
)  # fmt: skip
_LINGUAL = polygon(
    "Me", (47.2, 101.4), (44.8, 97.6), (45.4, 92.4), (48.4, 86.6), (51.4, 81.6),
)  # fmt: skip


def draw_mandible(canvas: Canvas, head: Head) -> None:
    """Ramus, condyle and body of one side; the canvas doubles them."""
    curve = head.curve
    canvas.fill(curve(_BODY), 0.30, 0.3, sheet="side")
    canvas.line(curve(_BACK_BORDER), 1.7, 0.34, 0.3, sheet="side")
    canvas.line(curve(_FRONT_BORDER), 1.2, 0.18, 0.35, sheet="side")
    canvas.fill(curve(_CONDYLE_HEAD), 0.12, 0.5, sheet="side")
    canvas.line(curve(_CANAL), 2.6, -0.07, 0.6, sheet="side")
    canvas.line(curve(_OBLIQUE), 1.8, 0.12, 0.6, sheet="side")


def draw_symphysis(canvas: Canvas, head: Head) -> None:
    """Chin in the mid-plane: a dense rim around spongy bone."""
    labial, lingual = head.incisor_neck("LIT", "LIA")
    chin = smooth_curve(np.vstack([labial, head.curve(_CHIN)]))
    back = smooth_curve(np.vstack([head.curve(_LINGUAL), lingual]))
    canvas.fill(np.vstack([chin[:-6], back[1:]]), 0.16)
    canvas.line(chin, 1.7, 0.38, 0.35)
    canvas.line(back, 1.9, 0.34, 0.4)
