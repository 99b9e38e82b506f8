"""Which files are pictures: the one list that converters, loaders and prediction share."""

from __future__ import annotations

from pathlib import Path

from .header import find_format

DICOM_SUFFIXES = frozenset({".dcm", ".dicom", ".ima"})
IMAGE_SUFFIXES = DICOM_SUFFIXES | {
    ".bmp",
    ".jfif",
    ".jpe",
    ".jpeg",
    ".jpg",
    ".png",
    ".tif",
    ".tiff",
    ".webp",
}
_START = 132


def is_picture(path: Path) -> bool:
    """Whether a file is a picture by its suffix, or else by its first bytes.

    DICOM files often have no suffix. One with a picture's suffix and other content counts too, so
    that whoever reads it says what is wrong with it; a DICOMDIR, which lists pictures, is none.
    """
    if path.name.upper() == "DICOMDIR":
        return False
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return True
    try:
        if not path.is_file():  # a pipe would wait for ever
            return False
        with path.open("rb") as stream:
            return find_format(stream.read(_START)) is not None
    except OSError:
        return False
