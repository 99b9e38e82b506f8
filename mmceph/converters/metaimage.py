"""Reading a MetaImage stack (.mha, .mhd) slice by slice, however large it is.

Format: https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mmceph.imaging import ImageReadError
from mmceph.imaging.header import pixel_limit, require_size

from .problems import ConversionError

MAX_SLICES = 100_000
_MAX_HEADER_LINES = 200
_MAX_LINE = 4096
_CHUNK = 1 << 18
_TRUE = ("true", "t", "1", "yes")


@dataclass(frozen=True)
class MetaImage:
    """The header of a stack of 8-bit pictures.

    Attributes:
        path: The header's file.
        data_path: The file with the pixels.
        offset: Where in that file they start.
        size: Width, height (px) and number of slices.
        channels: Samples per pixel.
        compressed: Whether the pixels are one zlib stream.
    """

    path: Path
    data_path: Path
    offset: int
    size: tuple[int, int, int]
    channels: int
    compressed: bool

    @property
    def slice_bytes(self) -> int:
        """Bytes of one slice."""
        return self.size[0] * self.size[1] * self.channels


def read_metaimage(path: Path) -> MetaImage:
    """Read the header of a MetaImage.

    Raises:
        ConversionError: It is none, or not of the kind that is read here: three dimensions,
            unsigned bytes, pixels in the same file or in one beside it.
    """
    try:
        return _header(path)
    except ConversionError as error:
        raise ConversionError(f"{path.name}: {error}") from error
    except OSError as error:
        raise ConversionError(f"{path.name}: cannot be read ({error.strerror})") from error


def iterate_slices(image: MetaImage) -> Iterator[NDArray[np.uint8]]:
    """Yield the slices in turn, holding one at a time in memory.

    Yields:
        Arrays of shape (H, W) or, with channels, (H, W, C), in the file's channel order.

    Raises:
        ConversionError: The data are damaged or end before the last slice.
    """
    try:
        yield from _slices(image)
    except ConversionError as error:
        raise ConversionError(f"{image.path.name}: {error}") from error
    except zlib.error as error:
        text = f"{image.path.name}: the compressed data are damaged ({error})"
        raise ConversionError(text) from error
    except OSError as error:
        raise ConversionError(f"{image.path.name}: cannot be read ({error.strerror})") from error


def _header(path: Path) -> MetaImage:
    with path.open("rb") as stream:
        fields = _fields(stream)
        offset = stream.tell()
    width, height, count = _whole_numbers(fields, "DimSize", 3)
    fields.setdefault("ElementNumberOfChannels", "1")
    (channels,) = _whole_numbers(fields, "ElementNumberOfChannels", 1)
    kind = fields.get("ElementType", "missing")
    if kind.upper() != "MET_UCHAR":
        raise ConversionError(f"ElementType is {kind!r}; only MET_UCHAR (8 bits) is read")
    if channels not in (1, 3):
        raise ConversionError(f"ElementNumberOfChannels is {channels}, neither 1 nor 3")
    if fields.get("BinaryData", "True").lower() not in _TRUE:
        raise ConversionError("BinaryData is not True; save the stack in binary form")
    compressed = fields.get("CompressedData", "False").lower() in _TRUE
    data_path, offset = _data(path, fields["ElementDataFile"], offset)
    image = MetaImage(path, data_path, offset, (width, height, count), channels, compressed)
    try:
        require_size("DimSize", width, height, pixel_limit())
    except ImageReadError as error:
        raise ConversionError(str(error)) from error
    if count > MAX_SLICES:
        raise ConversionError(f"DimSize states {count} slices, more than {MAX_SLICES}")
    have, need = data_path.stat().st_size - offset, image.slice_bytes * count
    if not compressed and have < need:
        raise ConversionError(f"is cut short: DimSize asks for {need} bytes, {have} are there")
    return image


def _slices(image: MetaImage) -> Iterator[NDArray[np.uint8]]:
    width, height, count = image.size
    shape = (height, width) if image.channels == 1 else (height, width, image.channels)
    with image.data_path.open("rb") as stream:
        stream.seek(image.offset)
        source = _inflated(stream) if image.compressed else _raw(stream)
        rest = b""
        for number in range(1, count + 1):
            pixels = np.empty(image.slice_bytes, np.uint8)
            filled = 0
            while filled < image.slice_bytes:
                chunk = rest or next(source, b"")
                if not chunk:
                    raise ConversionError(f"is cut short: it ends in slice {number} of {count}")
                part = np.frombuffer(chunk, np.uint8)[: image.slice_bytes - filled]
                pixels[filled : filled + len(part)] = part
                filled += len(part)
                rest = chunk[len(part) :]
            yield pixels.reshape(shape)


def _raw(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _inflated(stream: BinaryIO) -> Iterator[bytes]:
    # A thousandth of the size can unpack to the whole, so the output is bounded too.
    inflater = zlib.decompressobj()
    while not inflater.eof:
        packed = inflater.unconsumed_tail or stream.read(_CHUNK)
        if not packed:
            return
        chunk = inflater.decompress(packed, 4 * _CHUNK)
        if chunk:
            yield chunk


def _fields(stream: BinaryIO) -> dict[str, str]:
    fields: dict[str, str] = {}
    for _ in range(_MAX_HEADER_LINES):
        line = stream.readline(_MAX_LINE)
        key, equals, value = line.decode("latin-1").partition("=")
        if not equals:
            break
        fields[key.strip()] = value.strip()
        if key.strip() == "ElementDataFile":  # the header's last line
            return fields
    raise ConversionError("is no MetaImage (its header has no ElementDataFile)")


def _whole_numbers(fields: dict[str, str], key: str, count: int) -> tuple[int, ...]:
    words = fields.get(key, "").split()
    # Nine digits are more than any picture has, and few enough to multiply without care.
    if len(words) != count or not all(w.isascii() and w.isdigit() and len(w) < 10 for w in words):
        found = fields.get(key, "missing")
        raise ConversionError(f"{key} is {found!r}, not {count} whole number(s)")
    values = tuple(int(word) for word in words)
    if min(values) < 1:
        raise ConversionError(f"{key} is {fields[key]!r}; no such picture can be")
    return values


def _data(path: Path, name: str, offset: int) -> tuple[Path, int]:
    if name == "LOCAL":
        return path, offset
    # Only beside the header: a path in a file must not make us open anything else.
    if not name or name != PureWindowsPath(name).name:
        raise ConversionError(
            f"ElementDataFile {name!r} is no file name; put the data beside the header"
        )
    return path.with_name(name), 0
