"""DICOM files, by way of pydicom (the extra ``dicom``)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..environment.advice import install_extra
from .ceph_image import CephImage, ImageReadError
from .dicom_file import open_dicom, picture_size
from .dicom_grey import display_values
from .dicom_spacing import stated_pixel_sizes
from .frame_header import read_frame_header, unpacked_rle_size
from .whole import has_too_many_scans

_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_RLE = "1.2.840.10008.1.2.5"


def read_dicom(
    path: Path, limit: int, window: tuple[float, float] | None, eight_bit: bool
) -> CephImage:
    """Read a single-frame DICOM file the way a viewer shows it.

    The modality transform is applied, then the VOI table or window (the first that shows the
    picture), or the percentile window where the file has none; MONOCHROME1 and
    PresentationLUTShape INVERSE are turned round, padding is black.

    Args:
        path: The file.
        limit: Most pixels that are decoded.
        window: Percentiles for a file without a window of its own; None for all it holds.
        eight_bit: Give uint8 instead of uint16.

    Raises:
        ImageReadError: pydicom or a decompression plugin is missing, or the file is damaged, has
            several frames, unpacks to more than its picture, or is no grey or RGB picture.
    """
    with _named_errors(path):
        dataset = open_dicom(path, limit, pixels=True)
        width, height = picture_size(path, dataset)
        kind = str(dataset.get("PhotometricInterpretation", ""))
        if kind not in _GREY + _COLOUR:
            raise ImageReadError(f"{path}: {kind or 'no'} pixels are not supported; export as grey")
        stored = _stored_pixels(path, dataset, width, height)
        notes: tuple[str, ...] = ()
        if stored.ndim == 3:
            pixels = _luminance(path, stored, kind)
        else:
            top = 255 if eight_bit else 65535
            pixels, notes = _displayed(path, dataset, stored, window, top)
        if pixels.shape != (height, width):
            raise ImageReadError(f"{path}: header and data differ in size; the file is damaged")
        bits = int(dataset.get("BitsStored") or 8)
        return CephImage(str(path), "DICOM", pixels, bits, stated_pixel_sizes(dataset), notes)


def read_size(path: Path, limit: int) -> tuple[int, int]:
    """Width and height in px from the header.

    Raises:
        ImageReadError: As for :func:`read_dicom`.
    """
    with _named_errors(path):
        return picture_size(path, open_dicom(path, limit, pixels=False))


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Turn the many ways in which pydicom and NumPy fail on damaged files into one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # values out of the standard; ours are checked
            yield
    except ImageReadError:
        raise
    except Exception as error:
        raise ImageReadError(f"{path}: damaged DICOM file ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _displayed(
    path: Path, dataset: Any, stored: np.ndarray, window: tuple[float, float] | None, top: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    if stored.dtype.kind not in "iu":
        raise ImageReadError(f"{path}: {stored.dtype} grey values; export with at most 16 bits")
    try:
        return display_values(dataset, stored, window, top)
    except ImageReadError as error:
        raise ImageReadError(f"{path}: {error}") from error


def _stored_pixels(path: Path, dataset: Any, width: int, height: int) -> np.ndarray:
    if "PixelData" not in dataset:
        raise ImageReadError(f"{path}: DICOM file without a picture that can be read")
    syntax: Any = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    packed = bool(getattr(syntax, "is_compressed", False))
    if packed:
        _require_frame(path, dataset, str(syntax), width, height)
    try:
        stored = np.asarray(dataset.pixel_array) if packed else _used_bits(dataset)
    # A plugin that is missing shows in several ways, too.
    except Exception as error:
        if not packed:
            raise
        raise ImageReadError(
            f"{path}: cannot decode {syntax.name}; where no plugin for it is installed: "
            f"{install_extra('jpeg')} ({_first_line(error)})"
        ) from error
    return stored


def _require_frame(path: Path, dataset: Any, syntax: str, width: int, height: int) -> None:
    """Refuse a packed frame of another size than the header's, before it is unpacked.

    Raises:
        ImageReadError: It has another size, or its size cannot be told.
    """
    frame = _frame(dataset)
    samples = int(dataset.get("SamplesPerPixel") or 1)
    if syntax == _RLE:
        most = width * height * samples * -(-int(dataset.get("BitsAllocated") or 8) // 8)
        most += most // 64 + 256  # a last run may go on behind the picture
        fits, found = unpacked_rle_size(frame, most) <= most, "more bytes"
    else:
        header = read_frame_header(frame)
        fits = header is not None and (header.width, header.height) == (width, height)
        fits = fits and header is not None and header.samples == samples
        found = f"{header.width} x {header.height} px" if header else "a size that is not stated"
        if fits and has_too_many_scans(frame):
            raise ImageReadError(f"{path}: its JPEG has more scans than any program writes")
    if not fits:
        raise ImageReadError(
            f"{path}: header and data differ in size ({width} x {height} px, and {found} when "
            "unpacked); the file is damaged"
        )


def _frame(dataset: Any) -> bytes:
    """All fragments of the one frame, still packed."""
    from pydicom import encaps

    # Named so before pydicom 3.
    split = getattr(encaps, "generate_fragments", None) or encaps.decode_data_sequence
    fragments = list(split(dataset.PixelData))
    return b"".join(fragments[1:] if len(fragments) > 1 else fragments)  # first a table of offsets


def _used_bits(dataset: Any) -> np.ndarray:
    """Pixels by the bits that hold the grey value; old files keep overlays in the others."""
    allocated = int(dataset.get("BitsAllocated") or 8)
    bits = int(dataset.get("BitsStored") or allocated)
    high = int(dataset.get("HighBit") or bits - 1)
    # Else pydicom cuts off what lies above, wherever the value begins.
    dataset.BitsStored = allocated
    stored = np.asarray(dataset.pixel_array)
    dataset.BitsStored = bits
    if stored.ndim != 2 or not 1 <= bits <= high + 1 <= allocated or bits == allocated:
        return stored
    # Up against the sign and down again: the sign is kept, what lies beside goes.
    raised: np.ndarray = np.left_shift(stored, allocated - 1 - high)
    return np.right_shift(raised, allocated - bits)


def _luminance(path: Path, stored: np.ndarray, kind: str) -> np.ndarray:
    if stored.dtype != np.uint8 or stored.shape[2] != 3:
        raise ImageReadError(
            f"{path}: colour of {8 * stored.dtype.itemsize} bits with {stored.shape[2]} samples is "
            "not supported; export as grey"
        )
    # pydicom 3 gives RGB whatever the file holds, pydicom 2 what it holds.
    if kind.startswith("YBR") and not _gives_rgb():
        return np.ascontiguousarray(stored[..., 0])
    return cv2.cvtColor(stored, cv2.COLOR_RGB2GRAY)


def _gives_rgb() -> bool:
    import pydicom

    return int(pydicom.__version__.split(".")[0]) >= 3
