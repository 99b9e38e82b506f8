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

from mmceph.functional.ruler_marks import move_marks
from mmceph.functional.ruler_search import RulerSearch, best_strip, find_frequency
from mmceph.functional.ruler_strip import STEP, Float, Strip, flatten
from mmceph.functional.ruler_ticks import (
    TickFit,
    TickRow,
    centre_ticks,
    fit_period,
    follow_ticks,
    sum_columns,
)

__all__ = ["TickReading", "read_ticks"]

Point = tuple[float, float]
Profile = tuple[Float, Float]  # places along a strip, px, and the ticks' profile there

_MARKS_PX = (12.0, 400.0)
_LEAN_DEG, _BEND_DEG = 6.0, 22.0  # how far the parts may lean from the line between the marks
_REACHES = (2.5, 4.0)  # lengths of the part above P2 that are tried, in distances of the marks
_LONGER = 0.9  # of the power a longer strip must keep
_REACH = 4.0  # how far above P2 ticks are looked for, in distances of the marks
_MIN_POWER = 0.14  # of the pattern; places without a ruler stay below
_SCATTER = 0.10  # largest scatter of ticks about even spacing, in periods
_RELATIVE_ERROR = 0.008  # largest standard error of the period
_COUNT = {1.0: 7, 5.0: 4}  # fewest ticks, by their distance in mm
_MARKS_OFF = 0.15  # two marks that are 3 px off make less
_OVERTONES = 5  # of 5 mm ticks, which are narrow for their distance
_MISSING = 0.3  # of its neighbours' height: a tick lower than this is none
_SHARE = 0.7  # of the ticks must fit
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
    return _measure(search, p1, p2, [strip.degrees for strip in strips], frequency, power)


def _measure(
    search: RulerSearch, p1: Point, p2: Point, degrees: list[float], frequency: float, power: float
) -> TickReading:
    """Follow the ticks on both parts, fit their period and move the marks."""
    period = search.length / frequency
    # 1 and 5 mm ticks are told apart by how many lie between the marks; if it is neither 10 nor 2,
    # the scale will contradict the marks.
    tick_mm = 1.0 if frequency > math.sqrt(20.0) else 5.0
    inside = 0.5 * period / search.length
    # With many ticks, those at the joint can be left out; with few, none can be spared.
    ends = (1.0 - inside, inside) if tick_mm == 1.0 else (1.0 + inside, -inside)
    strips = [search.cut(p1, degrees[0], (-inside, ends[0]))]
    if len(degrees) > 1:
        strips.append(search.cut(p2, degrees[1], (ends[1], _REACH)))
    strips = [strip for strip in strips if len(strip.along) * STEP > 1.5 * period]
    profiles = [_profile(search, strip, period, tick_mm) for strip in strips]
    rows = [follow_ticks(profile, along, period) for along, profile in profiles]
    if tick_mm > 1.0 and frequency > 1.5 and _every_second_is_missing(profiles, rows):
        return _measure(search, p1, p2, degrees, 0.5 * frequency, power)
    if tick_mm > 1.0:
        rows = [
            centre_ticks(row, profile, along, period)
            for row, (along, profile) in zip(rows, profiles, strict=True)
        ]
    fit = fit_period(rows) if rows else None
    reason = _distrust(fit, _COUNT[tick_mm])
    if reason is not None and len(rows) > 1:
        # One part may be over-exposed; then the other speaks for itself.
        singles = [fit_period([row]) for row in rows]
        good = [i for i, single in enumerate(singles) if not _distrust(single, _COUNT[tick_mm])]
        if good:
            fit, strips, reason = singles[good[0]], [strips[good[0]]], None
    if fit is None or reason is not None:
        return TickReading(p1, p2, power=power, reason=reason)
    scale = tick_mm / fit.period
    error = scale * math.hypot(fit.standard_error / fit.period, _UNEVENNESS)
    expected = 10.0 / tick_mm
    # Marks that are not 10 mm apart stay, so that they contradict the scale.
    if strips[0].origin == p1 and abs(frequency / expected - 1.0) < _MARKS_OFF:
        p1, p2 = move_marks(search, p1, p2, strips, fit, round(expected))
    return TickReading(p1, p2, scale, error, tick_mm, fit.count, power)


def _profile(search: RulerSearch, strip: Strip, period: float, tick_mm: float) -> Profile:
    flat = flatten(strip, 2.0 * period, search.grey_range)
    overtones = 1 if tick_mm == 1.0 else _OVERTONES
    return strip.along, sum_columns(flat, strip.along, period, overtones)


def _every_second_is_missing(profiles: list[Profile], rows: list[TickRow]) -> bool:
    """Whether what was followed is the overtone of ticks twice as far apart.

    Between balls 5 mm apart, whose pattern repeats every 2.5 mm as well, nothing is found half-way.
    """
    for (along, profile), row in zip(profiles, rows, strict=True):
        heights = np.interp(row.places, along, profile)
        odd = np.round(row.numbers) % 2 == 1
        if odd.all() or not odd.any():
            continue
        # Ticks brighter than their surroundings have the sign of the tallest; dark ones likewise.
        tall = heights if abs(heights.max()) > abs(heights.min()) else -heights
        groups = sorted((float(np.median(tall[odd])), float(np.median(tall[~odd]))))
        if groups[0] < _MISSING * groups[1]:
            return True
    return False


def _distrust(fit: TickFit | None, fewest: int) -> str | None:
    """Why a fit is no scale."""
    if fit is None or fit.count < fewest:
        return f"fewer than {fewest} ticks can be seen"
    if fit.share < _SHARE:
        return f"only {100 * fit.share:.0f} % of the ticks are evenly spaced"
    if not fit.scatter <= _SCATTER * fit.period:
        return f"the ticks scatter by {100 * fit.scatter / fit.period:.0f} % of their spacing"
    if not fit.standard_error <= _RELATIVE_ERROR * fit.period:
        return f"their spacing is uncertain by {100 * fit.standard_error / fit.period:.1f} %"
    return None
