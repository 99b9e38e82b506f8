"""Weights of an earlier run, moved out of the way of the one that starts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from mmceph.errors import MmcephError
from mmceph.io import write_json_atomic

WRITTEN = ("epoch_*.pth", "iter_*.pth", "best_*.pth", "last_checkpoint")
"""What a training writes into its work folder beside logs, in patterns."""
_PLAN = ".being_moved.json"


def weights_in(folder: str | Path) -> list[Path]:
    """The files of an earlier run in a work folder; none where these are no weights."""
    found = [path for name in WRITTEN for path in sorted(Path(folder).glob(name))]
    return found if any(path.suffix == ".pth" for path in found) else []


def move_aside(folder: str | Path, files: Iterable[Path]) -> Path:
    """Move files of a folder to ``FOLDER/earlier_N``, all of them or, after a kill, at last.

    What is to be moved is written down first, and :func:`finish_moving` does what is left of it.

    Returns:
        The new folder.
    """
    folder = Path(folder)
    number = 1
    while (target := folder / f"earlier_{number}").exists() and list(target.iterdir()):
        number += 1
    target.mkdir(exist_ok=True)
    write_json_atomic(target / _PLAN, {"files": [path.name for path in files]})
    _move(folder, target)
    return target


def finish_moving(folder: str | Path) -> list[Path]:
    """Finish what a kill interrupted; the folders that the rest was moved to."""
    plans = sorted(Path(folder).glob(f"earlier_*/{_PLAN}"))
    for plan in plans:
        _move(Path(folder), plan.parent)
    return [plan.parent for plan in plans]


def moved_to(path: str | Path) -> list[Path]:
    """Where a file of this name lies that was moved aside, the newest first."""
    path = Path(path)
    found = path.parent.glob(f"earlier_*/{path.name}")
    return sorted(found, key=lambda other: (len(other.parent.name), other.parent.name))[::-1]


def _move(folder: Path, target: Path) -> None:
    plan = target / _PLAN
    try:
        names = json.loads(plan.read_text(encoding="utf-8"))["files"]
        names = [name for name in names if Path(name).name == name]  # none that leads elsewhere
    except (ValueError, KeyError, TypeError) as error:
        raise MmcephError(
            f"{plan}: tells which weights were being moved, and cannot be read; remove it"
        ) from error
    for name in names:
        if (folder / name).exists() and not (target / name).exists():
            (folder / name).rename(target / name)
    plan.unlink()
