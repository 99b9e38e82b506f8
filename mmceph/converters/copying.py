"""Copying the images of a data set beside its annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmceph.io import write_bytes_atomic

from .problems import ConversionError


def copy_images(
    sources: Mapping[str, Path],
    out: Path,
    force: bool = False,
    progress: Callable[[Sequence[Any], str], Iterable[Any]] = lambda items, _text: items,
) -> dict[str, str]:
    """Copy images to ``OUT/images``; a copy that is there already and equal is kept.

    Args:
        sources: Image by present ``file_name``.
        out: The data root.
        force: Replace files of that name with other content.
        progress: Shows progress.

    Returns:
        New ``file_name`` (relative to the data root) by present one.

    Raises:
        ConversionError: Two images have one name, or another file of that name is there already
            and ``force`` is off.
    """
    taken: dict[str, Path] = {}
    for path in sources.values():
        other = taken.setdefault(path.name.casefold(), path)
        if other != path:
            raise ConversionError(f"{path}: {other} has the same name; rename one to copy both")
    originals = {path.resolve() for path in sources.values()}
    renamed = {}
    for file_name, path in progress(list(sources.items()), "Copying images"):
        target = out / "images" / path.name
        data = path.read_bytes()
        if not target.exists() or target.read_bytes() != data:
            if target.exists() and not force:
                raise ConversionError(
                    f"{target}: another file is there already; give --force to replace it"
                )
            if target.resolve() in originals:
                raise ConversionError(f"{target}: is an original itself; give another --out")
            write_bytes_atomic(target, data)
        renamed[file_name] = f"images/{path.name}"
    return renamed
