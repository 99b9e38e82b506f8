"""Opening a DICOM file without unpacking more than its picture needs."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from ..environment.advice import install_extra
from .ceph_image import ImageReadError
from .header import require_size

# Names of patients, tables and thumbnails: far more than any file has before its pixels.
_HEADER_BYTES = 8 << 20
_ITEM, _MOST_ITEMS = b"\xfe\xff\x00\xe0", 20_000  # each is a data set of its own in memory
_PIXEL_DATA = 0x7FE00010
_EXPLICIT_LITTLE, _DEFLATED = b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.1.99"
# What a file of plain explicit elements starts with, as far as a reader asks for it.
_PLAIN_START = (
    bytes(128) + b"DICM\2\0\20\0UI" + (20).to_bytes(2, "little") + _EXPLICIT_LITTLE + b"\0"
)
_LONG = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV")


def open_dicom(path: Path, limit: int, *, pixels: bool) -> Any:
    """Read a single-frame picture's data set, bounded by what its header says of its size.

    Args:
        path: The file; preamble and file meta information may be missing.
        limit: Most pixels that are read.
        pixels: Read the pixels too; otherwise the header alone.

    Returns:
        pydicom's data set.

    Raises:
        ImageReadError: pydicom is missing, there is no picture or one too large, or the file holds
            more than a picture of that size needs.
    """
    try:
        import pydicom
    except ImportError as error:
        command = install_extra("dicom")
        raise ImageReadError(f"{path}: reading DICOM needs pydicom: {command}") from error
    with path.open("rb") as stream:
        start, rest = _unpacked(stream)
        if start.count(_ITEM) > _MOST_ITEMS:
            raise ImageReadError(f"{path}: has more than {_MOST_ITEMS} parts; it is no picture")
        buffer = io.BytesIO(start)
        header = pydicom.dcmread(buffer, force=True, stop_before_pixels=True)
        width, height = picture_size(path, header)
        require_size(str(path), width, height, limit)
        if not pixels:
            return header
        if buffer.tell() >= len(start) and len(start) >= _HEADER_BYTES:
            raise ImageReadError(
                f"{path}: has more than {_HEADER_BYTES >> 20} MB before its pixels; export the "
                "picture alone"
            )
        needed = width * height * _bytes_per_pixel(header)
        # Packed noise may be a little larger than the plain pixels.
        most = needed + needed // 8 + 2 * _HEADER_BYTES - len(start)
        packed = rest.read(most + 1)
        if len(packed) > most:
            raise ImageReadError(
                f"{path}: holds far more than the {width} x {height} px it speaks of; the file is "
                "damaged"
            )
        whole = io.BytesIO(start + packed)
    dataset = pydicom.filereader.read_partial(whole, _is_behind_pixels, force=True)
    _complete(dataset)
    return dataset


def picture_size(path: Path, dataset: Any) -> tuple[int, int]:
    """Width and height in px.

    Raises:
        ImageReadError: There is no picture, or several.
    """
    if "Rows" not in dataset or "Columns" not in dataset:
        raise ImageReadError(f"{path}: DICOM file without a picture")
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise ImageReadError(f"{path}: holds {frames} frames; export the one lateral cephalogram")
    return int(dataset.Columns), int(dataset.Rows)


class _Inflated:
    """The rest of a deflated file, unpacked as far as it is asked for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    def read(self, size: int) -> bytes:
        parts, missing = [], size
        while missing > 0 and not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or self._stream.read(1 << 16)
            part = self._inflater.decompress(packed, missing)
            if not part and not packed:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def _unpacked(stream: BinaryIO) -> tuple[bytes, BinaryIO | _Inflated]:
    """The start of the file, long enough for any header, and where the rest comes from."""
    start = stream.read(_HEADER_BYTES)
    syntax, end = _file_meta(start)
    if syntax != _DEFLATED:
        return start, stream
    stream.seek(end)
    inflated = _Inflated(stream)
    return _PLAIN_START + inflated.read(_HEADER_BYTES - len(_PLAIN_START)), inflated


def _file_meta(start: bytes) -> tuple[bytes, int]:
    """The transfer syntax that the file meta information names, and where that ends."""
    position = 132 if start[128:132] == b"DICM" else 0
    syntax = b""
    while start[position : position + 2] == b"\2\0":
        long = start[position + 4 : position + 6] in _LONG
        first = position + (12 if long else 8)
        length = int.from_bytes(start[position + (8 if long else 6) : first], "little")
        if start[position + 2 : position + 4] == b"\x10\0":
            syntax = start[first : first + length].rstrip(b"\0 ")
        position = first + length
    return syntax, position


def _bytes_per_pixel(header: Any) -> int:
    """As many as the plain pixels take, where the header says so in earnest."""
    samples = int(header.get("SamplesPerPixel") or 1)
    bits = int(header.get("BitsAllocated") or 16)
    return max(1, min(samples, 4) * min(bits, 64) // 8)


def _is_behind_pixels(tag: int, _vr: str | None, _length: int) -> bool:
    return int(tag) > _PIXEL_DATA


def _complete(dataset: Any) -> None:
    """Say how the elements are written, where a file without file meta information does not."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    if getattr(dataset, "file_meta", None) is None:
        dataset.file_meta = FileMetaDataset()
    if "TransferSyntaxUID" in dataset.file_meta:
        return
    if "PixelData" in dataset and dataset["PixelData"].is_undefined_length:
        return  # packed, and only the missing line says how
    implicit, little = getattr(dataset, "original_encoding", (None, None))
    if implicit is None:  # pydicom 2
        implicit, little = dataset.is_implicit_VR, dataset.is_little_endian
    explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
