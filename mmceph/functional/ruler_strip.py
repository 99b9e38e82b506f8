"""Strips cut along a ruler: straightened, evenly lit, and what repeats in them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Strip", "cut_strip", "flatten", "spectrum"]

Float = NDArray[np.float32]

STEP = 0.5  # px between samples along the ruler
_FLOOR = 0.015  # contrast, as a share of the grey range, below which a pattern counts as noise


@dataclass(frozen=True)
class Strip:
    """A straightened piece of a picture.

    Attributes:
        origin: (x, y) px of its zero.
        degrees: Its direction from the vertical, positive leans to the right.
        along: Positions (n,) px along it, upwards.
        grey: (n, m) grey values; columns are 1 px apart, the middle one runs through the origin.
    """

    origin: tuple[float, float]
    degrees: float
    along: Float
    grey: Float

    def point(self, along: float) -> tuple[float, float]:
        """The picture's (x, y) px of a position on the middle column."""
        up, _ = _axes(self.degrees)
        return self.origin[0] + along * up[0], self.origin[1] + along * up[1]


def _axes(degrees: float) -> tuple[tuple[float, float], tuple[float, float]]:
    angle = math.radians(degrees)
    return (math.sin(angle), -math.cos(angle)), (math.cos(angle), math.sin(angle))


def cut_strip(
    grey: NDArray[Any],
    origin: tuple[float, float],
    degrees: float,
    extent: tuple[float, float],
    half_width: float,
) -> Strip:
    """Cut a strip; rows that would lie outside the picture are left out.

    Args:
        grey: (H, W), of a type that OpenCV can resample.
        origin: (x, y) px.
        degrees: Direction from the vertical, positive leans to the right.
        extent: Lowest and highest position along the strip, px, upwards.
        half_width: To either side, px.
    """
    up, side = _axes(degrees)
    along: Float = np.arange(extent[0], extent[1], STEP, dtype=np.float32)
    height, width = grey.shape
    x, y = origin[0] + along * np.float32(up[0]), origin[1] + along * np.float32(up[1])
    along = along[(x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)]
    across = np.arange(-math.ceil(half_width), math.ceil(half_width) + 1, dtype=np.float32)
    columns = origin[0] + along[:, None] * up[0] + across[None, :] * side[0]
    rows = origin[1] + along[:, None] * up[1] + across[None, :] * side[1]
    values = (
        cv2.remap(
            grey,
            columns.astype(np.float32),
            rows.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        if along.size
        else np.zeros((0, across.size), np.float32)
    )
    return Strip(origin, degrees, along, np.asarray(values, np.float32))


def flatten(strip: Strip, length: float, grey_range: float) -> Float:
    """Take what varies slowly off each column and bring the rest to about unit contrast.

    A ruler that fades into an over-exposed border keeps its ticks this way.

    Args:
        strip: At least one row.
        length: Patterns longer than this are taken off, px.
        grey_range: Of the whole picture; patterns far below it stay small, they are noise.

    Returns:
        (n, m).
    """
    sigma = max(length / STEP / 4.0, 1.0)
    rest = strip.grey - _smooth(strip.grey, sigma)
    contrast = np.sqrt(_smooth(rest * rest, 2.0 * sigma))
    flat: Float = rest / (contrast + np.float32(_FLOOR * grey_range))
    return flat


def spectrum(flat: Float, period: float, finest: float, size: int = 4096) -> tuple[Float, Float]:
    """How much of each column repeats with which frequency.

    Args:
        flat: (n, m) from :func:`flatten`.
        period: Longest period, px.
        finest: Shortest period, px.
        size: Samples of the transform; a power of two above n.

    Returns:
        Frequencies (k,) per px, and power (k, m) as a share of an unbroken sine wave of unit
        contrast.
    """
    window = np.hanning(len(flat) + 2)[1:-1].astype(np.float32)[:, None]
    transform = np.fft.rfft(window * flat, size, axis=0)
    frequency = np.fft.rfftfreq(size, STEP).astype(np.float32)
    keep = (frequency >= 1.0 / period) & (frequency <= 1.0 / finest)
    power = np.abs(transform[keep]) ** 2 * (2.0 / float(window.sum()) ** 2)
    return frequency[keep], power.astype(np.float32)


def _smooth(values: Float, sigma: float) -> Float:
    # A width of one sample across leaves the columns apart.
    size = 2 * int(3.0 * sigma) + 1
    kernel = cv2.getGaussianKernel(size, sigma, cv2.CV_32F)
    one = np.ones((1, 1), np.float32)
    return np.asarray(
        cv2.sepFilter2D(values, cv2.CV_32F, one, kernel, borderType=cv2.BORDER_REPLICATE)
    )
