"""Saying that a config is wrong, where something only fails because of what stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.config import Config

from mmceph.engine.overrides import ConfigError
from mmceph.errors import MmcephError
from mmceph.pose import USING_MMPOSE

_DICTS = (
    "model",
    "optim_wrapper",
    "train_cfg",
    "val_cfg",
    "test_cfg",
    "train_dataloader",
    "val_dataloader",
    "test_dataloader",
    "default_hooks",
    "env_cfg",
    "randomness",
)
_LISTS = ("custom_hooks", "param_scheduler")


class BrokenConfigError(ConfigError):
    """Something failed on a config in a way that nobody foresaw."""

    keep_traceback = True


def check_sections(cfg: Config, path: str | Path) -> None:
    """See that the sections of a config are of the kind that they must be.

    Raises:
        ConfigError: One is not, or a loader has no data set; the message names it.
    """
    for name in _DICTS:
        section = cfg.get(name)
        if section is None:
            continue
        if not isinstance(section, dict):
            raise ConfigError(f"{path}: {name} is {_brief(section)}; it must be a dict(...)")
        data = section.get("dataset")
        if name.endswith("_dataloader") and not isinstance(data, dict):
            raise ConfigError(f"{path}: {name}.dataset is {_brief(data)}; it must be a dict(...)")
    for name in _LISTS:
        section = cfg.get(name)
        entries = section if isinstance(section, (list, tuple)) else [section]
        if section is not None and not all(isinstance(entry, dict) for entry in entries):
            raise ConfigError(
                f"{path}: {name} is {_brief(section)}; it must be a list of dict(...)"
            )


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


@contextmanager
def clear_missing_parts() -> Iterator[None]:
    """Say what to do where a config names a part that no registry has, or what a part refuses.

    For what is done with a config alone, before pictures and weights come in: whatever goes wrong
    there, the config is wrong.

    Raises:
        ConfigError: In the place of the registry's KeyError or the part's own errors.
    """
    try:
        yield
    except (MmcephError, OSError, ImportError, MemoryError):
        raise
    except Exception as error:
        text = str(error.args[0]) if error.args else str(error)
        if isinstance(error, KeyError) and "is not in the" in text:
            hint = (
                "is its name right, and is the module that defines it in custom_imports?"
                if USING_MMPOSE
                else "MMPose has it perhaps, but cannot be imported here (python -m mmceph.guard "
                "says why); a fallback=dict(...) block in the config can name a replacement"
            )
            raise ConfigError(f"{text.split('. Please')[0]}: {hint}") from error
        if isinstance(error, TypeError) and "argument" in text:
            raise ConfigError(f"the config, or an option given for it, is wrong: {text}") from error
        raise BrokenConfigError(
            f"the config, or an option given for it, is wrong: {type(error).__name__}: {error}"
        ) from error
