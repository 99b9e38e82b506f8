"""Train the head first and the backbone later."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from mmceph.registry import HOOKS


@HOOKS.register_module()
class UnfreezeBackboneHook(Hook):
    """Keep the backbone as it was loaded for the first epochs, then train it along.

    Frozen means its weights get no gradients and its batch-norm statistics do not move. The
    freezing happens after the optimizer was built and the model was wrapped for distributed
    training: parameters frozen earlier would never enter the optimizer, or would drift apart
    between the ranks once unfrozen. With several GPUs the config needs
    ``find_unused_parameters=True``.

    Args:
        epochs: Epochs to keep it frozen; 0 trains it from the start, None never does.
    """

    def __init__(self, epochs: int | None) -> None:
        if epochs is not None and epochs < 0:
            raise ValueError(f"epochs must be None or >= 0, got {epochs}")
        self.epochs = epochs
        self._frozen: bool | None = None

    def before_train(self, runner: Runner) -> None:
        """Freeze or unfreeze for the first epoch, which after a resume need not be epoch 0."""
        self._update(runner)

    def before_train_epoch(self, runner: Runner) -> None:
        """Unfreeze when the time has come."""
        self._update(runner)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: object = None) -> None:
        """Hold the statistics still: the loop puts the whole model in training mode."""
        if self._frozen:
            for module in _backbone(runner).modules():
                if isinstance(module, _NormBase):
                    module.eval()

    def _update(self, runner: Runner) -> None:
        freeze = self.epochs is None or runner.epoch < self.epochs
        if freeze == self._frozen:
            return
        backbone = _backbone(runner)
        for parameter in backbone.parameters():
            parameter.requires_grad_(not freeze)
        if not freeze and getattr(backbone, "frozen_stages", -1) >= 0:
            # MMPose's backbones freeze these stages again at every .train().
            setattr(backbone, "frozen_stages", -1)  # noqa: B010 - nn.Module types it as a Tensor
        if self._frozen is not None or freeze:
            runner.logger.info(
                f"Epoch {runner.epoch + 1}: backbone {'frozen' if freeze else 'trained along'}"
            )
        self._frozen = freeze


def _backbone(runner: Runner) -> nn.Module:
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    if not hasattr(model, "backbone"):
        raise AttributeError(f"UnfreezeBackboneHook: {type(model).__name__} has no backbone")
    return model.backbone
