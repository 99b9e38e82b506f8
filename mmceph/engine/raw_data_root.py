"""``--data-root`` on a public data set as published: converted first, into the work folder."""

from __future__ import annotations

import hashlib
import json
import os
from argparse import Namespace
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

from mmceph.cli import command_line
from mmceph.converters.command import convert
from mmceph.converters.formats import published_format
from mmceph.converters.problems import ConversionError
from mmceph.engine.processes import process_rank
from mmceph.errors import MmcephError
from mmceph.formats.annotation_set import FOLDER, MANIFEST, REPORT, data_root, is_whole
from mmceph.io import list_files, write_json_atomic
from mmceph.io.ours import RECORD, files_in, set_aside

_NOTE = "converted_from.json"


def usable_data_root(cfg: Config, given: str) -> str:
    """Give the folder the data sets can read: the given one, or its conversion.

    Only a folder that holds CL-Detection2023, Aariz or ISBI 2015 as it was published, and no
    annotations of ours, is converted. The images stay where they are; those that CL-Detection2023
    has in one stack are unpacked beside the annotations. An earlier conversion serves as long as it
    is of this folder and no file in it has changed since. Of one that no longer serves the files
    that mmceph wrote are removed; a file that a hand has changed is kept as NAME.kept-1.

    Args:
        cfg: The config with its work_dir.
        given: The data root that the user gave.

    Returns:
        ``given``, or WORK_DIR/data.

    Raises:
        MmcephError: Something in the folder is wrong; the message tells how to leave it out. Or
            WORK_DIR/data is no conversion of ours, or has to do with the raw data themselves.
    """
    raw = Path(given)
    if (raw / "annotations").is_dir() or not raw.is_dir():
        return given
    name = published_format(raw)
    if name is None:
        return given
    out = Path(cfg.work_dir) / "data"
    tool = ["python", f"tools/dataset_converters/{name}.py", given, "--out"]
    by_hand = command_line([*tool, "DIR"])
    _require_apart(raw, out, by_hand)
    state = {"raw": str(raw.resolve()), "files": _fingerprint(raw)}
    if _noted(out) == state and (is_whole(out / FOLDER) or _is_whole_of_old(out / FOLDER)):
        print_log(f"{given}: read from its conversion in {out}", logger="current")
        return str(out)
    if process_rank(cfg.get("launcher", "none")) != 0:
        raise MmcephError(f"{given}: convert it first: {by_hand}")
    _make_room(out, state)
    print_log(f"{given}: {name} as published; converted to {out}", logger="current")
    write_json_atomic(out / _NOTE, state)
    try:
        # Forced: the folder is ours, and what a hand has changed in it is kept beside.
        again = command_line([*tool, out, "--force"])
        convert(name, Namespace(raw=raw, out=out, force=True, command=again))
    except ConversionError as error:
        raise MmcephError(f"{error}\n(or: {by_hand} --skip-bad, and --data-root DIR)") from error
    return str(out)


def _require_apart(raw: Path, out: Path, by_hand: str) -> None:
    """See that the conversion lies neither in the raw data nor around them: they are the user's."""
    inner, outer = raw.resolve(), out.resolve()
    for one, other in ((inner, outer), (outer, inner)):
        if any(_same(one, part) for part in (other, *other.parents)):
            raise MmcephError(
                f"{out}: is where the conversion of {raw} would be written, and one of the two "
                f"lies in the other; give a --work-dir elsewhere, or convert by hand: {by_hand}"
            )


def _same(one: Path, other: Path) -> bool:
    return one == other or (one.exists() and other.exists() and one.samefile(other))


def _is_whole_of_old(annotations: Path) -> bool:
    """Whether a version without manifests finished a conversion: it wrote its report last."""
    return not (annotations / MANIFEST).exists() and (annotations / REPORT).is_file()


def _fingerprint(raw: Path) -> str:
    """Of the names, sizes and time stamps of all files."""
    digest = hashlib.sha256()
    for path in list_files(raw, recursive=True):
        stat = path.stat()
        line = f"{path.relative_to(raw).as_posix()}|{stat.st_size}|{stat.st_mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _noted(out: Path) -> dict[str, Any] | None:
    """What the folder is a conversion of; None where it is none of ours."""
    try:
        noted = json.loads((out / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(noted, dict) and all(isinstance(noted.get(k), str) for k in ("raw", "files"))
    return noted if ours else None


def _make_room(out: Path, state: dict[str, str]) -> None:
    """Remove a conversion of something else, or of files that have changed: what is ours of it."""
    noted = _noted(out)
    # A kill may have left a draft of the note alone.
    empty = not os.path.lexists(out) or (out.is_dir() and not files_in(out))
    if noted == state or empty:
        return  # one that was stopped goes on
    if noted is None:
        raise MmcephError(
            f"{out}: is there and is no conversion of ours; give another --work-dir, or move it "
            "elsewhere"
        )
    why = "its files have changed" if noted["raw"] == state["raw"] else "is another data set"
    text = f"{out}: the earlier conversion is replaced ({state['raw']}: {why})"
    if (out / RECORD).is_file():
        own = data_root(out)
        for name in own.owned():
            own.remove(name)
        text += "".join(f"; {kept} was changed by hand and is kept" for kept in own.kept)
    else:  # of an earlier version, which did not note what it wrote
        text += f" and kept as {set_aside(out)}"
    print_log(text, logger="current")
