"""Fit one period to the ticks on both parts of a ruler, or say why they are not to be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mmceph.functional.ruler_search import RulerSearch
from mmceph.functional.ruler_strip import STEP, Float, Strip, flatten
from mmceph.functional.ruler_ticks import (
    TickFit,
    TickRow,
    centre_ticks,
    fit_period,
    follow_ticks,
    sum_columns,
)

__all__ = ["HALF_WAY", "FittedTicks", "fit_ticks"]

Point = tuple[float, float]
Profile = tuple[Float, Float]  # places along a strip, px, and the ticks' profile there

#: Periods between the marks below which ticks may lie half-way between them.
HALF_WAY = 1.5

_REACH = 4.0  # how far above P2 ticks are looked for, in distances of the marks
_SCATTER = {1.0: 0.05, 5.0: 0.025}  # largest scatter of ticks about even spacing, in periods
_RELATIVE_ERROR = 0.008  # largest standard error of the period
_COUNT = {1.0: 9, 5.0: 4}  # fewest ticks, by their distance in mm
_OVERTONES = 5  # of 5 mm ticks, which are narrow for their distance
_MISSING = 0.3  # of its neighbours' height: a tick lower than this is none
_SHARE = 0.7  # of the ticks must fit
_APART = 0.5  # of the height of ticks: by how much most of them must exceed most that lies between
_TALL = 1.3  # least height of 5 mm ticks, in unit contrasts


@dataclass(frozen=True)
class FittedTicks:
    """One way to read both parts.

    Attributes:
        strips: The parts that were read, from P1 and from P2 upwards.
        fit: Even spacing of the ticks on them.
        tick_mm: Distance of the ticks, 1 or 5 mm.
        frequency: Ticks' periods between the marks.
        reason: Why the spacing cannot be trusted, else None.
    """

    strips: list[Strip]
    fit: TickFit | None
    tick_mm: float
    frequency: float
    reason: str | None

    @property
    def uncertainty(self) -> float:
        """Relative standard error of the spacing; infinite where it cannot be trusted."""
        if self.fit is None or self.reason is not None:
            return math.inf
        return self.fit.standard_error / self.fit.period


def fit_ticks(
    search: RulerSearch, p1: Point, p2: Point, degrees: list[float], frequency: float
) -> FittedTicks:
    """Follow the ticks along these directions and fit one period to them.

    Args:
        search: The picture.
        p1: Lower mark (x, y), px.
        p2: Upper mark.
        degrees: Direction of the part from P1 and, where it can be seen, of that from P2, from the
            vertical.
        frequency: Expected periods between the marks, within a few per cent.
    """
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
    if tick_mm > 1.0 and frequency > HALF_WAY and _every_second_is_missing(profiles, rows):
        return fit_ticks(search, p1, p2, degrees, 0.5 * frequency)
    if tick_mm > 1.0:
        rows = [
            centre_ticks(row, profile, along, period)
            for row, (along, profile) in zip(rows, profiles, strict=True)
        ]
    # One part may be over-exposed; then the other speaks for itself.
    parts: list[slice] = [slice(None)]
    if len(rows) > 1:
        parts += [slice(i, i + 1) for i in range(len(rows))]
    tried = (_tried(strips[part], profiles[part], rows[part], tick_mm, frequency) for part in parts)
    whole = next(tried)
    if whole.reason is None:
        return whole
    return next((each for each in tried if each.reason is None), whole)


def _tried(
    strips: list[Strip],
    profiles: list[Profile],
    rows: list[TickRow],
    tick_mm: float,
    frequency: float,
) -> FittedTicks:
    """Fit one period to the ticks of these strips."""
    fit = fit_period(rows) if rows else None
    reason = _distrust(fit, tick_mm)
    if reason is None and not _stand_out(profiles, rows, tick_mm):
        reason = "what repeats does not stand out from what lies between"
    return FittedTicks(strips, fit, tick_mm, frequency, reason)


def _profile(search: RulerSearch, strip: Strip, period: float, tick_mm: float) -> Profile:
    flat = flatten(strip, 2.0 * period, search.grey_range)
    overtones = 1 if tick_mm == 1.0 else _OVERTONES
    return strip.along, sum_columns(flat, strip.along, period, overtones)


def _every_second_is_missing(profiles: list[Profile], rows: list[TickRow]) -> bool:
    """Whether what was followed is the overtone of ticks twice as far apart.

    Between balls 5 mm apart, whose pattern repeats every 2.5 mm as well, nothing is found half-way.
    """
    for (along, profile), row in zip(profiles, rows, strict=True):
        # The outermost may lie beyond the ruler's end.
        heights = np.interp(row.places[1:-1], along, profile)
        odd = np.round(row.numbers[1:-1]) % 2 == 1
        if odd.all() or not odd.any():
            continue
        # Ticks brighter than their surroundings have the sign of the tallest; dark ones likewise.
        tall = heights if abs(heights.max()) > abs(heights.min()) else -heights
        groups = sorted((float(np.median(tall[odd])), float(np.median(tall[~odd]))))
        if groups[0] < _MISSING * groups[1]:
            return True
    return False


def _stand_out(profiles: list[Profile], rows: list[TickRow], tick_mm: float) -> bool:
    """Whether ticks, those left out too, differ clearly from what lies half-way between them.

    A few patches of anything may happen to lie evenly.
    """
    on, off = _heights(profiles, rows)
    upper, lower = (
        np.median(np.sort(on)[len(on) // 2 :]),
        np.median(np.sort(off)[: len(off) // 2 + 1]),
    )
    # Dark ticks are the low ones; then what lies between them is the even, higher ground.
    tall = max(upper, -lower) >= _TALL or tick_mm == 1.0
    return bool(tall and np.percentile(on, 20) - np.percentile(off, 80) > _APART * upper)


def _heights(profiles: list[Profile], rows: list[TickRow]) -> tuple[Float, Float]:
    """The profile at the rows' places, missing ones too, and half-way; the higher ones first."""
    ticks, between = [], []
    for (along, profile), row in zip(profiles, rows, strict=True):
        if len(row.numbers):
            numbers = np.arange(row.numbers[0], row.numbers[-1] + 0.25, 0.5)
            heights = np.interp(np.interp(numbers, row.numbers, row.places), along, profile)
            ticks.append(heights[::2])
            between.append(heights[1::2])
    on, off = (np.concatenate(part).astype(np.float32) for part in (ticks, between))
    return (on, off) if np.median(on) > np.median(off) else (off, on)


def _distrust(fit: TickFit | None, tick_mm: float) -> str | None:
    """Why a fit is no scale."""
    fewest = _COUNT[tick_mm]
    if fit is None or fit.count < fewest:
        return f"fewer than {fewest} ticks can be seen"
    if fit.share < _SHARE:
        return f"only {100 * fit.share:.0f} % of the ticks are evenly spaced"
    if not fit.scatter <= _SCATTER[tick_mm] * fit.period:
        return f"the ticks scatter by {100 * fit.scatter / fit.period:.0f} % of their spacing"
    if not fit.standard_error <= _RELATIVE_ERROR * fit.period:
        return f"their spacing is uncertain by {100 * fit.standard_error / fit.period:.1f} %"
    return None
