"""The images of a raw data set: which are there, how large, which of them are the same."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mmceph.imaging.ceph_image import ImageReadError
from mmceph.imaging.header import find_format, pixel_limit, read_header, require_size
from mmceph.imaging.whole import is_cut_short

from .problems import ConversionError

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

MAX_FILE_BYTES = 1024 * 2**20
_FORMATS = frozenset({"BMP", "JPEG", "PNG", "TIFF", "WEBP"})


@dataclass(frozen=True)
class ImageInfo:
    """Size of an image in px as training will see it, and a digest of the file's bytes."""

    width: int
    height: int
    digest: str


def read_image_info(path: Path) -> ImageInfo:
    """Decode an image and return its size.

    It is decoded the way the data pipeline does (an EXIF orientation is applied), because a header
    may be whole where the pixels are not. Reading goes through Python, since OpenCV cannot open
    names outside the code page on Windows.

    Raises:
        ConversionError: The file cannot be read, is too large or is no image OpenCV knows.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConversionError(f"is larger than {MAX_FILE_BYTES // 2**20} MB; no radiograph is")
        data = path.read_bytes()
    except OSError as error:
        raise ConversionError(f"cannot be read ({error.strerror})") from error
    if not data:
        raise ConversionError("is empty")
    format = find_format(data)
    if format not in _FORMATS:
        raise ConversionError("is no image that OpenCV can read")
    if is_cut_short(format, data):
        raise ConversionError("is cut short or damaged; get the file again")
    _require_size(path, format, data)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:  # for example more pixels than OpenCV allows
        raise ConversionError(f"cannot be decoded ({error.err})") from error
    if image is None:
        raise ConversionError("is no image that OpenCV can read")
    height, width = image.shape[:2]
    return ImageInfo(width, height, hashlib.blake2b(data, digest_size=16).hexdigest())


def _require_size(path: Path, format: str, data: bytes) -> None:
    """Refuse what claims more pixels than memory holds: a few bytes of a crafted file can."""
    try:
        stated = read_header(str(path), format, io.BytesIO(data))
        require_size(str(path), stated.width, stated.height, pixel_limit())
    except ImageReadError as error:  # whoever reports it names the file
        raise ConversionError(str(error).removeprefix(f"{path}: ")) from error


class ImageIndex:
    """Finds the image a label file speaks of among the images of a folder.

    Args:
        folder: Folder with the images.
        recursive: Search its subfolders too (links are not followed).
    """

    def __init__(self, folder: Path, recursive: bool = False) -> None:
        self.folder = folder
        self.paths = sorted(path for path in _files(folder, recursive) if _is_image(path))
        self._by_name: dict[str, list[Path]] = {}
        self._by_folded: dict[str, list[Path]] = {}
        self._by_stem: dict[str, list[Path]] = {}
        for path in self.paths:
            self._by_name.setdefault(path.name, []).append(path)
            self._by_folded.setdefault(path.name.casefold(), []).append(path)
            self._by_stem.setdefault(path.stem.casefold(), []).append(path)

    def named(self, name: str) -> Path | None:
        """Return the image of that file name; case may differ where that leaves one only."""
        return _only(self._by_name.get(name, ())) or _only(self.all_named(name))

    def all_named(self, name: str) -> list[Path]:
        """Return the images of that file name (case may differ); several in several folders."""
        return self._by_folded.get(name.casefold(), [])

    def with_stem(self, stem: str) -> list[Path]:
        """Return the images whose name without suffix is ``stem`` (case may differ)."""
        return self._by_stem.get(stem.casefold(), [])


def _files(folder: Path, recursive: bool) -> Iterable[Path]:
    if not recursive:
        return folder.iterdir()
    return (Path(root, name) for root, _, names in os.walk(folder) for name in names)


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def _only(paths: Iterable[Path]) -> Path | None:
    found = list(paths)
    return found[0] if len(found) == 1 else None


def relative_file_name(image: Path, root: Path) -> str:
    """Return ``image`` relative to the data root, with forward slashes.

    Only where no relative path exists (another drive on Windows) the path is absolute.
    """
    try:
        return Path(os.path.relpath(image.resolve(), root.resolve())).as_posix()
    except ValueError:
        return image.resolve().as_posix()
