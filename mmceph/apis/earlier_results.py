"""Which files in a folder without a record are results of an earlier version of mmceph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..converters.json_file import ALL_IMAGES, read_json, read_text
from ..errors import MmcephError
from ..io import Standing
from ..io.ours import files_in
from .corrections import BLOCK, untouched
from .stored import parse_stored, read_stored
from .table import FAILED, FAILED_COLUMNS, TABLE, table


def recognise_results(folder: Path) -> dict[str, Standing]:
    """Names of the files that prediction wrote, told by what is in them.

    A table or a labelme file that is not as it was written counts as changed by hand. Without one
    result that can be read, nothing is taken for ours but a list of failures that lies alone.
    """
    results: dict[str, Any] = {}
    for path in _json_files(folder / "json"):
        try:
            results[path.stem] = read_stored(path).content
        except MmcephError:
            continue
    found = {f"json/{name}.json": Standing.OURS for name in results}
    known = set(results)
    for path in _json_files(folder / "labelme"):
        try:
            parse_stored(read_json(path)[BLOCK], str(path))
        except (MmcephError, KeyError, TypeError):
            continue  # drawn by hand, or by another program
        known.add(path.stem)
        ours = Standing.OURS if untouched(path) else Standing.CHANGED
        found[f"labelme/{path.name}"] = ours
        if path.with_suffix(".png").is_file():
            found[f"labelme/{path.stem}.png"] = Standing.OURS
    if not found and files_in(folder) != [FAILED]:
        return {}
    for name in sorted(known):
        if (folder / "overlays" / f"{name}.png").is_file():
            found[f"overlays/{name}.png"] = Standing.OURS
    text = _text(folder / TABLE)
    if text.startswith("file,width,height,"):
        same = text.encode("utf-8") == table(list(results.values()))
        found[TABLE] = Standing.OURS if same else Standing.CHANGED
    if _text(folder / FAILED).startswith(",".join(FAILED_COLUMNS) + "\n"):
        found[FAILED] = Standing.CHANGED  # a user's own list may look the same
    return found


def _json_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix == ".json")


def _text(path: Path) -> str:
    try:
        return read_text(path, ALL_IMAGES)
    except MmcephError:
        return ""
