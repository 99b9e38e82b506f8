"""Settings of a config that fine-tuning needs: rates of single parts, and what is frozen when."""

from __future__ import annotations

from mmengine.config import Config


def set_lr_mult(cfg: Config, part: str, factor: float) -> None:
    """Give all parameters whose name holds ``part`` a factor on the learning rate.

    What the config itself says of this part stays.

    Args:
        cfg: The config, changed in place.
        part: ``"backbone"`` or ``"head"``.
        factor: The factor.
    """
    paramwise = dict(cfg.optim_wrapper.get("paramwise_cfg") or {})
    keys = dict(paramwise.get("custom_keys") or {})
    keys[part] = {"lr_mult": factor, **keys.get(part, {})}
    cfg.optim_wrapper["paramwise_cfg"] = {**paramwise, "custom_keys": keys}


def leave_freezing_to_the_hook(cfg: Config) -> None:
    """Take ``frozen_stages`` out of the backbone.

    mmengine leaves parameters that are frozen when the optimizer is built out of it where there
    is a ``paramwise_cfg``, and they could never train later. ``UnfreezeBackboneHook`` freezes
    after that.
    """
    model = cfg.model.get("base", cfg.model)
    backbone = model.get("backbone") or {}
    if backbone.get("frozen_stages", -1) >= 0:
        backbone["frozen_stages"] = -1
