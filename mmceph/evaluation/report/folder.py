"""The folder of a report: written at one stroke, by one process at a time, never read halfway."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from ...io import Standing
from ...io.lock import file_lock, holds
from ...io.ours import OwnFolder, files_in
from ...io.swap import heal, real_folder, remove_leftovers, replace_files, require_replaceable

REPORT = "a report"
"""What the record of a folder calls the files of a report."""
FILES = (
    "report.json",
    "per_landmark.csv",
    "predictions.json",
    "report.md",
    "index.html",
    "ruler.json",
)
_TRIES = 5
_Read = TypeVar("_Read")


def require_report_folder(out: str | Path) -> None:
    """See, before the work, that a report can be written there.

    Raises:
        OwnershipError: The folder holds files of others, or one that is called as a report's.
        MmcephError: The folder cannot be replaced at one stroke.
        OSError: Nothing can be written beside it.
    """
    heal(out)
    own = OwnFolder(real_folder(out), REPORT, recognise_report)
    own.require_ours()
    own.require_free(FILES)
    require_replaceable(out)


@contextlib.contextmanager
def locked_report(out: str | Path) -> Iterator[None]:
    """Keep other processes from reporting to the same folder; see first that one can.

    Raises:
        FolderLockedError: Another process is at work there.
        MmcephError, OSError: As for :func:`require_report_folder`.
    """
    require_report_folder(out)
    # Beside the folder, which will be another one afterwards.
    with file_lock(_lock_of(out), Path(out), REPORT):
        remove_leftovers(out, REPORT)
        yield


def write_report_files(out: str | Path, contents: Mapping[str, bytes]) -> None:
    """Put a report in the place of the one in a folder; say so where that one is kept.

    Args:
        out: The folder.
        contents: The report's files by their path from the folder.

    Raises:
        MmcephError, OSError: As for :func:`mmceph.io.swap.replace_files`.
    """
    held = contextlib.nullcontext() if holds(_lock_of(out)) else locked_report(out)
    with held:
        kept = replace_files(out, contents, REPORT, recognise_report)
    if kept is not None:
        print(
            f"{out}: holds the new report; the old one, which was changed since mmceph wrote it or "
            f"is of an earlier version, is kept in {kept.name} beside it"
        )


def read_whole(folder: str | Path, read: Callable[[], _Read]) -> _Read:
    """Read several files of a report such that they are of one and the same.

    Args:
        folder: The report's folder.
        read: Reads them.
    """
    for _ in range(_TRIES - 1):
        heal(folder)
        before = _identity(folder)
        try:
            found = read()
        except ValueError:
            if _identity(folder) == before:
                raise
        else:
            if _identity(folder) == before:
                return found
    return read()


def recognise_report(folder: Path) -> dict[str, Standing]:
    """Names of the files of a report that an earlier version wrote; whether they changed is not
    known.

    A work folder with checkpoints, which a report was written to as well, is not taken for one.
    """
    names = files_in(folder)
    if "last_checkpoint" in names or any("/" not in n and n.endswith(".pth") for n in names):
        return {}
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        ours = report["schema"] == 1 and isinstance(report["landmarks"], dict)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    if not ours:
        return {}
    plots = [name for name in names if name.startswith("plots/") and name.endswith(".png")]
    return {name: Standing.CHANGED for name in (*FILES, *plots) if name in names}


def _lock_of(out: str | Path) -> Path:
    folder = real_folder(out)
    return folder.with_name(f".{folder.name[:80]}.mmceph.lock")


def _identity(folder: str | Path) -> tuple[int, int] | None:
    try:
        stat = os.stat(folder)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
