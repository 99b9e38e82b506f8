"""Train the head first and the backbone later."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from mmceph.errors import MmcephError
from mmceph.registry import HOOKS


@HOOKS.register_module()
class UnfreezeBackboneHook(Hook):
    """Keep the backbone as it was loaded for the first epochs, then train it along.

    Frozen means its weights get no gradients and its batch-norm statistics do not move. The
    freezing happens after the optimizer was built and the model was wrapped for distributed
    training: parameters frozen earlier would never enter the optimizer, or would drift apart
    between the ranks once unfrozen. In several processes ``find_unused_parameters`` is set, unless
    the config says otherwise. For a gentler rate afterwards the config's ``optim_wrapper``
    takes ``paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1)))``, and the same for
    ``head``; ``--unfreeze-after`` of ``tools/train.py`` sets it.

    Args:
        epochs: Epochs to keep it frozen; 0 trains it from the start, None never does.
    """

    def __init__(self, epochs: int | None) -> None:
        if epochs is not None and epochs < 0:
            raise ValueError(f"epochs must be None or >= 0, got {epochs}")
        self.epochs = epochs
        self._frozen: bool | None = None

    def before_train(self, runner: Runner) -> None:
        """Freeze or unfreeze for the first epoch, which after a resume need not be epoch 0.

        Raises:
            MmcephError: A part of the backbone could never be trained along.
        """
        if self.epochs is not None:
            _check_optimizer(runner)
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


def _check_optimizer(runner: Runner) -> None:
    """See that the optimizer holds the backbone: what was frozen when it was built is not in it."""
    groups = runner.optim_wrapper.param_groups
    groups = [g for part in groups.values() for g in part] if isinstance(groups, dict) else groups
    held = {id(parameter) for group in groups for parameter in group["params"]}
    named = dict(_backbone(runner).named_parameters())
    left_out = [name for name, parameter in named.items() if id(parameter) not in held]
    if left_out:
        raise MmcephError(
            f"UnfreezeBackboneHook: {len(left_out)} of the backbone's {len(named)} parameters "
            f"({left_out[0]}, ...) are not in the optimizer and could never be trained; they were "
            "frozen before it was built: set model.backbone.frozen_stages=-1, this hook freezes"
        )


def _backbone(runner: Runner) -> nn.Module:
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    if not hasattr(model, "backbone"):
        raise AttributeError(f"UnfreezeBackboneHook: {type(model).__name__} has no backbone")
    return model.backbone
