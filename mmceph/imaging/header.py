"""What a file's header says, before a single pixel is decoded."""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from .ceph_image import ImageReadError, PixelSize

MAX_PIXELS = 100_000_000  # five times the largest cephalograms in use; 200 MB at 16 bits
_LIMIT_VARIABLE = "MMCEPH_MAX_IMAGE_PIXELS"
_ORIENTATION, _PHOTOMETRIC, _WHITE_IS_ZERO = 0x0112, 262, 0
_COLUMNS, _ROWS, _TILE_COLUMNS, _TILE_ROWS = 256, 257, 322, 323
_TILE_SLACK = 1 << 22
_MM_PER_INCH = 25.4
_LAST_FIRST_ELEMENT = 0x0018  # of group 8: that which names the picture; all files have it

# The classes themselves, not Image.open: that guesses among dozens of formats and has a limit of
# its own that only a global variable can change.
_READERS: dict[str, Any] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}


@dataclass(frozen=True)
class Header:
    """Size in px as stored, and what must be known to decode.

    Attributes:
        format: As in :class:`CephImage`.
        width: Stored columns.
        height: Stored rows.
        turned: The EXIF orientation swaps columns and rows.
        white_is_zero: A TIFF whose grey values run the other way.
        deep: More than 8 bits of grey.
        pixel_sizes: From the resolution, all of them nominal; x and y of the upright picture.
    """

    format: str
    width: int
    height: int
    turned: bool = False
    white_is_zero: bool = False
    deep: bool = False
    pixel_sizes: tuple[PixelSize, ...] = ()


def find_format(start: bytes) -> str | None:
    """The format a file's first 132 bytes show, whatever its name; None for any other."""
    if start[128:132] == b"DICM" or _is_bare_dicom(start):
        return "DICOM"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith(b"BM"):
        return "BMP"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    return None


def _is_bare_dicom(start: bytes) -> bool:
    """Whether a file starts with one of DICOM's first elements, as those without preamble do."""
    if len(start) < 16:
        return False
    order: Literal["little", "big"] = "little" if start[1] == 0 else "big"
    group, element = (int.from_bytes(start[at : at + 2], order) for at in (0, 2))
    if group not in (2, 8) or element > _LAST_FIRST_ELEMENT:
        return False
    # With the kind of value in letters, or with a length that such an element may have.
    explicit = start[4:6] in (b"UL", b"UI", b"CS", b"OB", b"DA", b"TM", b"SH")
    return explicit or (order == "little" and int.from_bytes(start[4:8], "little") <= 128)


def read_header(path: str, format: str, stream: BinaryIO) -> Header:
    """Read the header of a file of a known format (not DICOM).

    Raises:
        ImageReadError: The header is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about metadata, which does not matter here
            image = _READERS[format](stream)
            turned = _orientation(format, image) in (5, 6, 7, 8)
            tags = getattr(image, "tag_v2", {})
            white_is_zero = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
            sizes = _resolution(format, image.info, turned)
            # The tags, since newer versions of Pillow give the upright size of a TIFF.
            width, height = (tags[_COLUMNS], tags[_ROWS]) if format == "TIFF" else image.size
    # Pillow raises whatever a damaged header makes of its arithmetic.
    except Exception as error:
        raise ImageReadError(f"{path}: the {format} header is damaged ({error})") from error
    tile = tags.get(_TILE_COLUMNS, 1) * tags.get(_TILE_ROWS, 1)
    if tile > 4 * width * height + _TILE_SLACK:  # a decoder makes room for all of it
        raise ImageReadError(f"{path}: has tiles of {tile} px in {width} x {height} px")
    deep = image.mode.startswith(("I", "F"))  # Pillow's names for 16 and 32 bits
    return Header(format, width, height, turned, white_is_zero, deep, sizes)


def pixel_limit(given: int | None = None) -> int:
    """The largest number of pixels that is decoded: given, from the environment, or the default.

    Raises:
        ImageReadError: The environment variable is no positive number.
    """
    text = os.environ.get(_LIMIT_VARIABLE)
    if given is not None or not text:
        return MAX_PIXELS if given is None else given
    if not text.isdecimal() or int(text) < 1:
        raise ImageReadError(f"{_LIMIT_VARIABLE}={text}: must be a whole number of pixels")
    return int(text)


def require_size(path: str, width: int, height: int, limit: int) -> None:
    """Refuse a picture without pixels, or with more than ``limit``.

    Raises:
        ImageReadError: The size is out of bounds.
    """
    if width < 1 or height < 1:
        raise ImageReadError(f"{path}: says it is {width} x {height} px; the file is damaged")
    if width * height > limit:
        raise ImageReadError(
            f"{path}: {width} x {height} px is more than the {limit} px that are decoded; where "
            f"that is right, raise max_pixels or set {_LIMIT_VARIABLE}"
        )


def _orientation(format: str, image: Any) -> int:
    """The EXIF orientation as OpenCV minds it; 1 is upright."""
    if format in ("WEBP", "BMP"):
        return 1
    # For a PNG without one Pillow would decode all pixels to look behind them.
    if format == "PNG" and "exif" not in image.info:
        return 1
    return int(image.getexif().get(_ORIENTATION, 1))


def _resolution(format: str, info: dict[str, Any], turned: bool) -> tuple[PixelSize, ...]:
    dpi = info.get("dpi")
    if dpi is None:
        return ()
    x, y = (float(value) for value in dpi)
    # 1 dpi is what Pillow makes of a JPEG that states an aspect ratio only.
    if not all(math.isfinite(value) and value > 1 for value in (x, y)):
        return ()
    if turned:  # the file states it of the columns and rows as stored
        x, y = y, x
    spacing = (_MM_PER_INCH / x, _MM_PER_INCH / y)
    return (PixelSize(spacing, f"{format} resolution ({x:g} dpi)", "nominal"),)
