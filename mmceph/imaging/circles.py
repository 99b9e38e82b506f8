"""Circles of uncertainty on a picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

_COLOR = (255, 210, 90)  # BGR: a light blue that neither points nor names have
_SHIFT = 4  # OpenCV takes sixteenths of a pixel


def draw_circles(
    pixels: np.ndarray,
    points: np.ndarray,
    radii: np.ndarray,
    *,
    color: tuple[int, int, int] = _COLOR,
    thickness: int | None = None,
) -> np.ndarray:
    """Draw a circle around each point; hand the result to :func:`draw_landmarks` for the names.

    Args:
        pixels: (h, w) grey or (h, w, 3) BGR, uint8; not changed.
        points: (K, 2) x and y in px of ``pixels``.
        radii: In px, (K,) or (K, 2) along x and y; points or radii with NaN are left out.
        color: BGR.
        thickness: Of the line in px; by default enough to be seen when the picture is 900 px high.

    Returns:
        (h, w, 3) BGR, uint8.
    """
    canvas = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR) if pixels.ndim == 2 else pixels.copy()
    places = np.asarray(points, np.float64).reshape(-1, 2)
    sizes = np.asarray(radii, np.float64)
    sizes = np.repeat(sizes[:, None], 2, axis=1) if sizes.ndim == 1 else sizes
    width = max(1, round(pixels.shape[0] / 900)) if thickness is None else thickness
    for place, size in zip(places, sizes, strict=True):
        if np.isfinite(place).all() and np.isfinite(size).all():
            cv2.ellipse(
                canvas, _fixed(place), _fixed(size), 0, 0, 360, color, width, cv2.LINE_AA, _SHIFT
            )
    return canvas


def _fixed(values: np.ndarray) -> Any:
    x, y = (round(float(value) * 2**_SHIFT) for value in values)
    return x, y
