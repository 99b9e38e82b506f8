"""What is seen to before a training starts: its checkpoint, and what an earlier run left."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import get_dist_info
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import find_latest_checkpoint

from mmceph.engine.checkpoint import CheckpointError, load_checkpoint, misfits
from mmceph.engine.checkpoint_landmarks import require_landmarks
from mmceph.engine.overrides import adopts_base

_WRITTEN = ("epoch_*.pth", "iter_*.pth", "best_*.pth", "last_checkpoint")


def check_start(cfg: Config, *, trust: bool = False) -> dict[str, Any] | None:
    """Look at the checkpoint a run starts from.

    Args:
        cfg: The config with its work_dir.
        trust: Whether a checkpoint may hold more than tensors.

    Returns:
        What a run that goes on was saved as; None for one that starts anew.

    Raises:
        CheckpointError: The checkpoint is damaged or not one.
    """
    checkpoint = cfg.get("load_from")
    if cfg.get("resume") and checkpoint is None:
        checkpoint = _latest(cfg.work_dir)
    content = require_loadable(checkpoint, trust=trust)
    if cfg.get("resume") or adopts_base(cfg.model):
        require_landmarks(cfg, content)
    if content is None or not cfg.get("resume"):
        return None
    _say_if_finished(cfg, str(checkpoint), content)
    return content


def require_same_model(model: Any, content: dict[str, Any] | None) -> None:
    """Refuse to go on with a run of another model.

    Args:
        model: The model to be trained, as the runner holds it.
        content: What the run was saved as; None where there is none.

    Raises:
        CheckpointError: A weight is missing or has another shape.
    """
    if content is None:
        return
    wanted = (model.module if is_model_wrapper(model) else model).state_dict()
    wrong = misfits(content["state_dict"], wanted)
    if wrong:
        raise CheckpointError(
            f"--resume: the checkpoint is of another model: {len(wrong)} of {len(wanted)} weights "
            f"do not fit, {wrong[0]} for one; resume with the config it was trained with, or take "
            "what fits with --load-from"
        )


def require_loadable(checkpoint: str | None, *, trust: bool = False) -> dict[str, Any] | None:
    """Load a checkpoint, so that a damaged one is named; None for a URL or where there is none.

    Raises:
        CheckpointError: It is damaged or not a checkpoint.
    """
    if checkpoint is None or "://" in checkpoint:
        return None
    return load_checkpoint(checkpoint, trust=trust)


def _latest(work_dir: str) -> str | None:
    """The checkpoint that mmengine will resume, None where there is none."""
    if not Path(work_dir, "last_checkpoint").is_file():
        text = f"--resume: {work_dir} holds nothing to resume; the run starts from the beginning"
        print_log(text, "current", logging.WARNING)
        return None
    path = find_latest_checkpoint(work_dir)
    if path is None or not Path(path).is_file():
        raise CheckpointError(
            f"{Path(work_dir, 'last_checkpoint')}: names {path}, which is not there; name the "
            "checkpoint to go on with: --resume CKPT"
        )
    return path


def _say_if_finished(cfg: Config, checkpoint: str, content: dict[str, Any]) -> None:
    done = (content.get("meta") or {}).get("epoch")
    wanted = (cfg.get("train_cfg") or {}).get("max_epochs")
    if done is not None and wanted is not None and done >= wanted:
        print_log(
            f"{checkpoint}: is at epoch {done} of {wanted}, so there is nothing left to train; "
            "--epochs with a larger number goes on",
            "current",
            logging.WARNING,
        )


def set_aside(cfg: Config) -> str | None:
    """Move the weights of an earlier run out of the way of one that starts anew.

    It would replace them, and testing would not know whose the best are: they are moved to
    ``WORK_DIR/earlier_N``. Only what training writes is.

    Args:
        cfg: The config with its work_dir.

    Returns:
        ``load_from``, or where that file is now.
    """
    folder, start = Path(cfg.work_dir), cfg.get("load_from")
    earlier = [path for name in _WRITTEN for path in sorted(folder.glob(name))]
    rank, size = get_dist_info()
    if cfg.get("resume") or rank or not any(path.suffix == ".pth" for path in earlier):
        return start
    if size > 1:
        # The other processes may be reading these files already.
        text = f"{folder}: holds weights of an earlier run, which this one may replace"
        print_log(text, "current", logging.WARNING)
        return start
    number = 1
    while (target := folder / f"earlier_{number}").exists():
        number += 1
    target.mkdir()
    given = None if start is None else Path(start).resolve()
    for path in earlier:
        if path.resolve() == given:
            start = str(target / path.name)
        path.rename(target / path.name)
    print_log(f"{folder}: weights of an earlier run were moved to {target}", "current")
    return start
