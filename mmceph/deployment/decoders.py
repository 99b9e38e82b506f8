"""Reading points from heat-maps inside an exported graph, one module per codec.

Each does what its codec does in Python, in tensor operations alone and for whole batches: maps
(B, K, H, W) in, points (B, K, 2) in input px and scores (B, K) out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import torch
from torch import Tensor, nn

from mmceph.errors import MmcephError
from mmceph.functional.heatmap import local_soft_argmax


class ExportError(MmcephError):
    """A model cannot be exported, or its file does not do what the model does."""


class SoftArgmaxDecoder(nn.Module):
    """``SoftArgmaxHeatmap``: the centroid of a window around the maximum.

    Args:
        codec: Its ``radius`` and ``scale_factor`` are used.
    """

    scale: Tensor

    def __init__(self, codec: Any) -> None:
        super().__init__()
        self.radius = int(codec.radius)
        self.register_buffer("scale", torch.tensor(codec.scale_factor, dtype=torch.float32))

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Points in input px, and the share of each map inside its window."""
        points, mass = local_soft_argmax(maps.float(), self.radius)
        return points * self.scale, mass


class QuarterDecoder(nn.Module):
    """``MSRAHeatmap``: the highest pixel, a quarter pixel towards its higher neighbours.

    Args:
        codec: Its ``scale_factor`` is used.
    """

    scale: Tensor

    def __init__(self, codec: Any) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(codec.scale_factor, dtype=torch.float32))

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Points in input px, and the height of each maximum."""
        maps = maps.float()
        height, width = maps.shape[-2:]
        x, y, score = _highest(maps)
        look = _Neighbours(maps, x, y)
        across = torch.sign(look(1, 0) - look(-1, 0)) * 0.25
        down = torch.sign(look(0, 1) - look(0, -1)) * 0.25
        # MMPose's bounds: one pixel more is left alone at the low border than at the high one.
        right = (x > 1) & (x < width - 1) & (y > 0) & (y < height)
        low = (y > 1) & (y < height - 1) & (x > 0) & (x < width)
        moved = _pixel(x, y, score) + _pair(across * right, down * low) * _found(score)
        return moved * self.scale, score


class DarkDecoder(nn.Module):
    """``MSRAHeatmap(unbiased=True)``: one Newton step on the logarithm of the blurred map.

    Source: DarkPose, Zhang et al., CVPR 2020.

    Args:
        codec: Its ``scale_factor`` and ``blur_kernel_size`` are used.
    """

    kernel: Tensor
    scale: Tensor

    def __init__(self, codec: Any) -> None:
        super().__init__()
        size = int(codec.blur_kernel_size)
        if size % 2 != 1:
            raise ExportError(f"MSRAHeatmap: blur_kernel_size must be odd, got {size}")
        # OpenCV's own coefficients: for small kernels it takes them from a table, not a formula.
        kernel = torch.as_tensor(cv2.getGaussianKernel(size, 0), dtype=torch.float32).flatten()
        self.register_buffer("kernel", kernel)
        self.register_buffer("scale", torch.tensor(codec.scale_factor, dtype=torch.float32))

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Points in input px, and the height of each maximum before the blur."""
        maps = maps.float()
        height, width = maps.shape[-2:]
        x, y, score = _highest(maps)
        look = _Neighbours(self._logarithm(maps, score), x, y)
        middle = look(0, 0)
        slope_x = 0.5 * (look(1, 0) - look(-1, 0))
        slope_y = 0.5 * (look(0, 1) - look(0, -1))
        bend_xx = 0.25 * (look(2, 0) - 2 * middle + look(-2, 0))
        bend_yy = 0.25 * (look(0, 2) - 2 * middle + look(0, -2))
        bend_xy = 0.25 * (look(1, 1) - look(1, -1) - look(-1, 1) + look(-1, -1))
        determinant = bend_xx * bend_yy - bend_xy * bend_xy
        inside = (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2) & (determinant != 0)
        safe = torch.where(inside, determinant, torch.ones_like(determinant))
        step_x = (bend_yy * slope_x - bend_xy * slope_y) / safe
        step_y = (bend_xx * slope_y - bend_xy * slope_x) / safe
        step = _pair(step_x, step_y) * (inside.unsqueeze(-1) & _found(score))
        return (_pixel(x, y, score) - step) * self.scale, score

    def _logarithm(self, maps: Tensor, score: Tensor) -> Tensor:
        """Blur with black outside, bring each map back to its maximum, take the logarithm."""
        border = (len(self.kernel) - 1) // 2
        count = maps.shape[1]
        rows = self.kernel.view(1, 1, 1, -1).expand(count, 1, 1, -1)
        blurred = nn.functional.conv2d(maps, rows, padding=(0, border), groups=count)
        columns = self.kernel.view(1, 1, -1, 1).expand(count, 1, -1, 1)
        blurred = nn.functional.conv2d(blurred, columns, padding=(border, 0), groups=count)
        peak = blurred.flatten(-2).amax(dim=-1)
        gain = torch.where(peak > 0, score / peak.clamp_min(1e-30), torch.ones_like(peak))
        return (blurred * gain.unsqueeze(-1).unsqueeze(-1)).clamp_min(1e-10).log()


class _Neighbours:
    """The value of every map at its own pixel, moved by a few px; held inside the map."""

    def __init__(self, maps: Tensor, x: Tensor, y: Tensor) -> None:
        self.flat, self.x, self.y = maps.flatten(-2), x, y
        self.height, self.width = maps.shape[-2:]

    def __call__(self, right: int, down: int) -> Tensor:
        x = (self.x + right).clamp(0, self.width - 1)
        y = (self.y + down).clamp(0, self.height - 1)
        return self.flat.gather(-1, (y * self.width + x).unsqueeze(-1)).squeeze(-1)


def _highest(maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Column, row and value of every map's maximum, each (B, K)."""
    width = maps.shape[-1]
    flat = maps.flatten(-2)
    place = flat.argmax(dim=-1)
    return place % width, torch.div(place, width, rounding_mode="floor"), flat.amax(dim=-1)


def _found(score: Tensor) -> Tensor:
    """Whether a map has a positive value, (B, K, 1); the codecs give (-1, -1) for the others."""
    return (score > 0).unsqueeze(-1)


def _pixel(x: Tensor, y: Tensor, score: Tensor) -> Tensor:
    points = _pair(x, y).to(score.dtype)
    return torch.where(_found(score), points, -torch.ones_like(points))


def _pair(x: Tensor, y: Tensor) -> Tensor:
    return torch.stack([x, y], dim=-1)


def _msra(codec: Any) -> nn.Module:
    return DarkDecoder(codec) if codec.unbiased else QuarterDecoder(codec)


DECODERS: dict[str, Callable[[Any], nn.Module]] = {
    "SoftArgmaxHeatmap": SoftArgmaxDecoder,
    "MSRAHeatmap": _msra,
}
"""What makes the decoder of a codec, by the codec's class name; add your own codec here."""


def make_decoder(codec: Any) -> nn.Module:
    """Make the module that decodes in the graph as ``codec`` does in Python.

    Args:
        codec: The head's ``decoder``.

    Raises:
        ExportError: There is no such module for this codec.
    """
    name = type(codec).__name__
    if name not in DECODERS:
        known = ", ".join(DECODERS)
        raise ExportError(
            f"the codec {name} cannot be exported with decoding inside (those that can: {known})"
        )
    return DECODERS[name](codec)
