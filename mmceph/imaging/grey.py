"""Grey values: more than 8 bits brought to 8, by one stated rule."""

from __future__ import annotations

import numpy as np

from .tables import count_values, look_up, weighted_percentiles

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
    low, high = 0.0, 65535.0
    values = np.arange(65536)
    if window is not None:
        low, high = weighted_percentiles(values, count_values(pixels, 0, 65536), window)
    if low == high:  # one grey value only, which no window can tell from any other
        low, high = 0, 65535
    table = (values - low) * (255.0 / (high - low))
    return look_up(pixels, table.round().clip(0, 255).astype(np.uint8))
