"""The flags of the command-line tools, put where they belong in a config."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from mmengine.config import Config, DictAction

from mmceph.engine import overrides, schedule
from mmceph.engine.head_losses import check_head_losses
from mmceph.engine.image_size import set_image_size
from mmceph.engine.landmark_list import check_landmarks
from mmceph.engine.masked_losses import check_masked_losses, check_targets
from mmceph.engine.overrides import ConfigError
from mmceph.engine.raw_data_root import usable_data_root


def parse_cfg_options(pairs: list[str] | None) -> dict[str, Any]:
    """Parse ``--cfg-options`` the way MMPose's tools do, e.g. ``["train_cfg.max_epochs=5"]``.

    The tools leave this to be done after ``--help`` was answered, which must not wait for mmengine.
    """
    for pair in pairs or []:
        if "=" not in pair:
            raise ConfigError(f"--cfg-options {pair}: must be KEY=VALUE")
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--cfg-options", nargs="+", action=DictAction, default={})
    return parser.parse_args(["--cfg-options", *pairs] if pairs else []).cfg_options


def apply_work_dir(cfg: Config, config: str, work_dir: str | None) -> None:
    """Choose the work folder: the flag, else the config's own, else ``work_dirs/<config name>``."""
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get("work_dir") is None:
        cfg.work_dir = str(Path("work_dirs", Path(config).stem))


def apply_train_flags(cfg: Config, flags: dict[str, Any]) -> None:
    """Put every flag of ``tools/train.py`` where it belongs in the config.

    Args:
        cfg: The config, changed in place.
        flags: The parsed flags by name; those that are None or missing change nothing.

    Raises:
        ConfigError: A flag has no place in this config, or an impossible value.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    _require_sensible(given)
    # Before anything is read: a wrong number of channels shows at the first step otherwise.
    check_landmarks(cfg, ("train_dataloader", "val_dataloader"))
    apply_work_dir(cfg, given["config"], given.get("work_dir"))
    cfg.launcher = given.get("launcher", "none")
    if "epochs" in given:
        schedule.set_epochs(cfg, given["epochs"], shorten_warmup="warmup_epochs" not in given)
    if "warmup_epochs" in given:
        schedule.set_warmup_epochs(cfg, given["warmup_epochs"])
    if "lr" in given:
        cfg.optim_wrapper.optimizer["lr"] = given["lr"]
    if "batch_size" in given:
        cfg.train_dataloader["batch_size"] = given["batch_size"]
    if "image_size" in given:
        set_image_size(cfg, *given["image_size"])
    if "loss" in given:
        overrides.set_loss(cfg, given["loss"])
    if "patience" in given:
        overrides.set_patience(cfg, given["patience"])
    if "unfreeze_after" in given:
        overrides.set_unfreeze_after(cfg, given["unfreeze_after"])
    if "data_root" in given:
        overrides.set_data_root(cfg, usable_data_root(cfg, given["data_root"]))
    if "annotations" in given:
        overrides.set_annotations(cfg, "train_dataloader", given["annotations"])
    if "workers" in given:
        overrides.set_workers(cfg, given["workers"])
    if "seed" in given:
        cfg.randomness = {**cfg.get("randomness", {}), "seed": given["seed"]}
    if given.get("amp") or cfg.get("amp"):
        overrides.set_amp(cfg)
    overrides.set_start(cfg, given.get("resume"), given.get("load_from"))
    overrides.select_best_by_px_without_spacing(cfg)
    check_masked_losses(cfg)
    check_targets(cfg)
    check_head_losses(cfg)


def _require_sensible(given: dict[str, Any]) -> None:
    """Refuse numbers with which nothing would be trained, or a loader would fail."""
    if not 0 < given.get("lr", 1.0) < math.inf:
        raise ConfigError(f"--lr {given['lr']}: must be a number above 0")
    if given.get("batch_size", 1) < 1:
        raise ConfigError(f"--batch-size {given['batch_size']}: must be at least 1")
    if given.get("workers", 0) < 0:
        raise ConfigError(f"--workers {given['workers']}: must be at least 0")
