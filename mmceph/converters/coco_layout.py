"""Where COCO files and their images lie, and which splits they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from mmceph.formats.annotation_set import REPORT

from .images import ImageIndex
from .json_file import brief
from .layout import files_with, require_folder, shown_name, subfolder
from .problems import ConversionError, Problems
from .split import SPLITS, named_split

_AUGMENTED = re.compile(r"(.+)\.rf\.[0-9A-Za-z]{6,}")


@dataclass(frozen=True)
class CocoPath:
    """A COCO file.

    Attributes:
        path: Where it lies.
        root: The folder its images' names start from.
        nested: It lies in a subfolder that is not ``annotations/``.
    """

    path: Path
    root: Path
    nested: bool = False

    @property
    def split(self) -> str | None:
        """The split that the file, or else its folder among others, is named after."""
        return named_split(self.path.stem) or (named_split(self.root.name) if self.nested else None)


def find_files(raw: Path, leave_out: Iterable[Path] = ()) -> list[CocoPath]:
    """Return the COCO files of a folder: in ``annotations/``, in it, or in subfolders as of splits.

    Args:
        raw: The folder, or one file.
        leave_out: Folders not to look into.

    Raises:
        ConversionError: There are none.
    """
    if raw.is_file():
        return [_place(raw, raw.parent)]
    require_folder(raw)
    folder = subfolder(raw, "annotations") or raw
    paths = [path for path in files_with(folder, ".json") if path.name != REPORT]
    own = [path for path in paths if path.stem in SPLITS]
    paths = sorted(own, key=lambda path: SPLITS.index(path.stem)) or paths
    if not paths:
        paths = files_with(raw, ".json", recursive=True, leave_out=leave_out)
    if not paths:
        raise ConversionError(f"{raw}: holds no COCO file (.json)")
    return [_place(path, raw) for path in paths]


def _place(path: Path, raw: Path) -> CocoPath:
    folder = path.parent
    root = folder.parent if folder.name.casefold() == "annotations" else folder
    return CocoPath(path, root, root != raw and root.is_relative_to(raw))


def splits_of(files: Iterable[CocoPath]) -> dict[Path, str]:
    """Return each file's split, where all are named after splits, and after more than one."""
    named = {file.path: file.split for file in files}
    found = {path: split for path, split in named.items() if split}
    return found if len(found) == len(named) and len(set(found.values())) > 1 else {}


def subject_of(stem: str) -> str | None:
    """Return what the versions of one image have in common, as Roboflow names these, or None.

    Example:
        >>> subject_of("004_png.rf.0a1b2c3d"), subject_of("004")
        ('004_png', None)
    """
    match = _AUGMENTED.fullmatch(stem)
    return match[1] if match else None


class ImageFinder:
    """Finds images below a root or the folder given, and nowhere else.

    Args:
        root: The folder that file names start from.
        images: A folder that the user named, to look into first.
        raw: The raw folder, for messages.
        leave_out: Folders not to look into.
        problems: Where links that lead out are noted.
    """

    def __init__(
        self,
        root: Path,
        images: Path | None,
        raw: Path,
        leave_out: Iterable[Path],
        problems: Problems,
    ) -> None:
        self.roots = [root] if images is None else [images, root]
        self.chosen = images is not None
        self._raw, self._leave_out, self._problems = raw, list(leave_out), problems
        self._index: ImageIndex | None = None

    @property
    def index(self) -> ImageIndex:
        """The images of the first folder; listed when one is not where its name says."""
        if self._index is None:
            self._index = ImageIndex(self.roots[0], recursive=True, leave_out=self._leave_out)
            self._index.note_links(self._raw, self._problems)
        return self._index

    def find(self, written: Any) -> Path:
        """Return the image of a written ``file_name``.

        Raises:
            ConversionError: It is no name, there is no such image, or several fit.
        """
        if not isinstance(written, str) or not written or "\0" in written:
            raise ConversionError(f"file_name is {brief(written)}, not the name of an image")
        outside = False
        for root in self.roots:
            try:
                path = (root / written.replace("\\", "/")).resolve()
                inside = path.is_relative_to(root.resolve())
                if inside and path.is_file():
                    return path
            except (OSError, ValueError, RuntimeError):  # a name that no file can have
                inside = True
            outside = outside or not inside
        return self._elsewhere(written, outside)

    def _elsewhere(self, written: str, outside: bool) -> Path:
        depth, found = self.index.like(written)
        if len(found) > 1:
            fitting = " and ".join(shown_name(path, self._raw) for path in found[:3])
            raise ConversionError(
                f"file_name {brief(written)} fits {fitting}; write the folder into file_name, or "
                "name the right one with --images DIR"
            )
        bare = len(PureWindowsPath(written).parts) == 1
        # The name alone may be another's: the folder that was meant has no such image.
        if found and (depth > 1 or bare or outside or self.chosen):
            return found[0].resolve()
        where = f"points outside {self.roots[-1]}" if outside else f"is not in {self.roots[0]}"
        if found:
            where += f", and {shown_name(found[0], self._raw)} lies in another folder"
        raise ConversionError(f"file_name {brief(written)} {where}; give --images DIR with it")
