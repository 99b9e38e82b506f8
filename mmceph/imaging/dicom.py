"""DICOM files, by way of pydicom (the extra ``dicom``)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .ceph_image import CephImage, ImageReadError
from .dicom_grey import display_values
from .dicom_spacing import stated_pixel_sizes
from .header import require_size

_MISSING = "reading DICOM needs pydicom: pip install pydicom (or mmceph[dicom])"
_PLUGINS = "pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"
_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")


def read_dicom(
    path: Path, limit: int, window: tuple[float, float] | None, eight_bit: bool
) -> CephImage:
    """Read a single-frame DICOM file the way a viewer shows it.

    The modality transform is applied, then the VOI table or window (its first), or the percentile
    window where the file has none; MONOCHROME1 is inverted.

    Args:
        path: The file.
        limit: Most pixels that are decoded.
        window: Percentiles for a file without a window of its own; None for all it holds.
        eight_bit: Give uint8 instead of uint16.

    Raises:
        ImageReadError: pydicom or a decompression plugin is missing, or the file is damaged, has
            several frames, or is no grey or RGB picture.
    """
    with _named_errors(path):
        dataset = _dataset(path, pixels=True)
        width, height = _size(path, dataset)
        require_size(str(path), width, height, limit)
        kind = str(dataset.get("PhotometricInterpretation", ""))
        if kind not in _GREY + _COLOUR:
            raise ImageReadError(f"{path}: {kind or 'no'} pixels are not supported; export as grey")
        stored = _stored_pixels(path, dataset)
        if stored.ndim == 3:
            pixels = _luminance(stored, kind)
        else:
            pixels = display_values(dataset, stored, window, 255 if eight_bit else 65535)
        if pixels.shape != (height, width):
            raise ImageReadError(f"{path}: header and data differ in size; the file is damaged")
        bits = int(dataset.get("BitsStored", 8))
        return CephImage(str(path), "DICOM", pixels, bits, stated_pixel_sizes(dataset))


def read_size(path: Path) -> tuple[int, int]:
    """Width and height in px from the header.

    Raises:
        ImageReadError: As for :func:`read_dicom`.
    """
    with _named_errors(path):
        return _size(path, _dataset(path, pixels=False))


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


def _dataset(path: Path, pixels: bool) -> Any:
    try:
        import pydicom
    except ImportError as error:
        raise ImageReadError(f"{path}: {_MISSING}") from error
    dataset = pydicom.dcmread(path, force=True, stop_before_pixels=not pixels)
    if "Rows" not in dataset or "Columns" not in dataset:
        raise ImageReadError(f"{path}: DICOM file without a picture")
    return dataset


def _size(path: Path, dataset: Any) -> tuple[int, int]:
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise ImageReadError(f"{path}: holds {frames} frames; export the one lateral cephalogram")
    return int(dataset.Columns), int(dataset.Rows)


def _stored_pixels(path: Path, dataset: Any) -> np.ndarray:
    try:
        return np.asarray(dataset.pixel_array)
    # A plugin that is missing shows in several ways, too.
    except Exception as error:
        syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
        if syntax is None or not getattr(syntax, "is_compressed", False):
            raise
        raise ImageReadError(
            f"{path}: cannot decode {syntax.name}; where no plugin for it is installed: "
            f"{_PLUGINS} ({_first_line(error)})"
        ) from error


def _luminance(stored: np.ndarray, kind: str) -> np.ndarray:
    if stored.dtype != np.uint8 or stored.shape[2] != 3:
        raise ValueError(f"{stored.dtype} with {stored.shape[2]} samples is not 8-bit colour")
    # pydicom 3 gives RGB whatever the file holds, pydicom 2 what it holds.
    if kind.startswith("YBR") and not _gives_rgb():
        return np.ascontiguousarray(stored[..., 0])
    return cv2.cvtColor(stored, cv2.COLOR_RGB2GRAY)


def _gives_rgb() -> bool:
    import pydicom

    return int(pydicom.__version__.split(".")[0]) >= 3
