"""Reading a config the way every tool of mmceph does."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

from mmceph.engine.checkpoint import allow_mmengine_checkpoints
from mmceph.engine.overrides import ConfigError
from mmceph.guard import fallback_warning
from mmceph.pose import USING_MMPOSE

__all__ = ["ConfigError", "apply_fallback", "load_config"]


def load_config(
    path: str | Path,
    cfg_options: dict[str, Any] | None = None,
    *,
    require_mmpose: bool = False,
) -> Config:
    """Read a config, apply options and, where MMPose cannot be imported, its fallback.

    Args:
        path: The config file.
        cfg_options: Settings merged over it, as ``--cfg-options`` gives them.
        require_mmpose: Refuse to go on without MMPose.

    Returns:
        The config, without its ``fallback`` block: what is saved is what ran.

    Raises:
        ConfigError: The file is missing or not a config, or MMPose is required and not there.
    """
    if not Path(path).is_file():
        raise ConfigError(f"{path}: no such config")
    try:
        cfg = Config.fromfile(path)
        if cfg_options:
            cfg.merge_from_dict(cfg_options)
    except (SyntaxError, KeyError, TypeError, AttributeError, OSError, NameError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if "model" not in cfg:
        raise ConfigError(f"{path}: has no model; is it a part meant for _base_?")
    allow_mmengine_checkpoints()
    if not USING_MMPOSE and require_mmpose:
        raise ConfigError(f"--require-mmpose: {fallback_warning()}")
    apply_fallback(cfg)
    return cfg


def apply_fallback(cfg: Config) -> None:
    """Take ``cfg.fallback`` out and, without MMPose, merge it over ``cfg.model``."""
    fallback = cfg._cfg_dict.pop("fallback", None)
    if USING_MMPOSE:
        return
    print_log(fallback_warning(), logger="current", level=logging.WARNING)
    if fallback is not None:
        cfg.merge_from_dict({"model": fallback})
        backbone = cfg.model.get("base", cfg.model).get("backbone", {})
        print_log(
            f"Fallback: the backbone is {backbone.get('type')}"
            + (f"-{backbone['depth']}" if "depth" in backbone else ""),
            logger="current",
            level=logging.WARNING,
        )
