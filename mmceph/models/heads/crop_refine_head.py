"""A small network that finds one landmark in the crop around where it is expected."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from mmceph.functional.crops import crop_offsets
from mmceph.functional.heatmap import local_soft_argmax, spatial_softmax
from mmceph.registry import MODELS


def _conv(into: int, out: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(into, out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out)
    )


class _Block(nn.Module):
    """Two convolutions and a way around them, halving the size."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.first = _conv(into, out, stride=2)
        self.second = _conv(out, out)
        self.around = _conv(into, out, stride=2, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.second(relu(self.first(x))) + self.around(x))


@MODELS.register_module()
class CropRefineHead(BaseModule):
    """Heat-maps of crops, each of one landmark, at half the crop's resolution.

    One encoder and decoder serve all landmarks: with few images, what is an edge or a tooth is
    learned from all of them. Which landmark a crop belongs to scales and shifts the deepest
    features and chooses the last layer's channel. The grey values of every crop are brought to
    zero mean and unit spread, so exposure matters little.

    Args:
        num_landmarks: Number of landmarks.
        crop_size: Width and height of the crops in px, a multiple of 16.
        channels: Width of the network.
        sigma: Standard deviation of the target Gaussian in cells of the map, of 2 px each.
        radius: Half the width of the window the centroid is taken in, in cells.
        loss: Loss on maps (N, 1, H, W); with ``expects_logits`` they are read through a softmax.
        init_cfg: Initialisation; torch's own by default.
    """

    reads_expects_logits = True

    def __init__(
        self,
        num_landmarks: int,
        crop_size: int = 96,
        channels: int = 24,
        sigma: float = 1.5,
        radius: int = 6,
        loss: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if num_landmarks < 1 or crop_size < 16 or crop_size % 16:
            raise ValueError(
                "CropRefineHead: num_landmarks must be at least 1 and crop_size a multiple of "
                f"16, got {num_landmarks} and {crop_size}"
            )
        if sigma <= 0 or radius < 1:
            raise ValueError(
                f"CropRefineHead: sigma must be > 0 and radius >= 1, got {sigma} and {radius}"
            )
        self.num_landmarks = num_landmarks
        self.crop_size = crop_size
        self.sigma = sigma
        self.radius = radius
        self.loss_module = MODELS.build(loss or {"type": "SpatialCrossEntropyLoss"})
        widths = (channels, channels * 2, channels * 4, channels * 4)
        self.stem = _conv(1, channels, stride=2)
        self.blocks = nn.ModuleList(_Block(a, b) for a, b in pairwise(widths))
        self.identity = nn.Embedding(num_landmarks, widths[-1] * 2)
        nn.init.zeros_(self.identity.weight)
        self.laterals = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in widths)
        self.smooths = nn.ModuleList(_conv(channels, channels) for _ in widths[:-1])
        self.final_layer = nn.Conv2d(channels, num_landmarks, 1)

    def forward(self, crops: Tensor, which: Tensor) -> Tensor:
        """Crops (N, 1, size, size) of the landmarks ``which`` (N,) -> maps (N, 1, H, W)."""
        mean = crops.mean(dim=(1, 2, 3), keepdim=True)
        spread = crops.std(dim=(1, 2, 3), keepdim=True)
        # A crop that lies beyond the image's edge has no spread.
        levels = [relu(self.stem((crops - mean) / (spread + 8)))]
        for block in self.blocks:
            levels.append(block(levels[-1]))
        gain, shift = self.identity(which)[:, :, None, None].chunk(2, dim=1)
        x = self.laterals[-1](levels[-1] * (1 + gain) + shift)
        for index in reversed(range(len(levels) - 1)):
            x = interpolate(x, scale_factor=2.0, mode="bilinear")
            x = relu(self.smooths[index](x + self.laterals[index](levels[index])))
        maps = self.final_layer(x)
        return maps.gather(1, which[:, None, None, None].expand(-1, 1, *maps.shape[-2:]))

    def loss(self, maps: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        """The loss of maps (N, 1, H, W) whose landmarks lie ``offsets`` (N, 2) px off the middle.

        ``weights`` (N,) is 0 where a landmark is not visible or not in its crop.
        """
        cells = crop_offsets(maps.shape[-1], 2.0, device=maps.device)
        across = (cells - offsets[:, 0:1]) ** 2
        down = (cells - offsets[:, 1:2]) ** 2
        target = torch.exp(
            -(down.unsqueeze(-1) + across.unsqueeze(-2)) / (2 * (2 * self.sigma) ** 2)
        )
        return self.loss_module(maps, target.unsqueeze(1), weights.unsqueeze(1))

    def decode(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Read offsets (N, 2) in px of the crop, and scores (N,), from maps (N, 1, H, W)."""
        if getattr(self.loss_module, "expects_logits", False):
            readable = spatial_softmax(maps)
        else:
            readable = maps.float().clamp_min(0)
        points, scores = local_soft_argmax(readable[:, 0], self.radius)
        return (points - (maps.shape[-1] - 1) / 2) * 2, scores
