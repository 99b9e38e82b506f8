"""ResNet from torchvision, as a backbone: the one backbone that needs no MMPose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torchvision
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmceph.checkpoints import CheckpointError, load_content
from mmceph.registry import MODELS

_BUILDERS = {
    18: torchvision.models.resnet18,
    34: torchvision.models.resnet34,
    50: torchvision.models.resnet50,
}


@MODELS.register_module()
class TorchvisionResNet(BaseModule):
    """ResNet-18, -34 or -50 without its classifier; parameters are named as in torchvision.

    Stages above the highest one asked for are not built. Level i has stride ``4 * 2**i`` and
    ``(64, 128, 256, 512)[i]`` channels, four times as many for depth 50.

    Args:
        depth: 18, 34 or 50.
        out_indices: Levels given out: 0 (stride 4) to 3 (stride 32).
        frozen_stages: -1 freezes nothing, 0 the stem, i the stem and the first i stages:
            no gradients, batch norms in evaluation mode. Applied again by every ``.train()``, so
            unfreezing means setting this attribute to -1 as well as ``requires_grad``.
        norm_eval: Keep every batch norm in evaluation mode (its parameters still learn).
        weights: Path of a torchvision weights file (a state dict), read by ``init_weights()``,
            which the runner calls before training and not before testing.
        in_channels: Channels of the image. With 1 and a weights file for 3, its first filters
            are summed over the colours.
        init_cfg: mmengine's initialisation; torchvision's own where not given.

    Raises:
        ValueError: For a depth, level or stage that does not exist.
    """

    def __init__(
        self,
        depth: int = 18,
        out_indices: Sequence[int] = (3,),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        weights: str | None = None,
        in_channels: int = 3,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if depth not in _BUILDERS:
            raise ValueError(f"TorchvisionResNet: depth must be 18, 34 or 50, not {depth}")
        if not out_indices or any(i not in range(4) for i in out_indices):
            raise ValueError(f"TorchvisionResNet: out_indices must lie in 0..3, got {out_indices}")
        if frozen_stages not in range(-1, 5):
            raise ValueError(f"TorchvisionResNet: frozen_stages must be -1..4, not {frozen_stages}")
        self.depth = depth
        self.out_indices = tuple(out_indices)
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.weights = weights

        network = _BUILDERS[depth](weights=None)
        self.conv1 = network.conv1
        if in_channels != 3:
            self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
            nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
        self.bn1 = network.bn1
        self.relu = network.relu
        self.maxpool = network.maxpool
        self.stage_names = [f"layer{i + 1}" for i in range(max(self.out_indices) + 1)]
        for name in self.stage_names:
            self.add_module(name, getattr(network, name))
        self._freeze()

    def init_weights(self) -> None:
        """Initialise as ``init_cfg`` says, then load the weights file, if one is named.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is no weights file, or one of another network.
        """
        first_time = not self.is_init
        super().init_weights()
        if self.weights is not None and first_time:
            self._load(Path(self.weights))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Images (B, C, h, w) -> the levels of ``out_indices``, in ascending order of stride."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        levels = []
        for index, name in enumerate(self.stage_names):
            x = getattr(self, name)(x)
            if index in self.out_indices:
                levels.append(x)
        return tuple(levels)

    def train(self, mode: bool = True) -> TorchvisionResNet:
        """Set the mode; frozen stages and, with ``norm_eval``, all batch norms stay as they are."""
        super().train(mode)
        self._freeze()
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self

    def _freeze(self) -> None:
        frozen: list[nn.Module] = []
        if self.frozen_stages >= 0:
            frozen += [self.conv1, self.bn1]
            frozen += [getattr(self, name) for name in self.stage_names[: self.frozen_stages]]
        for module in frozen:
            module.eval()
            module.requires_grad_(False)

    def _load(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such weights file; check backbone.weights")
        try:
            state = load_content(path)
        except CheckpointError as error:  # no flag reaches this file
            why = error.__cause__ or error
            raise CheckpointError(f"{path}: not a plain weights file ({why})") from error
        if not isinstance(state, dict):
            raise CheckpointError(f"{path}: holds {type(state).__name__}, not a state dict")
        left_out = ("fc.", *(f"layer{i}." for i in range(len(self.stage_names) + 1, 5)))
        state = {key: value for key, value in state.items() if not key.startswith(left_out)}
        first = state.get("conv1.weight")
        if self.conv1.in_channels == 1 and first is not None and first.shape[1] == 3:
            state["conv1.weight"] = first.sum(dim=1, keepdim=True)
        try:
            self.load_state_dict(state, strict=True)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:300]
            raise ValueError(
                f"{path}: weights do not fit ResNet-{self.depth} ({reason}); check depth"
            ) from error
