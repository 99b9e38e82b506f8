"""A small residual network on one grey channel, for tasks that need speed and not breadth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, conv1x1

from mmceph.registry import MODELS


@MODELS.register_module()
class CompactResNet(BaseModule):
    """torchvision's basic residual blocks in four narrow stages, strides 4, 8, 16 and 32.

    Unlike a ResNet the stem is two 3x3 convolutions, which keep fine lines that a 7x7 convolution
    and a maximum blur.

    Args:
        in_channels: Channels of the image.
        widths: Channels of the stages; all of them are given out.
        blocks: Residual blocks of the stages.
        init_cfg: mmengine's initialisation; He's by default.

    Raises:
        ValueError: Not four stages of at least one channel and block.
    """

    def __init__(
        self,
        in_channels: int = 1,
        widths: Sequence[int] = (16, 32, 64, 96),
        blocks: Sequence[int] = (1, 2, 2, 2),
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if len(widths) != 4 or len(blocks) != 4 or min(*widths, *blocks) < 1:
            raise ValueError(
                f"CompactResNet: four widths and blocks of at least 1, got {widths} and {blocks}"
            )
        first = max(widths[0] // 2, 1)
        self.stem = nn.Sequential(
            *_convolution(in_channels, first), *_convolution(first, widths[0])
        )
        self.stages = nn.ModuleList()
        channels = widths[0]
        for number, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            stride = 1 if number == 0 else 2
            self.stages.append(_stage(channels, width, count, stride))
            channels = width
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Images (B, C, h, w) -> four levels, fine to coarse."""
        x = self.stem(x)
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return tuple(levels)


def _convolution(channels: int, width: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True)


def _stage(channels: int, width: int, count: int, stride: int) -> nn.Sequential:
    shortcut = None
    if stride != 1 or channels != width:
        shortcut = nn.Sequential(conv1x1(channels, width, stride), nn.BatchNorm2d(width))
    first = BasicBlock(channels, width, stride, shortcut)
    return nn.Sequential(first, *(BasicBlock(width, width) for _ in range(count - 1)))
