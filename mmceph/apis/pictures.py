"""What there is to predict on: paths, folders, arrays, lists and generators of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import MmcephError
from ..imaging import CephImage, ImageReadError, read_image, to_8bit
from ..imaging.suffixes import is_picture
from ..io import OwnFolder, is_of_the_system, leads_out

RESULTS = "a prediction"
"""What the record of a folder calls the results of prediction."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture, not yet read.

    Attributes:
        name: How to call it: its path as given, or ``array_0001`` and so on.
        path: Its file; None for an array.
        array: (h, w), (h, w, 1) or (h, w, 3) BGR, uint8 or uint16; None for a file.
        listed_in: The folder that was given, where the file itself was not.
    """

    name: str
    path: Path | None = None
    array: np.ndarray | None = None
    listed_in: Path | None = None

    def read(self) -> CephImage:
        """The picture as one grey channel of 8 bits.

        Raises:
            ImageReadError: It cannot be read; the message names it.
        """
        if self.path is not None:
            folder = self.listed_in
            if folder is not None and self.path.exists() and leads_out(self.path, folder):
                raise ImageReadError(
                    f"{self.name}: is a link that leads out of {folder}; put the file "
                    "itself there, or name it as an input of its own"
                )
            return read_image(self.path)
        array = self.array
        if not isinstance(array, np.ndarray) or array.dtype not in (np.uint8, np.uint16):
            kind = getattr(array, "dtype", type(array).__name__)
            raise ImageReadError(f"{self.name}: is {kind}; give uint8 or uint16 grey values")
        if array.ndim == 3 and array.shape[2] == 3:
            grey = cv2.cvtColor(array, cv2.COLOR_BGR2GRAY)
        else:
            grey = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
        if grey.ndim != 2 or 0 in grey.shape:
            raise ImageReadError(
                f"{self.name}: shape {array.shape}; give (h, w), (h, w, 1) or (h, w, 3)"
            )
        bits = 8 * array.dtype.itemsize
        return CephImage(self.name, "array", to_8bit(np.ascontiguousarray(grey)), bits)


def pictures_of(inputs: Any, *, recursive: bool = False) -> Iterable[Picture]:
    """The pictures of a path, a folder, an array, or a list or generator of these.

    What a folder lists but does not hold any more, or never held (a link to nowhere), is a picture
    that cannot be read; a path given by itself must be there.

    Args:
        inputs: What to predict on.
        recursive: Also look into a folder's subfolders.

    Returns:
        A list, where ``inputs`` is no generator.

    Raises:
        MmcephError: A path is not there, a folder holds no picture, or the type is unknown.
    """
    if isinstance(inputs, (str, os.PathLike, np.ndarray)):
        return list(_expand([inputs], recursive))
    if isinstance(inputs, Sequence):
        return list(_expand(inputs, recursive))
    if isinstance(inputs, Iterable):
        return _expand(inputs, recursive)
    raise MmcephError(
        f"{type(inputs).__name__}: give a path, a folder, an array, or a list of these"
    )


def _expand(inputs: Iterable[Any], recursive: bool) -> Iterator[Picture]:
    arrays = 0
    for item in inputs:
        if isinstance(item, Picture):
            yield item
        elif isinstance(item, (str, os.PathLike)):
            path = Path(item)
            if path.is_dir():
                found, _ = pictures_in(path, recursive=recursive)
                if not found:
                    raise MmcephError(f"{path}: holds no picture")
                yield from (Picture(each.as_posix(), each, listed_in=path) for each in found)
            elif path.exists():
                yield Picture(path.as_posix(), path)
            else:
                raise MmcephError(f"{path}: no such file or folder")
        else:
            arrays += 1
            yield Picture(f"array_{arrays:04d}", None, item)


def pictures_in(
    folder: Path, *, recursive: bool = False, leave_out: Path | None = None
) -> tuple[list[Path], list[Path]]:
    """The pictures of a folder by their content or suffix, and the files that are none.

    A file with a picture's suffix and another content counts as a picture, so that it is reported.
    What is hidden or was left by a system (``._a.png``, ``Thumbs.db``) is passed over, and so are
    subfolders of results, whose overlays are no patients' pictures.

    Args:
        folder: The folder.
        recursive: Also its subfolders.
        leave_out: A subfolder not to look into: that of the results.
    """
    found: list[Path] = []
    others: list[Path] = []
    skipped = None if leave_out is None else leave_out.resolve()
    for root, folders, files in os.walk(folder):
        if recursive:  # links to folders are not followed
            others += [Path(root, name) for name in folders if Path(root, name).is_symlink()]
        folders[:] = sorted(
            name
            for name in folders
            if recursive
            and not is_of_the_system(name)
            and Path(root, name).resolve() != skipped
            and not OwnFolder(Path(root, name), RESULTS).owned()
        )
        for name in sorted(files):
            path = Path(root, name)
            if not is_of_the_system(name):
                (found if is_picture(path) else others).append(path)
    return found, others


def distinct_names(files: Sequence[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A short name for the results of each file, no two alike, also on Windows.

    The stem, or with as much as tells files of one stem apart: the suffix, or folders before it. A
    number is the last resort.

    Args:
        files: Paths with forward slashes, each once.
        taken: Names not to give.

    Example:
        >>> distinct_names(["a/1.png", "b/1.png", "b/2.png", "b/2.jpg"])
        {'a/1.png': 'a_1', 'b/1.png': 'b_1', 'b/2.png': '2_png', 'b/2.jpg': '2_jpg'}
    """
    used = {name.casefold() for name in taken}
    alike: dict[str, list[str]] = {}
    for file in files:
        alike.setdefault(Path(file).stem.casefold(), []).append(file)
    given: dict[str, str] = {}
    # Files whose stem is theirs alone come first, so that no other file's longer name takes it.
    for group in sorted(alike.values(), key=len):
        choices = {file: list(_choices(file)) for file in group}
        wanted = Counter(name.casefold() for names in choices.values() for name in names)
        for file, names in choices.items():
            own = [name for name in names if wanted[name.casefold()] == 1]
            free = [name for name in own if name.casefold() not in used]
            name, number = (free or names[-1:])[0], 1
            while name.casefold() in used:
                number += 1
                name = f"{names[-1]}_{number}"
            used.add(name.casefold())
            given[file] = name
    return {file: given[file] for file in files}


def _choices(file: str) -> Iterator[str]:
    path = Path(file)
    name, suffix = path.stem, path.suffix.lstrip(".").lower()
    folders = [part for part in path.parent.parts if part not in (path.anchor, "..", ".")]
    for folder in ("", *reversed(folders)):
        name = f"{folder}_{name}" if folder else name
        yield name
        if suffix:
            yield f"{name}_{suffix}"
