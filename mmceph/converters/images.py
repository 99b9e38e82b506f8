"""The images of a raw data set: which are there, how large, which of them are the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .problems import ConversionError

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


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
        ConversionError: The file cannot be read or is no image OpenCV knows.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConversionError(f"cannot be read ({error.strerror})") from error
    if not data:
        raise ConversionError("is empty")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:  # for example more pixels than OpenCV allows
        raise ConversionError(f"cannot be decoded ({error.err})") from error
    if image is None:
        raise ConversionError("is no image that OpenCV can read")
    height, width = image.shape[:2]
    return ImageInfo(width, height, hashlib.blake2b(data, digest_size=16).hexdigest())


class ImageIndex:
    """Finds the image a label file speaks of among the images of one folder.

    Args:
        folder: Folder with the images; its subfolders are not searched.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
        )
        self._by_name = {path.name: path for path in self.paths}
        self._by_folded: dict[str, list[Path]] = {}
        self._by_stem: dict[str, list[Path]] = {}
        for path in self.paths:
            self._by_folded.setdefault(path.name.casefold(), []).append(path)
            self._by_stem.setdefault(path.stem.casefold(), []).append(path)

    def named(self, name: str) -> Path | None:
        """Return the image of that file name; case may differ where that leaves one only."""
        return self._by_name.get(name) or _only(self._by_folded.get(name.casefold(), ()))

    def with_stem(self, stem: str) -> list[Path]:
        """Return the images whose name without suffix is ``stem`` (case may differ)."""
        return self._by_stem.get(stem.casefold(), [])


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
