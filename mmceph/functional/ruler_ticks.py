"""Ticks along a profile: their places to a fraction of a pixel, and the one period of them all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmceph.functional.ruler_strip import Float

__all__ = ["TickFit", "TickRow", "centre_ticks", "fit_period", "follow_ticks", "sum_columns"]

Array = NDArray[np.float64]

_WINDOW = 0.45  # standard deviation of the window a tick is measured in, in periods
_FAINT = 0.3  # of the median strength: a fainter tick is none, and two of them end the row
_PEAK = 0.25  # how far from the middle a narrow tick may reach, in periods
_OUTLIER = 3.0  # robust standard deviations
_LEAST_SCATTER = 0.01  # periods; keeps the outlier test from biting on clean drawings


@dataclass(frozen=True)
class TickRow:
    """The ticks of one straight part.

    Attributes:
        numbers: (n,) consecutive counts, with gaps where a tick is too faint.
        places: (n,) px along the strip.
        strengths: (n,) amplitude of the pattern at each.
    """

    numbers: Array
    places: Array
    strengths: Array


@dataclass(frozen=True)
class TickFit:
    """Even spacing fitted to one or more rows.

    Attributes:
        period: px.
        standard_error: Of the period, px.
        scatter: Standard deviation of the ticks about even spacing, px.
        count: Ticks that were used.
        share: Used ones of all.
        starts: Place of number 0 of each row, px along its strip.
    """

    period: float
    standard_error: float
    scatter: float
    count: int
    share: float
    starts: tuple[float, ...]


def sum_columns(flat: Float, along: Float, period: float, overtones: int = 1) -> Float:
    """Profile (n,) along a strip: the sum of its columns, each by how clearly it shows the ticks.

    Args:
        flat: (n, m) evened-out strip.
        along: (n,) positions, px.
        period: Of the ticks, px.
        overtones: How many multiples of the frequency count; narrow marks have many.
    """
    multiples = np.arange(1, overtones + 1)[:, None]
    waves = np.exp(-2j * np.pi / period * multiples * along) * np.hanning(len(along) + 2)[1:-1]
    columns = waves @ flat
    strongest = columns[:, np.argmax((np.abs(columns) ** 2).sum(axis=0))][:, None]
    # Beside the ruler's edge sharpening leaves the ticks' negative, which must not count.
    alike = (columns * strongest.conjugate()).real.sum(axis=0) > 0
    reference = columns[:, alike].sum(axis=1)[:, None]
    weight = np.maximum((columns * reference.conjugate()).real.sum(axis=0), 0.0) ** 2
    weight[weight < 0.1 * weight.max()] = 0.0
    profile: Float = (flat @ (weight / (weight.sum() + 1e-12))).astype(np.float32)
    return profile


def follow_ticks(profile: Float, along: Float, period: float) -> TickRow:
    """Measure each tick of a row where the one before it lets expect it.

    Args:
        profile: (n,) from :func:`sum_columns`, ticks as peaks.
        along: (n,) positions, px.
        period: Of the ticks, px, within a few per cent.
    """
    wave = profile * np.exp(-2j * np.pi / period * along)
    grid = np.arange(float(along[0]), float(along[-1]), period)
    waves = [_around(wave, along, float(place), period) for place in grid]
    strengths = np.abs(waves)
    faint = _FAINT * float(np.median(np.sort(strengths)[len(grid) // 2 :]))
    first = int(np.argmax(strengths))
    start = _nearest_peak(waves[first], float(grid[first]), period)
    found = [(0, start, float(strengths[first]))]
    for direction in (1, -1):
        place, number, missed = start, 0, 0
        while missed < 2:
            place, number = place + direction * period, number + direction
            if not along[0] <= place <= along[-1]:
                break
            value = _around(wave, along, place, period)
            missed += 1
            if abs(value) >= faint:
                missed = 0
                measured = _nearest_peak(value, place, period)
                found.append((number, measured, float(abs(value))))
                place += 0.5 * (measured - place)
    numbers, places, levels = np.array(sorted(found), np.float64).T
    return TickRow(numbers, places, levels)


def centre_ticks(row: TickRow, profile: Float, along: Float, period: float) -> TickRow:
    """Put each tick of a row on the middle of its own peak.

    For marks that are narrow and far apart: the phase around them also hears what lies between
    them, the ruler's end for one.

    Args:
        row: From :func:`follow_ticks`; its places are peaks of the pattern, which lie between the
            ticks where these are valleys, and so they do afterwards.
        profile: (n,) from :func:`sum_columns`.
        along: (n,) positions, px.
        period: Of the ticks, px.
    """
    heights = [
        float(np.median(np.interp(row.places + shift, along, profile)))
        for shift in (0.0, 0.5 * period)
    ]
    shift = 0.0 if abs(heights[0]) > abs(heights[1]) else 0.5 * period
    upright = profile * np.sign(heights[0] if shift == 0.0 else heights[1])
    kept = []
    for number, place, strength in zip(row.numbers, row.places + shift, row.strengths, strict=True):
        near = np.abs(along - place) < _PEAK * period
        if not near.any() or place > along[-1] or upright[near].max() <= 0:
            continue
        weight = np.maximum(upright[near] - 0.5 * upright[near].max(), 0.0)
        centre = float((weight * along[near]).sum() / weight.sum())
        kept.append((number, centre - shift, strength))
    numbers, places, strengths = np.array(kept, np.float64).reshape(-1, 3).T
    return TickRow(numbers, places, strengths)


def fit_period(rows: list[TickRow]) -> TickFit | None:
    """Fit one period to rows that may start anywhere, by least squares without outliers.

    Returns:
        None with fewer than two ticks more than the fit has unknowns.
    """
    numbers = np.concatenate([row.numbers for row in rows])
    places = np.concatenate([row.places for row in rows])
    member = np.repeat(np.arange(len(rows)), [len(row.numbers) for row in rows])
    matrix = np.column_stack([numbers, member[:, None] == np.arange(len(rows))])
    used = np.ones(len(places), bool)
    for _ in range(5):
        unknowns = 1 + len(np.unique(member[used]))
        if used.sum() < unknowns + 2:
            return None
        solution = np.linalg.lstsq(matrix[used], places[used], rcond=None)[0]
        rest = places - matrix @ solution
        limit = max(1.4826 * float(np.median(np.abs(rest[used]))), _LEAST_SCATTER * solution[0])
        keep = np.abs(rest) <= _OUTLIER * limit
        if np.array_equal(keep, used):
            break
        used = keep
    scatter = float(np.sqrt((rest[used] ** 2).sum() / (used.sum() - unknowns)))
    inverse = np.linalg.pinv(matrix[used].T @ matrix[used])
    return TickFit(
        period=float(solution[0]),
        standard_error=scatter * float(np.sqrt(inverse[0, 0])),
        scatter=scatter,
        count=int(used.sum()),
        share=float(used.mean()),
        starts=tuple(float(start) for start in solution[1:]),
    )


def _around(wave: NDArray[np.complex128], along: Float, place: float, period: float) -> complex:
    """Phase and amplitude of the ticks around one place."""
    weight = np.exp(-0.5 * ((along - place) / (_WINDOW * period)) ** 2)
    return complex((wave * weight).sum() / weight.sum())


def _nearest_peak(value: complex, place: float, period: float) -> float:
    """The peak of the wave of that phase that is nearest to ``place``."""
    phase = -np.angle(value) / (2 * np.pi) * period
    return float(place + (phase - place + 0.5 * period) % period - 0.5 * period)
