"""What is seen to before a training starts: its checkpoint, and what an earlier run left."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import barrier, broadcast_object_list, is_main_process
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper

from mmceph.engine.checkpoint import CheckpointError, load_checkpoint, misfits
from mmceph.engine.checkpoint_landmarks import require_landmarks
from mmceph.engine.newest import POINTER, load_whole, newest_whole, number_of, pointed_at
from mmceph.engine.overrides import adopts_base
from mmceph.engine.set_aside import move_aside, weights_in


@dataclass(frozen=True)
class Start:
    """Where a run starts.

    Attributes:
        path: Its checkpoint, or the address of one; None where it starts from nothing.
        resumes: Whether it goes on with the run that saved it.
        named: Whether the user named it.
        content: What the checkpoint of a resumed run holds.
    """

    path: str | None = None
    resumes: bool = False
    named: bool = False
    content: dict[str, Any] = field(default_factory=dict)


def check_start(cfg: Config, *, trust: bool = False) -> Start:
    """Look at the checkpoint a run starts from.

    A run that goes on keeps its seed, which is put into the config.

    Args:
        cfg: The config with its work_dir.
        trust: Whether a checkpoint may hold more than tensors.

    Raises:
        CheckpointError: The checkpoint is damaged or not one, or holds weights alone and cannot be
            gone on from.
    """
    named = cfg.get("load_from")
    if not cfg.get("resume"):
        given = require_loadable(named, trust=trust)
        if adopts_base(cfg.get("model") or {}):
            require_landmarks(cfg, given)
        return Start(named, named=named is not None)
    if named is None:
        found = newest_whole(cfg.work_dir, *_places(cfg), trust=trust)
        if found is None:
            print_log(
                f"--resume: {cfg.work_dir} holds nothing to resume; the run starts from the "
                "beginning",
                "current",
                logging.WARNING,
            )
            return Start()
        path, content = str(found[0]), found[1]
    elif "://" in named:
        return Start(named, resumes=True, named=True)
    else:
        path, content = named, load_whole(named, trust=trust)
    require_landmarks(cfg, content)
    _require_run(cfg, path, content)
    _say_if_finished(cfg, path, content)
    _keep_seed(cfg, path, content["meta"])
    return Start(path, resumes=True, named=named is not None, content=content)


def require_same_model(model: Any, content: Mapping[str, Any]) -> None:
    """Refuse to go on with a run of another model.

    Args:
        model: The model to be trained, as the runner holds it.
        content: What the checkpoint of a resumed run holds; empty where there is none.

    Raises:
        CheckpointError: A weight is missing or has another shape.
    """
    if not content:
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


def _places(cfg: Config) -> tuple[str | None, str]:
    """Where the config has its checkpoints saved besides the work folder, and under what names."""
    hook = (cfg.get("default_hooks") or {}).get("checkpoint") or {}
    by_epoch = "epoch_{}.pth" if hook.get("by_epoch", True) else "iter_{}.pth"
    return hook.get("out_dir"), hook.get("filename_tmpl") or by_epoch


def _require_run(cfg: Config, path: str, content: dict[str, Any]) -> None:
    """See that a checkpoint holds more of a run than its weights."""
    missing = [name for name in ("meta", "message_hub") if name not in content]
    hook = (cfg.get("default_hooks") or {}).get("checkpoint") or {}
    if not missing and "optimizer" not in content and not hook.get("save_optimizer", True):
        print_log(
            f"--resume: {path}: was saved without the optimizer's state, as the config's "
            "save_optimizer=False says; the optimizer starts anew",
            "current",
            logging.WARNING,
        )
    elif missing or "optimizer" not in content:
        raise CheckpointError(
            f"--resume: {path}: holds weights, and nothing of the run that it could go on with (no "
            "optimizer, as in best_*.pth); go on from epoch_N.pth, or start a new run from these "
            f"weights: --load-from {path}"
        )


def _keep_seed(cfg: Config, path: str, meta: Mapping[str, Any]) -> None:
    """Build the run with the seed it had: the order of the pictures hangs on it from the start."""
    seed = meta.get("seed")
    settings = dict(cfg.get("randomness") or {})
    if not isinstance(seed, int) or settings.get("seed") == seed:
        return
    if settings.get("seed") is not None:
        print_log(
            f"--resume: the run goes on with its seed, {seed} ({path}), not with "
            f"{settings['seed']}",
            "current",
            logging.WARNING,
        )
    cfg.randomness = {**settings, "seed": seed}


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


def clear_way(cfg: Config, start: Start) -> str | None:
    """Move what another run left in the work folder out of the way: to ``WORK_DIR/earlier_N``.

    It would be replaced, and testing would not know whose the best weights are. A run that goes on
    from a checkpoint of this folder that was named leaves those behind it that are newer.

    Of several processes the first one moves them, once all have looked at the start.

    Args:
        cfg: The config with its work_dir.
        start: Where the run starts.

    Returns:
        ``start.path``, or where that file is now.
    """
    barrier()
    path = [_move_away(cfg, start) if is_main_process() else None]
    broadcast_object_list(path)
    return path[0]


def _move_away(cfg: Config, start: Start) -> str | None:
    folder = Path(cfg.work_dir)
    earlier = _in_the_way(cfg, start)
    if not earlier:
        return start.path
    given = None if start.path is None or "://" in start.path else Path(start.path).resolve()
    inside = [path.name for path in earlier if path.resolve() == given]
    target = move_aside(folder, earlier)
    print_log(f"{folder}: weights of an earlier run were moved to {target}", "current")
    return str(target / inside[0]) if inside else start.path


def _in_the_way(cfg: Config, start: Start) -> list[Path]:
    """Files of a work folder that are of no use to the run that starts."""
    found = weights_in(cfg.work_dir)
    if not start.resumes or start.path is None:
        return found
    path, (out_dir, template) = Path(start.path), _places(cfg)
    if not start.named or out_dir is not None:
        return []
    if not path.is_file() or not path.parent.samefile(cfg.work_dir):
        return found
    number = number_of(path.name, template)
    if number is None:
        return []
    later = [
        other
        for other in found
        for its in (number_of(other.name, template), number_of(other.name, template, "best_.*_"))
        if its is not None and its > number
    ]
    pointed = pointed_at(cfg.work_dir)
    away = pointed is not None and pointed.name in [other.name for other in later]
    return [*later, *([Path(cfg.work_dir, POINTER)] if away else [])]
