"""The processes of a training: which one this is, and that no other training is in its folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.logging import print_log

from mmceph.engine.set_aside import finish_moving
from mmceph.io import folder_lock
from mmceph.io.atomic import DRAFT_PREFIX, DRAFT_SUFFIX

_RANK = {"pytorch": "RANK", "slurm": "SLURM_PROCID", "mpi": "OMPI_COMM_WORLD_RANK"}


def process_rank(launcher: str) -> int:
    """The number of this process among those of a job, before these have been connected.

    Args:
        launcher: The job's launcher, as ``--launcher`` names it.
    """
    rank = os.environ.get(_RANK.get(launcher, ""), "0")
    return int(rank) if rank.isdigit() else 0


@contextmanager
def sole_training(work_dir: str | Path, launcher: str = "none") -> Iterator[None]:
    """Keep every other training out of a work folder, and clear up after one that was killed.

    The first process of a job does it for all.

    Args:
        work_dir: The work folder.
        launcher: The job's launcher.

    Raises:
        FolderLockedError: Another training is at work there.
    """
    if process_rank(launcher) != 0:
        yield
        return
    with folder_lock(work_dir, "a training"):
        for folder in ("", "earlier_*/"):
            for draft in Path(work_dir).glob(f"{folder}{DRAFT_PREFIX}*{DRAFT_SUFFIX}"):
                draft.unlink()
        for target in finish_moving(work_dir):
            print_log(f"{target}: the rest of the weights of an earlier run is there now, too")
        yield
