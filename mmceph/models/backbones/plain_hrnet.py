"""A high-resolution network of plain convolutions, as hand-written training scripts have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from mmceph.registry import MODELS

_WIDTHS = (32, 64, 128, 256)
_MODULES = (1, 1, 2, 2)


class _Module(nn.Module):
    """Every branch convolves twice, then every resolution takes the sum of all of them."""

    def __init__(self, widths: Sequence[int], in_widths: Sequence[int]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*_convolution(before, width), *_convolution(width, width))
            for before, width in zip(in_widths, widths, strict=True)
        )
        every = range(len(widths))
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_fuse_layer(widths, target, source) for source in every)
            for target in every
        )

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        levels = [branch(x) for branch, x in zip(self.branches, levels, strict=True)]
        if len(levels) == 1:
            return levels
        fused = []
        for target, total in enumerate(levels):
            size = total.shape[-2:]
            for source, x in enumerate(levels):
                if source != target:
                    y = self.fuse_layers[target][source](x)  # type: ignore[index]
                    total = total + (_resized(y, size) if source > target else y)
            fused.append(relu(total))
        return fused


@MODELS.register_module()
class PlainHRNet(BaseModule):
    """Four resolutions side by side, each branch of a module two convolutions without a residual.

    It resembles MMPose's ``HRNet`` and none of its weights fit: this is the network that scripts
    grown by hand train. A new branch is made of the coarsest one by a convolution of stride 2.

    Args:
        in_channels: Channels of the image.
        init_cfg: mmengine's initialisation; torch's own by default.
    """

    def __init__(
        self, in_channels: int = 3, init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(init_cfg)
        self.stem = nn.Sequential(
            *_convolution(in_channels, 64, stride=2), *_convolution(64, 64, stride=2)
        )
        before: tuple[int, ...] = (64,)
        for number, modules in enumerate(_MODULES, 1):
            widths = _WIDTHS[:number]
            if number > 1:
                new = nn.Sequential(*_convolution(widths[-2], widths[-1], stride=2))
                # The branches that go on have no layer; the new one keeps its place in the names.
                transition = [nn.Identity() for _ in widths[:-1]]
                self.add_module(f"transition{number - 1}", nn.ModuleList([*transition, new]))
                before = widths
            more = [_Module(widths, widths) for _ in range(modules - 1)]
            self.add_module(f"stage{number}", nn.Sequential(_Module(widths, before), *more))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Images (B, C, h, w) -> four levels of strides 4, 8, 16 and 32, fine to coarse."""
        levels = [self.stem(x)]
        for number in range(1, len(_MODULES) + 1):
            if number > 1:
                levels.append(self.get_submodule(f"transition{number - 1}")[-1](levels[-1]))
            levels = self.get_submodule(f"stage{number}")(levels)
        return tuple(levels)


def _convolution(
    in_channels: int, width: int, kernel: int = 3, stride: int = 1
) -> tuple[nn.Module, nn.Module, nn.Module]:
    convolution = nn.Conv2d(
        in_channels, width, kernel, stride=stride, padding=kernel // 2, bias=False
    )
    return convolution, nn.BatchNorm2d(width), nn.ReLU()


def _fuse_layer(widths: Sequence[int], target: int, source: int) -> nn.Module:
    """What brings branch ``source`` to the width of ``target`` and, downwards, to its size."""
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(*_convolution(widths[source], widths[target], kernel=1)[:2])
    stride = 2 ** (target - source)
    return nn.Sequential(*_convolution(widths[source], widths[target], stride=stride)[:2])


def _resized(x: Tensor, size: Sequence[int]) -> Tensor:
    return interpolate(x, size=size, mode="bilinear", align_corners=False)
