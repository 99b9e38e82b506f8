"""Where a ruler's ticks run and how many of them lie between its marks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmceph.functional.ruler_strip import STEP, Float, Strip, cut_strip, flatten, spectrum

__all__ = ["RulerSearch", "best_strip", "find_frequency"]

_HALF_WIDTH = 0.35  # of a strip; this and the following in distances of the marks
_EDGE_SPREAD = 8.0  # degrees
_LONGEST = 0.45  # patterns longer than this are taken off
_PERIODS = (0.8, 14.0)  # fewest and most periods between the marks that are looked for
_FINEST_PX = 2.5  # the shortest period that a picture can hold
_SUBHARMONIC = 0.4  # of the strongest: this much at a half or a third of its frequency is the tick
_NEAR = 0.08  # how exact that half or third must be
_SLOWEST, _FEW = 1.6, 4.5  # periods between the marks


@dataclass(frozen=True)
class RulerSearch:
    """A picture and where its marks are about.

    Attributes:
        grey: (H, W).
        length: Distance of the marks, px.
        lean: Direction from P1 to P2 from the vertical, degrees, positive leans to the right.
        grey_range: Of most of the picture.
    """

    grey: NDArray[Any]
    length: float
    lean: float
    grey_range: float

    @classmethod
    def of(
        cls, grey: NDArray[np.generic], p1: tuple[float, float], p2: tuple[float, float]
    ) -> RulerSearch:
        """From a picture (H, W) and the two marks (x, y) px.

        Its grey range is that of the marks' surroundings, as in a crop.
        """
        length = math.dist(p1, p2)
        left, right = min(p1[0], p2[0]) - 3.0 * length, max(p1[0], p2[0]) + 3.0 * length
        top, bottom = p2[1] - 5.0 * length, p1[1] + 2.0 * length
        rows = slice(max(int(top), 0), max(int(bottom), 1))
        part = grey[rows, max(int(left), 0) : max(int(right), 1)].astype(np.float32)
        low, high = np.percentile(part[::2, ::2], (1, 99)) if part.size else (0.0, 0.0)
        lean = math.degrees(math.atan2(p2[0] - p1[0], p1[1] - p2[1]))
        # The strips are cut from the whole, so that places stay those of the caller.
        return cls(np.asarray(grey), length, lean, float(high - low))

    def cut(
        self, origin: tuple[float, float], degrees: float, extent: tuple[float, float]
    ) -> Strip:
        """A strip from ``origin`` upwards; ``extent`` in distances of the marks."""
        reach = (extent[0] * self.length, extent[1] * self.length)
        return cut_strip(self.grey, origin, degrees, reach, _HALF_WIDTH * self.length)


def best_strip(
    search: RulerSearch,
    origin: tuple[float, float],
    spread: float,
    extent: tuple[float, float],
) -> Strip | None:
    """Cut along one part of the ruler, its direction ``spread`` degrees about the marks' at most.

    Where most repeats, there the ticks are; but ticks that do not stand square to the ruler repeat
    best in a wrong direction. Then the edges of plate and ticks decide: summed along the ruler they
    are sharpest.

    Returns:
        None where too little of it lies inside the picture.
    """
    coarse, _ = _maximum(search, origin, search.lean, spread, 3.0, extent, _evenness)
    if coarse is None:
        return None
    around = search.lean if spread <= _EDGE_SPREAD else coarse.degrees
    fine, _ = _maximum(search, origin, around, _EDGE_SPREAD, 1.0, extent, _sharpness)
    return fine


def _maximum(
    search: RulerSearch,
    origin: tuple[float, float],
    around: float,
    spread: float,
    step: float,
    extent: tuple[float, float],
    measure: Callable[[RulerSearch, Strip], float],
) -> tuple[Strip | None, float]:
    """The strip of the largest measure, between the steps by a parabola."""
    degrees = np.arange(around - spread, around + spread + 0.5 * step, step)
    scores = []
    for tried in degrees:
        strip = search.cut(origin, float(tried), extent)
        long_enough = len(strip.along) * STEP >= 0.4 * search.length
        scores.append(measure(search, strip) if long_enough else 0.0)
    best = int(np.argmax(scores))
    if not scores[best] > 0:
        return None, 0.0
    angle = float(degrees[best])
    if 0 < best < len(scores) - 1:
        before, here, after = scores[best - 1 : best + 2]
        angle += 0.5 * step * (before - after) / min(before - 2.0 * here + after, -1e-9)
    return search.cut(origin, angle, extent), scores[best]


def _evenness(search: RulerSearch, strip: Strip) -> float:
    return float(_strongest(_power(search, [strip], 1024)[1]).max())


def _sharpness(search: RulerSearch, strip: Strip) -> float:
    across = cv2.GaussianBlur(strip.grey.mean(axis=0)[None], (0, 0), 1.0)[0]
    return float((np.diff(across) ** 2).sum())


def find_frequency(search: RulerSearch, strips: list[Strip]) -> tuple[float, float]:
    """How many ticks lie between the marks, and how clearly they repeat (0 to 1).

    A pattern that is the overtone of a slower one is not the ticks': balls 5 mm apart repeat every
    2.5 mm as well, but not the other way round.
    """
    frequency, columns = _power(search, strips)
    best = int(np.argmax(_strongest(columns)))
    # Other columns may hold other patterns: a slanting edge is a staircase of pixels.
    ticked = np.argsort(columns[best])[-_few(columns) :]
    power = columns[:, ticked].mean(axis=1)
    for part in (3, 2):
        slower = frequency[best] / part
        near = np.flatnonzero(np.abs(frequency - slower) < _NEAR * slower)
        if slower < _SLOWEST or not near.size:
            continue
        peak = int(near[np.argmax(power[near])])
        inside = near[0] < peak < near[-1]  # else it is the foot of another peak
        if inside and power[peak] > _SUBHARMONIC * power[best]:
            best = peak
            break
    found = float(frequency[best])
    total = float(power[best])
    if found < _FEW:
        # Short marks far apart: half of their power is in their overtones, which also tell the
        # frequency better.
        grid = found * np.linspace(0.9, 1.1, 81)
        comb = sum(np.interp(multiple * grid, frequency, power) for multiple in (1, 2, 3, 4))
        found, total = float(grid[np.argmax(comb)]), float(np.max(comb))
    return found, min(total, 1.0)


def _power(search: RulerSearch, strips: list[Strip], size: int = 4096) -> tuple[Float, Float]:
    """Frequency in periods between the marks (k,), and power of each column (k, m)."""
    length = search.length
    finest = max(length / _PERIODS[1], _FINEST_PX)
    total: Float | float = 0.0
    samples = sum(len(strip.along) for strip in strips)
    for strip in strips:
        flat = flatten(strip, _LONGEST * length, search.grey_range)
        frequency, power = spectrum(flat, length / _PERIODS[0], finest, size)
        total = total + power * np.float32(len(strip.along) / samples)
    return frequency * np.float32(length), np.asarray(total, np.float32)


def _strongest(columns: Float) -> Float:
    """Mean power (k,) of the columns that have most of it at each frequency."""
    few = _few(columns)
    mean: Float = np.partition(columns, -few, axis=1)[:, -few:].mean(axis=1)
    return mean


def _few(columns: Float) -> int:
    return max(4, columns.shape[1] // 8)
