"""A network for a small config of several processes, and a hook that keeps what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from torch import nn

from mmceph.errors import MmcephError
from mmceph.registry import HOOKS, MODELS


@MODELS.register_module(force=True)
class TwoConvolutions(nn.Module):
    """Two maps of a picture (N, 1, H, W), at a quarter and an eighth of its size."""

    def __init__(self, channels: int = 8) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, channels, 5, stride=4, padding=2), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 2, padding=1), nn.ReLU())

    def init_weights(self) -> None:
        """Nothing is loaded."""

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The finer map first."""
        fine = self.first(picture)
        return fine, self.second(fine)


@HOOKS.register_module(force=True)
class KeepHook(Hook):
    """Holds batch norm still, and saves losses and weights of this process to RANK.pt.

    Statistics of a batch depend on how many pictures a process has; everything else does not.
    """

    priority = "LOWEST"

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.backbones: list[torch.Tensor] = []
        self.predicted = 0
        self.epochs: list[int] = []

    def before_train(self, runner: Any) -> None:
        base = getattr(_model(runner), "base", None)
        if base is not None:
            predict = base.predict

            def counted(images: torch.Tensor, samples: Any) -> Any:
                self.predicted += len(images) if _model(runner).training else 0
                return predict(images, samples)

            base.predict = counted

    def before_train_iter(self, runner: Any, *_: Any, **__: Any) -> None:
        for module in runner.model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()

    def after_train_iter(self, runner: Any, *_: Any, outputs: Any = None, **__: Any) -> None:
        self.losses.append(float(outputs["loss"]))

    def after_train_epoch(self, runner: Any) -> None:
        self.epochs.append(runner.epoch + 1)
        self.backbones.append(next(_model(runner).backbone.parameters()).detach().clone())

    def after_train(self, runner: Any) -> None:
        model = _model(runner)
        content = {
            "losses": self.losses,
            "epochs": self.epochs,
            "backbones": self.backbones,
            "predicted": self.predicted,
            "state": {name: value.clone() for name, value in model.state_dict().items()},
        }
        torch.save(content, Path(runner.work_dir, f"{get_rank()}.pt"))


@HOOKS.register_module(force=True)
class DyingHook(Hook):
    """Ends the second process in the middle of an epoch."""

    def before_train_iter(self, runner: Any, batch_idx: int, *_: Any, **__: Any) -> None:
        if get_rank() == 1 and batch_idx == 1:
            raise MmcephError("phantom_0007.png: cannot be read; put it there again")


def _model(runner: Any) -> Any:
    return runner.model.module if is_model_wrapper(runner.model) else runner.model
