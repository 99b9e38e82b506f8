"""Copying the images of a data set beside its annotations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmceph.io import name_key

from .own_pictures import OwnPictures
from .problems import ConversionError


def copy_images(
    sources: Mapping[str, Path],
    pictures: OwnPictures,
    progress: Callable[[Sequence[Any], str], Iterable[Any]] = lambda items, _text: items,
) -> dict[str, str]:
    """Copy images to ``OUT/images``; a copy that is there already and equal is kept.

    Where two images have one name, the copies keep the folders that tell them apart.

    Args:
        sources: Image by present ``file_name``.
        pictures: Writes them to the data root; see :meth:`OwnPictures.put` for what it raises.
        progress: Shows progress.

    Returns:
        New ``file_name`` (relative to the data root) by present one.

    Raises:
        ConversionError: Two images have names that are one on some systems.
    """
    names = _names(list(sources.values()))
    renamed = {}
    for file_name, path in progress(list(sources.items()), "Copying images"):
        renamed[file_name] = f"images/{names[path]}"
        pictures.put_bytes(renamed[file_name], path.read_bytes())
    return renamed


def _names(paths: Sequence[Path]) -> dict[Path, str]:
    """Where each copy shall lie: under its name, or with the folders that differ."""
    if len({name_key(path.name) for path in paths}) == len(set(paths)):
        return {path: path.name for path in paths}
    try:
        base = os.path.commonpath([os.path.abspath(path.parent) for path in paths])
        names = {path: Path(os.path.relpath(path, base)).as_posix() for path in paths}
    except ValueError:  # on two drives of Windows
        names = {path: path.name for path in paths}
    seen: dict[str, Path] = {}
    for path, name in names.items():
        other = seen.setdefault(name_key(name), path)
        if other != path:
            raise ConversionError(f"{path}: {other} has the same name; rename one to copy both")
    return names
