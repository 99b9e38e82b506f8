"""Grey values counted and looked up a strip at a time, so that memory stays near the picture's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_STRIP = 1 << 20  # NumPy makes 8 bytes of every index


def count_values(pixels: np.ndarray, low: int, size: int) -> NDArray[np.int64]:
    """How many pixels have each of the values ``low``, ``low + 1``, ... (``size`` of them).

    Args:
        pixels: Integers of any shape, none outside these values.
        low: The first value.
        size: Number of values.

    Example:
        >>> count_values(np.array([7, 5, 7]), 5, 3).tolist()
        [1, 0, 2]
    """
    counts = np.zeros(size, np.int64)
    for strip in _strips(pixels):
        counts += np.bincount(strip.astype(np.int64) - low, minlength=size)
    return counts


def look_up(pixels: np.ndarray, table: np.ndarray, low: int = 0) -> np.ndarray:
    """Replace each value by ``table[value - low]``, in the shape of ``pixels``."""
    found = np.empty(pixels.size, table.dtype)
    start = 0
    for strip in _strips(pixels):
        found[start : start + strip.size] = table[strip.astype(np.int64) - low]
        start += strip.size
    return found.reshape(pixels.shape)


def weighted_percentiles(
    values: np.ndarray, counts: np.ndarray, percentiles: tuple[float, float]
) -> tuple[float, float]:
    """The values below or at which two shares of all pixels lie.

    Args:
        values: Grey values in any order.
        counts: Number of pixels of each, some above zero.
        percentiles: Lower and upper, rising within 0..100.

    Raises:
        ValueError: The percentiles do not rise within 0..100.
    """
    if not 0 <= percentiles[0] < percentiles[1] <= 100:
        raise ValueError(f"window {percentiles} must be two rising percentiles within 0..100")
    order = np.argsort(values, kind="stable")
    below = np.cumsum(counts[order])
    ranks = np.maximum(np.asarray(percentiles) / 100 * below[-1], 1)
    low, high = values[order][np.searchsorted(below, ranks)]
    return float(low), float(high)


def _strips(pixels: np.ndarray) -> Iterator[np.ndarray]:
    flat = pixels.reshape(-1)
    for start in range(0, flat.size, _STRIP):
        yield flat[start : start + _STRIP]
