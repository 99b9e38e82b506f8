"""Convolutions on the memory layout processors and tensor cores are fastest on."""

from __future__ import annotations

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmceph.registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Store the model's weights channels-last, which its features then follow.

    Results differ from the default layout only by rounding. Weights are saved and loaded as
    ever: the layout is no part of a checkpoint's meaning. Where a run has several processes, the
    layout is set before the model is wrapped for them (``mmceph.engine.parallel``).
    """

    def before_run(self, runner: Runner) -> None:
        """Change the layout in place, so that the optimizer keeps its parameters."""
        runner.model.to(memory_format=torch.channels_last)
