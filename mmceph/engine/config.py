"""Reading a config the way every tool of mmceph does."""

from __future__ import annotations

import codecs
import difflib
import inspect
import logging
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from mmceph.checkpoints.for_mmengine import open_for_mmengine
from mmceph.engine.config_errors import check_sections
from mmceph.engine.landmark_list import set_landmarks
from mmceph.engine.overrides import ConfigError
from mmceph.guard import fallback_warning
from mmceph.landmarks import LandmarkError, LandmarkSet, as_landmark_set, parse_landmarks
from mmceph.pose import USING_MMPOSE

# Read by mmceph's tools or by mmengine, but no argument of a Runner.
_OWN_SECTIONS = (
    "amp",
    "custom_imports",
    "fallback",
    "find_unused_parameters",
    "model_wrapper_cfg",
    "own_landmarks",
)

__all__ = ["ConfigError", "apply_fallback", "load_config"]


def load_config(
    path: str | Path,
    cfg_options: dict[str, Any] | None = None,
    *,
    require_mmpose: bool = False,
    landmarks: str | LandmarkSet | None = None,
) -> Config:
    """Read a config, apply options and, where MMPose cannot be imported, its fallback.

    Args:
        path: The config file.
        cfg_options: Settings merged over it, as ``--cfg-options`` gives them.
        require_mmpose: Refuse to go on without MMPose.
        landmarks: What the config is to be about, as ``--landmarks`` gives it; the config's own
            ``own_landmarks`` if left out.

    Returns:
        The config, without its ``fallback`` block and its ``own_landmarks``, which went into data
        sets, head and metrics: what is saved is what ran.

    Raises:
        ConfigError: The file is missing or not a config, an option is of no known section, or
            MMPose is required and not there.
        LandmarkError: The list of landmarks is not in order.
    """
    if not Path(path).is_file():
        raise ConfigError(f"{path}: no such config")
    try:
        cfg = Config.fromfile(path)
        if cfg_options:
            _require_known(cfg, cfg_options, path)
            cfg.merge_from_dict(cfg_options)
    except (UnicodeDecodeError, SyntaxError) as error:
        raise ConfigError(_not_read(error, path)) from error
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {error}") from error
    if "model" not in cfg:
        raise ConfigError(f"{path}: has no model; is it a part meant for _base_?")
    check_sections(cfg, path)
    open_for_mmengine()
    if not USING_MMPOSE and require_mmpose:
        raise ConfigError(f"--require-mmpose: {fallback_warning()}")
    apply_fallback(cfg)
    _apply_landmarks(cfg, landmarks, path)
    return cfg


def _apply_landmarks(cfg: Config, given: str | LandmarkSet | None, path: str | Path) -> None:
    """Take ``cfg.own_landmarks`` out and put it, or what was given, where it belongs."""
    own = cfg._cfg_dict.pop("own_landmarks", None)
    if given is not None:
        set_landmarks(cfg, parse_landmarks(given) if isinstance(given, str) else given)
    elif own is not None:
        try:
            chosen = parse_landmarks(own, "the value") if isinstance(own, str) else None
            set_landmarks(cfg, chosen or as_landmark_set(own))
        except LandmarkError as error:
            raise ConfigError(f"{path}: own_landmarks: {error}") from error


def _not_read(error: UnicodeDecodeError | SyntaxError, path: str | Path) -> str:
    """Which of a config's files is no text in UTF-8, or no Python, where, and what to do."""
    step = error.__traceback__
    while step is not None:  # mmengine's frames know the file, which may be one of _base_
        name = step.tb_frame.f_locals.get("filename")
        path = name if isinstance(name, str) and Path(name).is_file() else path
        step = step.tb_next
    data = Path(path).read_bytes()
    if data.startswith(codecs.BOM_UTF8):
        return f"{path}: begins with a byte order mark; save it as UTF-8 without one (without BOM)"
    if isinstance(error, SyntaxError):
        return f"{path}: {error}"
    text = data.decode("utf-8", "surrogateescape")
    place = next((n for n, c in enumerate(text) if "\udc80" <= c <= "\udcff"), 0)
    line = text.count("\n", 0, place) + 1
    return f"{path}: line {line} is not UTF-8; save the file as UTF-8 (without BOM)"


def _require_known(cfg: Config, options: dict[str, Any], path: str | Path) -> None:
    """Refuse an option of a section that nothing reads; a misspelt one would change nothing."""
    known = {*cfg, *inspect.signature(Runner.__init__).parameters, *_OWN_SECTIONS}
    for key in options:
        section = key.split(".")[0]
        if section not in known:
            near = difflib.get_close_matches(section, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "the config has none of this name"
            raise ConfigError(f"--cfg-options {key}: {path} has no {section}; {hint}")


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
