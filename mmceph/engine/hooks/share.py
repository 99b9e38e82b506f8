"""What one process of a run has found out about a picture, given to all of them."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from mmceph.registry import HOOKS


@HOOKS.register_module()
class ShareHook(Hook):
    """Let parts of the model that have ``share_between_processes`` exchange what they know.

    The sampler gives a picture to another process in every epoch. Without this each process would
    compute again what another one already has. A run in several processes gets the hook by itself.
    """

    def after_train_epoch(self, runner: Runner) -> None:
        """Exchange it, in all processes at once."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        for part in model.modules():
            if callable(getattr(part, "share_between_processes", None)):
                part.share_between_processes()
