"""Writing the pictures of a stack as image files."""

from __future__ import annotations

import hashlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .case import Point
from .images import ImageInfo
from .own_pictures import OwnPictures
from .problems import ConversionError

Pixels = NDArray[np.uint8]


def crop_padding(pixels: Pixels, points: list[Point]) -> Pixels:
    """Cut off the zeros that fill a picture up on the right and below.

    Args:
        pixels: Shape (H, W) or (H, W, C).
        points: Landmarks (px); none of them is cut off.

    Returns:
        A view that ends at the last row and column that hold anything but zeros; coordinates stay
        as they are. It is empty where there is nothing at all.
    """
    flat = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    rows, columns = np.flatnonzero(flat.any(axis=1)), np.flatnonzero(flat.any(axis=0))
    if not len(rows):
        return pixels[:0, :0]
    height, width = int(rows[-1]) + 1, int(columns[-1]) + 1
    for x, y in points:
        if 0 <= x <= flat.shape[1] and 0 <= y <= flat.shape[0]:
            width, height = max(width, int(np.ceil(x))), max(height, int(np.ceil(y)))
    return pixels[:height, :width]


def as_grey(pixels: Pixels) -> Pixels:
    """Return one channel of a picture whose three channels are the same, else the picture."""
    if pixels.ndim == 3:
        first = pixels[..., 0]
        if all(np.array_equal(first, pixels[..., i]) for i in range(1, pixels.shape[2])):
            return first
    return pixels


def write_png(pixels: Pixels, name: str, pictures: OwnPictures | None) -> ImageInfo:
    """Write a picture as PNG and tell its size; one that is there already and equal is kept.

    Args:
        pixels: Shape (H, W), or (H, W, 3) in RGB order.
        name: Where to; see :meth:`OwnPictures.put`, for what it raises too.
        pictures: Writes it; None: nothing is written.
    """
    height, width = pixels.shape[:2]
    digest = hashlib.blake2b(f"{pixels.shape}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    info = ImageInfo(width, height, digest.hexdigest())
    if pictures is not None:
        pictures.put(name, lambda data: _holds(data, pixels), lambda: _encoded(pixels, name))
    return info


def _encoded(pixels: Pixels, name: str) -> bytes:
    bgr = pixels if pixels.ndim == 2 else pixels[..., ::-1]
    # Level 1 is several times faster than the default and hardly larger on noisy film.
    done, data = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise ConversionError(f"{name}: OpenCV could not encode the picture as PNG")
    return data.tobytes()


def _holds(data: bytes, pixels: Pixels) -> bool:
    there: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if there is not None and there.ndim == 3:
        there = there[..., ::-1]
    return there is not None and np.array_equal(there, pixels)
