"""Smaller copies of a picture, and where a pixel of the copy lies in the original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np


def reduced_size(size: tuple[int, int], limit: tuple[int, int]) -> tuple[int, int]:
    """The largest size that fits into ``limit`` at the same aspect ratio, never above ``size``.

    Args:
        size: (w, h) in px.
        limit: (w, h) in px.

    Example:
        >>> reduced_size((2000, 2400), (640, 800))
        (640, 768)
        >>> reduced_size((500, 600), (640, 800))
        (500, 600)
    """
    zoom = min(limit[0] / size[0], limit[1] / size[1])
    if zoom >= 1:
        return size
    width, height = (max(1, round(side * zoom)) for side in size)
    return width, height


def reduce(pixels: np.ndarray, limit: tuple[int, int]) -> np.ndarray:
    """Average the areas of (h, w) ``pixels`` so that the result fits into ``limit`` (w, h)."""
    height, width = pixels.shape[:2]
    size = reduced_size((width, height), limit)
    if size == (width, height):
        return pixels
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


@dataclass(frozen=True, eq=False)
class ReducedImage:
    """A smaller copy that stands for a picture; coordinates stay in px of the original.

    It is on purpose no array: a step that would take its pixels for the original's, as the stock
    ``TopdownAffine`` would, fails instead of moving every landmark. Mirroring with ``numpy.flip``
    works; ``numpy.asarray`` gives the pixels of the copy.

    Attributes:
        pixels: (h, w) uint8 of the copy, not to be written to.
        original_size: (w, h) of the original in px.
        channels: Equal channels the network gets, 1 or 3.
    """

    pixels: np.ndarray
    original_size: tuple[int, int]
    channels: int = 1

    @property
    def ndim(self) -> int:
        """Number of axes of the pixels."""
        return self.pixels.ndim

    def to_original(self) -> np.ndarray:
        """Matrix (3, 3) from px of the copy to px of the original.

        Pixels are areas and whole numbers their centres, so the copy's first pixel centre lies
        half an original pixel less than half a copied one from the original's.
        """
        height, width = self.pixels.shape
        x, y = self.original_size[0] / width, self.original_size[1] / height
        return np.array([[x, 0.0, (x - 1) / 2], [0.0, y, (y - 1) / 2], [0.0, 0.0, 1.0]])

    def __getitem__(self, index: Any) -> ReducedImage:
        mirrored = self.pixels[index]
        if mirrored.shape != self.pixels.shape:
            raise IndexError(
                "a reduced picture can be mirrored but not cut: its pixels are not the original's"
            )
        return ReducedImage(mirrored, self.original_size, self.channels)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.pixels, dtype=dtype)
