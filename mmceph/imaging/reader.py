"""Read a cephalogram from a file of any kind in use."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from . import dicom
from .ceph_image import CephImage, ImageReadError
from .grey import WINDOW, to_8bit
from .header import (
    MAX_PIXELS,
    Header,
    find_format,
    pixel_limit,
    read_header,
    require_size,
)
from .suffixes import DICOM_SUFFIXES
from .whole import is_cut_short, is_overfull

_BYTES_PER_PIXEL = 16  # more than any format needs; the rest of a larger file is no picture
_OTHER_BYTES = 64 << 20  # profiles, previews, editors' layers
_START = 132


def read_image(
    path: str | Path,
    *,
    eight_bit: bool = True,
    window: tuple[float, float] | None = WINDOW,
    max_pixels: int | None = None,
) -> CephImage:
    """Read PNG, JPEG, TIFF, BMP, WebP (8 or 16 bits) or DICOM as one grey channel.

    An EXIF orientation is applied, as OpenCV, browsers and labelling tools do: annotations are in
    px of the upright picture. Colours become their luminance.

    Args:
        path: The file; what it is shows from its content, not its name.
        eight_bit: Bring 16-bit grey values to 8 bits, see :func:`to_8bit`.
        window: The percentiles for that.
        max_pixels: Refuse larger pictures; by default ``MMCEPH_MAX_IMAGE_PIXELS`` or 100 million.

    Returns:
        The picture with the pixel sizes the file states.

    Raises:
        ImageReadError: The file is missing, damaged, cut short, too large, of another kind, or a
            DICOM file that needs a package which is not installed.
    """
    path = Path(path)
    limit = pixel_limit(max_pixels)
    format = _format(path, limit)
    if format == "DICOM":
        return dicom.read_dicom(path, limit, window if eight_bit else None, eight_bit)
    with _opened(path) as stream:
        header = _checked_header(str(path), format, stream, limit)
        _require_bytes(str(path), path.stat().st_size, header)
        stream.seek(0)
        data = stream.read()
    return _image(str(path), data, header, eight_bit, window)


@dataclass(frozen=True)
class ImageFacts:
    """What a picture's header says.

    Attributes:
        size: Width and height in px that :func:`read_image` will give.
        deep: More than 8 bits of grey, or DICOM.
    """

    size: tuple[int, int]
    deep: bool


def image_facts(path: str | Path) -> ImageFacts:
    """Size and depth of a picture, read from the header alone.

    A sound header does not mean that the pixels are sound.

    Raises:
        ImageReadError: As for :func:`read_image`.
    """
    path = Path(path)
    limit = pixel_limit()
    format = _format(path, limit)
    if format == "DICOM":
        return ImageFacts(dicom.read_size(path, limit), True)
    with _opened(path) as stream:
        header = _checked_header(str(path), format, stream, limit)
    size = (header.width, header.height)
    return ImageFacts(size[::-1] if header.turned else size, header.deep)


def image_size(path: str | Path) -> tuple[int, int]:
    """Width and height in px that :func:`read_image` will give; see :func:`image_facts`."""
    return image_facts(path).size


def _format(path: Path, limit: int) -> str:
    """Look at the first bytes; refuse what is no picture or far too large before reading on."""
    try:
        status = path.stat()
        # Before it is opened: a pipe would wait for ever, and a device has no end.
        if not stat.S_ISREG(status.st_mode):
            raise ImageReadError(f"{path}: cannot be read (is a folder, a pipe or a device)")
        with path.open("rb") as stream:
            start = stream.read(_START)
    except ImageReadError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name no file can have
        reason = getattr(error, "strerror", None) or error
        raise ImageReadError(f"{path}: cannot be read ({reason})") from error
    if not start:
        raise ImageReadError(f"{path}: is empty")
    format = find_format(start)
    if format is None and path.suffix.lower() in DICOM_SUFFIXES:
        format = "DICOM"  # old files lack the preamble
    if format is None:
        raise ImageReadError(f"{path}: is no PNG, JPEG, TIFF, BMP, WebP or DICOM file")
    size = status.st_size
    if size > _BYTES_PER_PIXEL * max(limit, MAX_PIXELS):
        raise ImageReadError(f"{path}: {size / 1e9:.1f} GB is no picture of at most {limit} px")
    return format


def _opened(path: Path) -> BinaryIO:
    # Python opens every name; cv2.imread cannot open those outside the code page on Windows.
    try:
        return path.open("rb")
    except OSError as error:
        raise ImageReadError(f"{path}: cannot be read ({error.strerror or error})") from error


def _checked_header(name: str, format: str, stream: BinaryIO, limit: int) -> Header:
    header = read_header(name, format, stream)
    require_size(name, header.width, header.height, limit)
    return header


def _require_bytes(name: str, size: int, header: Header) -> None:
    """Refuse a file of far more bytes than its picture can need, before they are read."""
    if size > _BYTES_PER_PIXEL * header.width * header.height + _OTHER_BYTES:
        raise ImageReadError(
            f"{name}: {size / 1e6:.0f} MB for {header.width} x {header.height} px; save the "
            "picture alone"
        )


def _image(
    name: str, data: bytes, header: Header, eight_bit: bool, window: tuple[float, float] | None
) -> CephImage:
    pixels = _decode(name, data, header)
    bits = 8 * pixels.dtype.itemsize
    if eight_bit:
        pixels = to_8bit(pixels, window)
    return CephImage(name, header.format, pixels, bits, header.pixel_sizes)


def _decode(path: str, data: bytes, header: Header) -> np.ndarray:
    """Decode with OpenCV, as the stock pipeline does, so that grey values are the same."""
    if is_cut_short(header.format, data):
        raise ImageReadError(f"{path}: the {header.format} data are cut short; copy the file again")
    if is_overfull(header.format, data):
        raise ImageReadError(
            f"{path}: holds more than {header.width} x {header.height} px need; save it anew"
        )
    flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageReadError(f"{path}: cannot be decoded ({error.err})") from error
    if pixels is None:
        raise ImageReadError(
            f"{path}: the {header.format} data are damaged, cut short or of a rare kind; copy the "
            "file again or save it anew"
        )
    if sorted(pixels.shape) != sorted((header.width, header.height)):
        raise ImageReadError(
            f"{path}: header and data differ in size ({header.width} x {header.height} and "
            f"{pixels.shape[1]} x {pixels.shape[0]} px)"
        )
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ImageReadError(f"{path}: {pixels.dtype} grey values; save it with 8 or 16 bits")
    if header.white_is_zero and pixels.dtype == np.uint16:
        pixels = 65535 - pixels  # OpenCV turns 8-bit pictures round, but not these
    return pixels
