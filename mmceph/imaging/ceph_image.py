"""What a file holds once it is read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmceph.errors import MmcephError


class ImageReadError(MmcephError, OSError):
    """A file is no cephalogram mmceph can read; the message names the file and what to do."""


@dataclass(frozen=True)
class PixelSize:
    """A pixel size the file states.

    Attributes:
        spacing: mm per px along x and y.
        source: Where in the file it stands, for reports.
        kind: ``calibrated`` (against something of known size, or for the geometry), ``stated``
            (the file does not say in which plane), ``corrected`` (detector pixels divided by a
            stated magnification), ``detector`` (in the plane of the detector, so anatomy is
            smaller than it says), or ``nominal`` (a scanner's or an editor's resolution).
    """

    spacing: tuple[float, float]
    source: str
    kind: str


@dataclass(frozen=True, eq=False)
class CephImage:
    """A cephalogram as it lies in a file, upright and one channel.

    Attributes:
        path: The file.
        format: ``PNG``, ``JPEG``, ``TIFF``, ``BMP``, ``WEBP`` or ``DICOM``.
        pixels: Grey values (h, w), bright where little radiation came through; uint8, or uint16
            where that was asked for and the file has more than 8 bits.
        bits: Bits per sample in the file.
        pixel_sizes: All pixel sizes the file states, the most trustworthy first.
        notes: What of the file was not taken as it says, a line each.
    """

    path: str
    format: str
    pixels: np.ndarray
    bits: int
    pixel_sizes: tuple[PixelSize, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
        height, width = self.pixels.shape
        return width, height

    @property
    def _best(self) -> PixelSize | None:
        return next((known for known in self.pixel_sizes if known.kind != "nominal"), None)

    @property
    def spacing(self) -> tuple[float, float] | None:
        """mm per px along x and y, or None; a nominal resolution is never taken for it."""
        return self._best.spacing if self._best else None

    @property
    def spacing_source(self) -> str | None:
        """Where in the file ``spacing`` stands."""
        return self._best.source if self._best else None
