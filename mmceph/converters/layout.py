"""Finding the parts of a raw data set, however its folders were unpacked and spelt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from mmceph.io import is_of_the_system, list_files

from .problems import ConversionError


def require_folder(path: Path) -> None:
    """Make sure that a folder is there.

    Raises:
        ConversionError: It is not.
    """
    if not path.is_dir():
        raise ConversionError(f"{path}: no such folder")


def shown_name(path: Path, raw: Path) -> str:
    """Return how to call a file in messages: relative to the raw folder where it lies in it."""
    base = raw if raw.is_dir() else raw.parent
    try:
        return path.relative_to(base).as_posix()
    except ValueError:
        return path.as_posix()


def subfolder(folder: Path, *names: str) -> Path | None:
    """Return the subfolder of one of these names (case and blanks may differ), or None."""
    wanted = [_plain(name) for name in names]
    if not folder.is_dir():
        return None
    found = {_plain(p.name): p for p in subfolders(folder)}
    return next((found[name] for name in wanted if name in found), None)


def files_with(
    folder: Path, *suffixes: str, recursive: bool = False, leave_out: Iterable[Path] = ()
) -> list[Path]:
    """Return a folder's files with one of these suffixes; see :func:`mmceph.io.list_files`."""
    files = list_files(folder, recursive=recursive, leave_out=leave_out)
    return [path for path in files if path.suffix.lower() in suffixes]


def subfolders(folder: Path) -> list[Path]:
    """Return a folder's own subfolders in order, without those of the system."""
    found = [p for p in folder.iterdir() if not is_of_the_system(p.name) and p.is_dir()]
    return sorted(found)


def find_root(raw: Path, fits: Callable[[Path], bool]) -> Path | None:
    """Return ``raw`` or the one folder in it (two levels at most) that fits, or None.

    Archives often hold one folder with all the rest, and unpackers add another. Folders that may
    not be read are passed over.
    """
    level = [raw]
    for _ in range(3):
        found = [folder for folder in level if fits(folder)]
        if found:
            return found[0]
        inside = [path for folder in level for path in subfolders(folder)]
        level = [path for path in inside if os.access(path, os.R_OK | os.X_OK)]
    return None


def _plain(name: str) -> str:
    return "".join(name.casefold().replace("_", " ").split())
