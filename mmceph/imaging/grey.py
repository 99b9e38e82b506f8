"""Grey values: more than 8 bits brought to 8, by one stated rule."""

from __future__ import annotations

import numpy as np

# Both tails of a cephalogram are unexposed film and burnt-in marks, or metal: nothing to measure.
WINDOW = (0.5, 99.5)


def to_8bit(pixels: np.ndarray, window: tuple[float, float] | None = WINDOW) -> np.ndarray:
    """Bring 16-bit grey values to 8 bits; 8-bit ones are returned as they are.

    Detectors write 10 to 16 of the 16 bits and files do not say how many, so the grey values
    between two percentiles of the picture are spread evenly over 0..255.

    Args:
        pixels: Grey values of any shape, uint8 or uint16.
        window: Lower and upper percentile; None for the full range 0..65535.

    Returns:
        uint8 of the same shape.

    Raises:
        TypeError: Neither uint8 nor uint16.
        ValueError: The percentiles do not rise within 0..100.

    Example:
        >>> to_8bit(np.array([0, 1000, 4095], np.uint16), window=(0, 100))
        array([  0,  62, 255], dtype=uint8)
    """
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype != np.uint16:
        raise TypeError(f"to_8bit takes uint8 or uint16, got {pixels.dtype}")
    low, high = 0, 65535
    if window is not None:
        low, high = _percentiles(pixels, window)
    if low == high:  # one grey value only, which no window can tell from any other
        low, high = 0, 65535
    table = (np.arange(65536) - low) * (255.0 / (high - low))
    return table.round().clip(0, 255).astype(np.uint8)[pixels]


def _percentiles(pixels: np.ndarray, window: tuple[float, float]) -> tuple[int, int]:
    if not 0 <= window[0] < window[1] <= 100:
        raise ValueError(f"window {window} must be two rising percentiles within 0..100")
    below = np.cumsum(np.bincount(pixels.ravel(), minlength=65536))
    ranks = np.maximum(np.asarray(window) / 100 * pixels.size, 1)
    low, high = np.searchsorted(below, ranks)
    return int(low), int(high)
