"""``--data-root`` on a public data set as published: converted first, into the work folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from argparse import Namespace
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.logging import print_log

from mmceph.cli import command_line
from mmceph.converters.command import convert
from mmceph.converters.formats import published_format
from mmceph.converters.problems import ConversionError
from mmceph.errors import MmcephError
from mmceph.formats.annotation_set import FOLDER, MANIFEST, REPORT, is_whole
from mmceph.io import write_json_atomic

_NOTE = "converted_from.json"


def usable_data_root(cfg: Config, data_root: str) -> str:
    """Give the folder the data sets can read: the given one, or its conversion.

    Only a folder that holds CL-Detection2023, Aariz or ISBI 2015 as it was published, and no
    annotations of ours, is converted. The images stay where they are; those that CL-Detection2023
    has in one stack are unpacked beside the annotations. An earlier conversion serves as long as it
    is of this folder and no file in it has changed since.

    Args:
        cfg: The config with its work_dir.
        data_root: What the user gave.

    Returns:
        ``data_root``, or WORK_DIR/data.

    Raises:
        MmcephError: Something in the folder is wrong; the message tells how to leave it out. Or
            WORK_DIR/data is there and no conversion of ours.
    """
    raw = Path(data_root)
    if (raw / "annotations").is_dir() or not raw.is_dir():
        return data_root
    name = published_format(raw)
    if name is None:
        return data_root
    out = Path(cfg.work_dir) / "data"
    tool = ["python", f"tools/dataset_converters/{name}.py", data_root, "--out"]
    by_hand = command_line([*tool, "DIR"])
    state = {"raw": str(raw.resolve()), "files": _fingerprint(raw)}
    if _noted(out) == state and (is_whole(out / FOLDER) or _is_whole_of_old(out / FOLDER)):
        print_log(f"{data_root}: read from its conversion in {out}", logger="current")
        return str(out)
    if not is_main_process():
        raise MmcephError(f"{data_root}: convert it first: {by_hand}")
    _make_room(out, state)
    print_log(f"{data_root}: {name} as published; converted to {out}", logger="current")
    write_json_atomic(out / _NOTE, state)
    try:
        # Forced: the folder is ours, and what a hand has changed in it is kept beside.
        again = command_line([*tool, out, "--force"])
        convert(name, Namespace(raw=raw, out=out, force=True, command=again))
    except ConversionError as error:
        raise MmcephError(f"{error}\n(or: {by_hand} --skip-bad, and --data-root DIR)") from error
    return str(out)


def _is_whole_of_old(annotations: Path) -> bool:
    """Whether a version without manifests finished a conversion: it wrote its report last."""
    return not (annotations / MANIFEST).exists() and (annotations / REPORT).is_file()


def _fingerprint(raw: Path) -> str:
    """Of the names, sizes and time stamps of all files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in raw.rglob("*") if path.is_file()):
        stat = path.stat()
        line = f"{path.relative_to(raw).as_posix()}|{stat.st_size}|{stat.st_mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _noted(out: Path) -> Any:
    """What the folder is a conversion of; None where that is not known."""
    try:
        return json.loads((out / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _make_room(out: Path, state: dict[str, str]) -> None:
    """Remove a conversion of something else, or of files that have changed; it is ours."""
    noted = _noted(out)
    if noted == state or not out.exists():
        return  # one that was stopped goes on
    if noted is None:
        raise MmcephError(
            f"{out}: is there and is no conversion of ours; give another --work-dir, or remove it"
        )
    why = "its files have changed" if noted.get("raw") == state["raw"] else "is another data set"
    print_log(
        f"{out}: the earlier conversion is replaced ({state['raw']}: {why})", logger="current"
    )
    shutil.rmtree(out)
