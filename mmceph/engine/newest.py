"""Which checkpoint a stopped run goes on from: the newest whole one."""

from __future__ import annotations

import locale
import logging
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.logging import print_log

from mmceph.engine.checkpoint import CheckpointError, load_checkpoint

POINTER = "last_checkpoint"
"""The file of a work folder that holds the path of the newest checkpoint."""
TEMPLATES = ("epoch_{}.pth", "iter_{}.pth")


def newest_whole(
    work_dir: str | Path,
    out_dir: str | Path | None = None,
    template: str | None = None,
    *,
    trust: bool = False,
) -> tuple[Path, dict[str, Any]] | None:
    """The newest checkpoint of a run that was completely written and is as it was written.

    Args:
        work_dir: The run's work folder.
        out_dir: ``CheckpointHook.out_dir``, where it is set.
        template: ``CheckpointHook.filename_tmpl``; mmengine's two if left out.
        trust: Whether a checkpoint may hold more than tensors.

    Returns:
        The checkpoint and what it holds; None where the run has saved none. What is newer and was
        passed over is logged.

    Raises:
        CheckpointError: There are checkpoints, and none can be gone on from.
    """
    work_dir = Path(work_dir)
    pointed = pointed_at(work_dir)
    wrong = []
    for path in _candidates(work_dir, out_dir, template, pointed):
        try:
            content = load_whole(path, trust=trust)
        except CheckpointError as error:
            wrong.append(error)
            continue
        for reason in wrong:
            print_log(f"--resume: passed over: {reason}", "current", logging.WARNING)
        return path, content
    if wrong:
        raise CheckpointError(
            f"{work_dir}: --resume has nothing to go on from. {'; '.join(map(str, wrong))}. To "
            "start anew from weights, name them: --load-from CKPT"
        )
    if pointed is not None:
        raise CheckpointError(
            f"{work_dir / POINTER}: names {pointed}, which is not there; name the checkpoint to go "
            "on with: --resume CKPT"
        )
    return None


def load_whole(path: str | Path, *, trust: bool = False) -> dict[str, Any]:
    """Load a checkpoint that is as it was written: torch itself does not compare the checksums.

    Raises:
        CheckpointError: It is missing, damaged or cannot be loaded.
    """
    path = Path(path)
    head = b""
    if path.is_file():
        with path.open("rb") as stream:
            head = stream.read(2)
        if not head:
            raise CheckpointError(f"{path}: damaged (it is empty)")
    if head == b"PK":  # the form before torch 1.6 was another
        try:
            with zipfile.ZipFile(path) as archive:
                bad = archive.testzip()
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise CheckpointError(f"{path}: damaged or not a checkpoint ({error})") from error
        if bad is not None:
            raise CheckpointError(f"{path}: damaged ({bad} is not what was written)")
    return load_checkpoint(path, trust=trust)


def pointed_at(work_dir: str | Path) -> Path | None:
    """The checkpoint that a work folder's ``last_checkpoint`` names, whether or not it is there."""
    path = Path(work_dir, POINTER)
    if not path.is_file():
        return None
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:  # mmengine's own hook writes in the system's code page
        text = data.decode(locale.getpreferredencoding(False), errors="replace")
    text = text.strip()
    return Path(text) if text else None


def checkpoints_in(folder: str | Path, template: str | None = None) -> list[Path]:
    """The numbered checkpoints of a folder, the newest first."""
    found = [(number_of(path.name, template), path) for path in Path(folder).iterdir()]
    numbered = [(number, path) for number, path in found if number is not None]
    return [path for _, path in sorted(numbered, key=lambda item: item[0], reverse=True)]


def number_of(name: str, template: str | None = None, before: str = "") -> int | None:
    """The epoch or step in a checkpoint's name; None where the name is of another form.

    Args:
        name: The file's name.
        template: ``CheckpointHook.filename_tmpl``; mmengine's two if left out.
        before: A pattern of what is in front of it.

    Example:
        >>> number_of("epoch_12.pth"), number_of("best_ceph_MRE_epoch_3.pth", before="best_.*_")
        (12, 3)
    """
    for form in TEMPLATES if template is None else (template,):
        start, _, end = form.partition("{}")
        match = re.fullmatch(f"{before}{re.escape(start)}(\\d+){re.escape(end)}", name)
        if match:
            return int(match[1])
    return None


def folders_of(work_dir: Path, out_dir: str | Path | None) -> list[Path]:
    """Where the checkpoints of a run are: ``CheckpointHook.out_dir`` gets a folder for each."""
    if out_dir is None or Path(out_dir) == work_dir:
        return [work_dir]
    return [Path(out_dir, work_dir.name), work_dir]


def _candidates(
    work_dir: Path, out_dir: str | Path | None, template: str | None, pointed: Path | None
) -> Iterator[Path]:
    folders = [work_dir]
    if out_dir is not None and Path(out_dir) != work_dir:
        folders.insert(0, Path(out_dir, work_dir.name))
    numbered = [
        path for folder in folders if folder.is_dir() for path in checkpoints_in(folder, template)
    ]
    # It may name a file of another form or place. Where it names one of these, what is newer than
    # it was whole before it could be named.
    if pointed is not None and pointed.is_file() and not _is_one_of(pointed, numbered):
        yield pointed
    yield from numbered


def _is_one_of(path: Path, others: list[Path]) -> bool:
    return any(path.samefile(other) for other in others)
