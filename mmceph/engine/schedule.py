"""How long a config trains, and how its learning rate warms up and falls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from mmceph.engine.overrides import ConfigError


def set_epochs(cfg: Config, epochs: int, *, shorten_warmup: bool = True) -> None:
    """Train for ``epochs`` epochs; schedules that ended with the training still do.

    Args:
        cfg: The config, changed in place.
        epochs: Number of epochs.
        shorten_warmup: Shorten a warm-up as long as the training in proportion, or take it out
            where less than an epoch of it would be left. False where the warm-up is set next.
    """
    if epochs < 1:
        raise ConfigError(f"--epochs {epochs}: must be at least 1")
    old = cfg.train_cfg.get("max_epochs")
    warmup = _warmup(cfg) or {}
    warmed_up = (warmup.get("end") or 0) if warmup.get("by_epoch", True) else 0
    cfg.train_cfg["max_epochs"] = epochs
    for scheduler in _schedulers(cfg):
        if scheduler.get("end") == old:
            scheduler["end"] = epochs
            if "T_max" in scheduler:
                scheduler["T_max"] = max(epochs - scheduler.get("begin", 0), 1)
    if shorten_warmup and old and epochs <= warmed_up < old:
        # A warm-up as long as the training would be all there is of it.
        share = warmed_up * epochs / old
        set_warmup_epochs(cfg, share if share >= 1 else 0)


def set_warmup_epochs(cfg: Config, epochs: float) -> None:
    """Warm up for ``epochs`` epochs, 0 for none; what followed the old warm-up follows the new.

    Raises:
        ConfigError: There is no warm-up to set, or it would not end before the training.
    """
    total = cfg.train_cfg.get("max_epochs") or math.inf
    if not 0 <= epochs < total:
        raise ConfigError(
            f"--warmup-epochs {epochs:g}: must be at least 0 (no warm-up) and less than the "
            f"training's {total:g} epochs"
        )
    schedulers = _schedulers(cfg)
    warmup = _warmup(cfg)
    if warmup is None and epochs == 0:
        return
    if warmup is None:
        raise ConfigError(
            f"--warmup-epochs {epochs:g}: the config's param_scheduler has no LinearLR that "
            "rises; add one there, or leave the flag out"
        )
    old = warmup.get("end")
    warmup.update(end=epochs, convert_to_iter_based=True)
    warmup.pop("by_epoch", None)  # MMPose's configs warm up for a number of steps
    for scheduler in schedulers:
        if scheduler is not warmup and scheduler.get("begin") == old:
            scheduler["begin"] = epochs
            if "T_max" in scheduler and scheduler.get("end") is not None:
                scheduler["T_max"] = max(scheduler["end"] - epochs, 1)
    if epochs == 0:
        cfg.param_scheduler = [s for s in schedulers if s is not warmup]


def leave_out_short_warmups(runner: Runner) -> None:
    """Take warm-ups of fewer than two steps out of a runner that is about to train.

    How many steps an epoch has is known only once the data are read. mmengine refuses a warm-up
    without a step, and after one of a single step the rate would stay at its small first value
    for the whole training, since LinearLR reaches its end with the second step.
    """
    schedulers = runner.param_schedulers
    if not isinstance(schedulers, Sequence) or not any(map(_is_warmup, schedulers)):
        return
    length = len(runner.train_dataloader)
    kept = []
    for scheduler in schedulers:
        steps = _steps(scheduler, length) if _is_warmup(scheduler) else math.inf
        if steps >= 2:
            kept.append(scheduler)
        else:
            print_log(
                f"No warm-up: {scheduler['end']:g} epochs of {length} steps hold {steps} of the "
                "two steps it takes at least",
                logger="current",
            )
    runner.param_schedulers = kept


def _schedulers(cfg: Config) -> list[dict[str, Any]]:
    schedulers = cfg.get("param_scheduler") or []
    return [schedulers] if isinstance(schedulers, dict) else list(schedulers)


def _warmup(cfg: Config) -> dict[str, Any] | None:
    return next((s for s in _schedulers(cfg) if _is_warmup(s)), None)


def _is_warmup(scheduler: Any) -> bool:
    if not isinstance(scheduler, dict) or str(scheduler["type"]).split(".")[-1] != "LinearLR":
        return False
    return scheduler.get("start_factor", 1 / 3) < scheduler.get("end_factor", 1.0)


def _steps(scheduler: dict[str, Any], length: int) -> float:
    """Count a scheduler's steps the way mmengine does; an epoch has ``length``."""
    begin, end = scheduler.get("begin", 0), scheduler.get("end")
    if end is None:
        return math.inf
    if scheduler.get("convert_to_iter_based"):
        return int(end * length) - int(begin * length)
    return math.ceil(end) - math.ceil(begin)
