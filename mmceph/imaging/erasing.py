"""Taking a ruler out of a picture, for examples without one."""

from __future__ import annotations

import cv2
import numpy as np

_MARK_DISTANCE_MM = 10.0
_SPREAD = 0.07  # half-width gained per px of height: the part above P2 may lean differently
_BLEND_PX = 6  # columns on either side whose mean is the fill's end


def ruler_strip(
    marks: np.ndarray, size: tuple[int, int], foot_mm: float = 3.5, half_mm: float = 6.0
) -> np.ndarray:
    """Where a ruler may lie that has these marks: from below P1 to the picture's upper edge.

    Args:
        marks: P1 (lower) and P2 (upper), shape (2, 2), px, x before y.
        size: (w, h) of the picture in px.
        foot_mm: Length below P1.
        half_mm: Half the strip's width at the marks.

    Returns:
        Shape (n, 3): of each row y the columns from ``left`` to below ``right``, as (y, left,
        right), cut to the picture; rows outside it are left out.
    """
    (x1, y1), (x2, y2) = np.asarray(marks, np.float64)
    mm = float(np.hypot(x1 - x2, y1 - y2)) / _MARK_DISTANCE_MM
    width, height = size
    rows = np.arange(0, min(height, int(y1 + foot_mm * mm) + 1))
    share = np.clip((rows - y2) / max(y1 - y2, 1.0), 0.0, None)
    middle = x2 + share * (x1 - x2)
    half = half_mm * mm + _SPREAD * np.maximum(y2 - rows, 0)
    left = np.clip(np.floor(middle - half), 0, width).astype(int)
    right = np.clip(np.ceil(middle + half) + 1, 0, width).astype(int)
    keep = right > left
    return np.stack([rows, left, right], axis=1)[keep]


def erase_strip(
    image: np.ndarray, strip: np.ndarray, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Fill a strip, row by row, with what leads evenly from its left side to its right.

    Args:
        image: uint8 (h, w) or (h, w, C); not changed.
        strip: From :func:`ruler_strip`.
        rng: Adds noise of the strength found beside the strip; None adds none.

    Returns:
        A copy.
    """
    result = image.copy()
    if not len(strip):
        return result
    flat = image[..., 0] if image.ndim == 3 else image
    rows, left, right = strip.T[..., None]
    ends = cv2.blur(_ends(flat, strip), (1, 9))  # else every row ends in its own noise: stripes
    columns = np.arange(left.min(), right.max())
    share = (columns - left + 1) / (right - left + 1)
    values = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * share
    if rng is not None:
        values += _noise(flat, strip) * rng.standard_normal(values.shape)
    inside = (columns >= left) & (columns < right)
    at_rows, at_columns = (np.broadcast_to(n, inside.shape)[inside] for n in (rows, columns))
    grey = values[inside].round().clip(0, 255).astype(np.uint8)
    result[at_rows, at_columns] = grey[:, None] if image.ndim == 3 else grey
    return result


def inpaint_strip(image: np.ndarray, strip: np.ndarray, radius: float = 4.0) -> np.ndarray:
    """Fill a strip by OpenCV's inpainting (Telea 2004): another way than training erases by.

    Args:
        image: uint8 (h, w); not changed.
        strip: From :func:`ruler_strip`.
        radius: Of the neighbourhood, px.

    Returns:
        A copy.
    """
    result = image.copy()
    if not len(strip):
        return result
    top, bottom = int(strip[0, 0]), int(strip[-1, 0]) + 1
    margin = 2 * round(radius) + 2
    left, right = max(int(strip[:, 1].min()) - margin, 0), int(strip[:, 2].max()) + margin
    bottom_margin = bottom + margin
    part = result[top:bottom_margin, left:right]
    mask = np.zeros(part.shape, np.uint8)
    for row, first, last in strip:
        mask[row - top, first - left : last - left] = 1
    result[top:bottom_margin, left:right] = cv2.inpaint(part, mask, radius, cv2.INPAINT_TELEA)
    return result


def _beside(image: np.ndarray, strip: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Grey values (n, m) at each row's columns ``offsets`` (n, m), kept inside the picture."""
    columns = np.clip(offsets, 0, image.shape[1] - 1)
    values: np.ndarray = image[strip[:, :1], columns].astype(np.float32)
    return values


def _ends(image: np.ndarray, strip: np.ndarray) -> np.ndarray:
    """Mean grey value (n, 2) left and right of each row; at the picture's edge the other side's."""
    width = image.shape[1]
    steps = np.arange(_BLEND_PX)
    first = _beside(image, strip, strip[:, 1:2] - 1 - steps).mean(axis=1)
    last = _beside(image, strip, strip[:, 2:3] + steps).mean(axis=1)
    first, last = (
        np.where(strip[:, 1] == 0, last, first),
        np.where(strip[:, 2] >= width, first, last),
    )
    return np.stack([first, last], axis=1).astype(np.float32)


def _noise(image: np.ndarray, strip: np.ndarray) -> float:
    """Standard deviation of the noise just left of a strip, from differences of neighbours."""
    beside = _beside(image, strip, strip[:, 1:2] - 1 - np.arange(12))
    return float(np.median(np.abs(np.diff(beside, axis=1))) * 1.4826 / np.sqrt(2))
