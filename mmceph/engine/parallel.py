"""The model of a run in several processes, whose gradients are averaged over all of them."""

from __future__ import annotations

from inspect import signature
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dist import get_backend, get_world_size
from mmengine.logging import print_log
from mmengine.model import MMDistributedDataParallel
from mmengine.registry import MODEL_WRAPPERS
from torch import nn
from torch.nn.parallel import DistributedDataParallel

_KIND = "LandmarkDataParallel"


@MODEL_WRAPPERS.register_module(name=_KIND)
class LandmarkDataParallel(MMDistributedDataParallel):
    """mmengine's wrapper, also without a GPU and for weights in any memory layout.

    Args:
        module: The model, on its device.
        channels_last: Whether to store its weights channels-last. Torch lays the gradients out
            once, as the weights are now; a layout that is set later costs a copy in every step.
        device_ids: This process's GPU; of no meaning where the model is not on one.
        **kwargs: Passed on.
    """

    def __init__(
        self,
        module: nn.Module,
        channels_last: bool = False,
        device_ids: list[int] | None = None,
        **kwargs: Any,
    ) -> None:
        if channels_last:
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if "forward_sync_buffers" in signature(DistributedDataParallel).parameters:
            # Torch's newer name; it warns of the older one.
            kwargs["forward_sync_buffers"] = kwargs.pop("broadcast_buffers", False)
        on_gpu = any(parameter.is_cuda for parameter in module.parameters())
        super().__init__(module=module, device_ids=device_ids if on_gpu else None, **kwargs)
        print_log(
            f"{get_world_size()} processes, connected by {get_backend()}"
            f"{'' if on_gpu else ': no GPU is used'}; a step takes the batch size from each",
            "current",
        )


def wrap_for_processes(cfg: Config) -> None:
    """Choose what mmengine wraps the model in, where a run has several processes.

    What the config's own ``model_wrapper_cfg`` says stays. ``ShareHook`` is added.

    Args:
        cfg: The config, changed in place.
    """
    if cfg.get("launcher", "none") == "none":
        return
    hooks = {str(hook.get("type")).split(".")[-1] for hook in cfg.get("custom_hooks") or []}
    if "ShareHook" not in hooks:
        cfg.custom_hooks = [*(cfg.get("custom_hooks") or []), {"type": "mmceph.ShareHook"}]
    own = dict(cfg.get("model_wrapper_cfg") or {})
    if own.get("type", "MMDistributedDataParallel") != "MMDistributedDataParallel":
        return
    # Frozen weights are unused ones until the epoch in which they are trained along.
    unused = cfg.get("find_unused_parameters", "UnfreezeBackboneHook" in hooks)
    defaults = {"broadcast_buffers": False, "find_unused_parameters": unused}
    layout = {"channels_last": True} if "ChannelsLastHook" in hooks else {}
    cfg.model_wrapper_cfg = {**defaults, **layout, **own, "type": _KIND}
