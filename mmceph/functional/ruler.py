"""Read a ruler's ticks at full resolution: their period, not two marks alone, is the scale.

A ruler may be bent at a joint near its upper mark P2. The opening of the joint lies between the
marks, so their distance is then more than 10 mm; the ticks' period is not changed by it. Both
parts are therefore read each along its own direction, with one period for both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmceph.functional.ruler_fit import HALF_WAY, fit_ticks
from mmceph.functional.ruler_marks import move_marks
from mmceph.functional.ruler_search import RulerSearch, best_strip, find_frequency

__all__ = ["TickReading", "read_ticks"]

Point = tuple[float, float]

_MARKS_PX = (12.0, 400.0)
_LEAN_DEG, _BEND_DEG = 6.0, 22.0  # how far the parts may lean from the line between the marks
_REACHES = (2.5, 4.0)  # lengths of the part above P2 that are tried, in distances of the marks
_LONGER = 0.9  # of the power a longer strip must keep
_MIN_POWER = 0.14  # of the pattern; places without a ruler stay below
_MARKS_OFF = 0.15  # two marks that are 3 px off make less
_STRAIGHT_DEG = 1.0  # parts that differ by less are one line
# Rulers are not perfectly even: on 80 real ones the period differs by this (root mean square) from
# the true scale where the ticks' own scatter would make it 0.0006.
_UNEVENNESS = 0.004


@dataclass(frozen=True)
class TickReading:
    """What the ticks of a ruler say.

    Attributes:
        p1: The lower mark moved along the ruler onto its tick, (x, y) px; as given when the ticks
            cannot be trusted or contradict the marks.
        p2: The upper mark likewise.
        mm_per_px: From the ticks' period; None when they cannot be trusted.
        standard_error: Of ``mm_per_px``: the scatter of the ticks about even spacing, and 0.4 % for
            what is uneven in rulers themselves.
        tick_mm: Distance of the ticks that were used, 1 or 5 mm.
        count: How many of them.
        power: How clearly they repeat, 0 to 1.
        reason: Why they cannot be trusted, else None.
    """

    p1: Point
    p2: Point
    mm_per_px: float | None = None
    standard_error: float | None = None
    tick_mm: float | None = None
    count: int = 0
    power: float = 0.0
    reason: str | None = None


def read_ticks(grey: NDArray[np.generic], p1: Point, p2: Point) -> TickReading:
    """Measure the period of all visible ticks and move the marks onto theirs.

    Whether the marks are 10 mm apart is not assumed: the ticks' frequency is searched for freely,
    so that a 5 mm tick taken for a 10 mm one shows as a scale that contradicts the marks, and
    :func:`mmceph.analysis.calibration.judge_ruler` abstains.

    Args:
        grey: (H, W) picture or full-resolution crop of it; 8 or 16 bits or float.
        p1: Lower mark (x, y), px, within about 3 px.
        p2: Upper mark likewise.

    Returns:
        The scale, or the reason why there is none.

    Raises:
        ValueError: ``grey`` has not two axes.
    """
    if grey.ndim != 2:
        raise ValueError(f"grey has shape {grey.shape}; one channel (H, W) is needed")
    length = math.dist(p1, p2)
    if not _MARKS_PX[0] <= length <= _MARKS_PX[1]:
        return TickReading(p1, p2, reason=f"{length:.0f} px between the marks are no ruler's 10 mm")
    search = RulerSearch.of(grey, p1, p2)
    if not search.grey_range > 0:
        return TickReading(p1, p2, reason="the picture is even")
    lower = best_strip(search, p1, _LEAN_DEG, (-0.2, 0.95))
    upper = best_strip(search, p2, _BEND_DEG, (0.05, 1.5))
    strips = [strip for strip in (lower, upper) if strip is not None]
    if lower is None or not strips:
        return TickReading(p1, p2, reason="the marks lie at the picture's border")
    frequency, power = find_frequency(search, strips)
    for reach in _REACHES if upper is not None else ():
        # A long strip tells the frequency best, unless the ruler ends on it.
        longer = [strips[0], search.cut(p2, strips[1].degrees, (0.0, reach))]
        if (found := find_frequency(search, longer))[1] > _LONGER * power:
            frequency, power = found
    if power < _MIN_POWER:
        return TickReading(p1, p2, power=power, reason="nothing repeats evenly along the ruler")
    if frequency < HALF_WAY:
        # Marks one period apart, as of balls whose every second one is larger: what lies half-way
        # between them decides. Where nothing does, the scale will contradict the marks.
        frequency *= 2.0
    return _measure(search, p1, p2, [strip.degrees for strip in strips], frequency, power)


def _measure(
    search: RulerSearch, p1: Point, p2: Point, degrees: list[float], frequency: float, power: float
) -> TickReading:
    """Follow the ticks on both parts, fit their period and move the marks."""
    found = fit_ticks(search, p1, p2, degrees, frequency)
    if len(degrees) > 1 and abs(degrees[1] - degrees[0]) > _STRAIGHT_DEG:
        # Most rulers are straight, and few wide marks repeat as well along a slanting line.
        straight = fit_ticks(search, p1, p2, [degrees[0]] * 2, frequency)
        found = min(found, straight, key=lambda each: each.uncertainty)
    fit = found.fit
    if fit is None or found.reason is not None:
        return TickReading(p1, p2, power=power, reason=found.reason)
    scale = found.tick_mm / fit.period
    error = scale * math.hypot(found.uncertainty, _UNEVENNESS)
    expected = 10.0 / found.tick_mm
    # Marks that are not 10 mm apart stay, so that they contradict the scale.
    if found.strips[0].origin == p1 and abs(found.frequency / expected - 1.0) < _MARKS_OFF:
        p1, p2 = move_marks(search, p1, p2, found.strips, fit, round(expected))
    return TickReading(p1, p2, scale, error, found.tick_mm, fit.count, power)
