"""Move a ruler's marks onto the ticks they mean."""

from __future__ import annotations

import math

import numpy as np

from mmceph.functional.ruler_search import RulerSearch
from mmceph.functional.ruler_strip import Float, Strip, flatten
from mmceph.functional.ruler_ticks import TickFit, sum_columns

__all__ = ["move_marks"]

Point = tuple[float, float]

_FAR = 1.0  # what a move by one period costs, in heights of a usual tick


def move_marks(
    search: RulerSearch, p1: Point, p2: Point, strips: list[Strip], fit: TickFit, between: int
) -> tuple[Point, Point]:
    """Move both marks along the ruler onto ticks that are 10 mm apart.

    The nearest pair is meant, unless its neighbour's ticks are clearly longer, as those of 10 mm
    are. At a joint P2 lies in the middle between the places where both parts would have it.

    Args:
        search: The picture.
        p1: Lower mark (x, y), px.
        p2: Upper mark.
        strips: Of the lower part, with P1 as its origin, and of the upper one, from P2, if it was
            read.
        fit: Of the ticks on them.
        between: Periods from P1 to P2.

    Returns:
        P1 and P2, moved by less than 1.5 periods.
    """
    period, start = fit.period, fit.starts[0]
    up = _direction(strips[0])
    upper = (p2[0] - p1[0]) * up[0] + (p2[1] - p1[1]) * up[1]
    wide = search.cut(
        p1,
        strips[0].degrees,
        (-2.0 * period / search.length, (upper + 2.0 * period) / search.length),
    )
    profile = sum_columns(flatten(wide, 2.0 * period, search.grey_range), wide.along, period)
    span = between * period
    place = _pair_place(profile, wide.along, start, period, span, upper)
    shift = place + span - upper
    move = (shift * up[0], shift * up[1])
    if len(fit.starts) > 1 and len(strips) > 1:
        first = fit.starts[1] + (place - start)  # a half period more where ticks are valleys
        other = first + round((shift - first) / period) * period
        direction = _direction(strips[1])
        move = (0.5 * (move[0] + other * direction[0]), 0.5 * (move[1] + other * direction[1]))
    return (
        (p1[0] + place * up[0], p1[1] + place * up[1]),
        (p2[0] + move[0], p2[1] + move[1]),
    )


def _pair_place(
    profile: Float, along: Float, start: float, period: float, span: float, upper: float
) -> float:
    """Place along the strip of the tick that P1 means.

    Ticks may be brighter or darker than what lies between them, so both are tried.

    Args:
        profile: (n,) along the strip.
        along: (n,) positions, px; P1 is at 0.
        start: Where one of the profile's even peaks lies.
        period: px.
        span: From P1 to P2, px.
        upper: Where P2 was given.
    """
    middle = start + round((0.5 * (upper - span) - start) / period) * period
    usual = float(np.sqrt(np.mean(profile**2))) + 1e-9
    best, best_score = middle, -math.inf
    for halves in range(-3, 4):
        place = middle + 0.5 * halves * period
        ticks = np.array([place, place + span])
        height = (-1.0) ** halves * np.interp(ticks, along, profile) / usual
        away = (ticks - np.array([0.0, upper])) / period
        score = float(height.sum() - _FAR * (away**2).sum())
        if score > best_score:
            best, best_score = place, score
    return best


def _direction(strip: Strip) -> Point:
    angle = math.radians(strip.degrees)
    return math.sin(angle), -math.cos(angle)
