"""Hooks of ours in the place of mmengine's, in configs of any scope."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config

_BETTER = ("CheckpointHook", "EarlyStoppingHook")
_ALWAYS = "StepSeedHook"


def use_own_hooks(cfg: Config) -> None:
    """Let a training save and resume by mmceph's hooks, whatever config it is of.

    ``CheckpointHook`` and ``EarlyStoppingHook`` of mmengine give way to those of the same name and
    arguments; hooks of other names stay. In a config of scope ``mmceph`` the names already mean
    ours.

    Args:
        cfg: The config, changed in place.
    """
    cfg.setdefault("default_hooks", {})
    cfg.default_hooks.setdefault("checkpoint", {"type": "CheckpointHook"})
    own_scope = cfg.get("default_scope") == "mmceph"
    custom = list(cfg.get("custom_hooks") or [])
    for hook in [*cfg.default_hooks.values(), *custom]:
        kind = _mmengines(hook)
        if kind is not None and not (own_scope and hook["type"] == kind):
            hook["type"] = f"mmceph.{kind}"
    if not any(_name(hook) == _ALWAYS for hook in custom):
        cfg.custom_hooks = [*custom, {"type": f"mmceph.{_ALWAYS}"}]


def _mmengines(hook: Any) -> str | None:
    """The name of a hook that ours stand in for; None for every other one."""
    if not isinstance(hook, dict) or not isinstance(hook.get("type"), str):
        return None
    scope, _, name = hook["type"].rpartition(".")
    return name if name in _BETTER and scope in ("", "mmengine", "mmengine.hooks") else None


def _name(hook: Any) -> str:
    return str(hook.get("type")).split(".")[-1] if isinstance(hook, dict) else type(hook).__name__
