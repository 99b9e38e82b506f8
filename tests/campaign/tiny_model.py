"""A network of a second's training that draws random numbers as it is trained."""

from __future__ import annotations

import torch
from torch import nn

from mmceph.registry import MODELS


@MODELS.register_module(force=True)
class TinyDropoutNet(nn.Module):
    """Two convolutions with a drop-out between them, to an eighth of the picture's size."""

    def __init__(self, channels: int = 8) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(1, channels, 5, stride=4, padding=2), nn.BatchNorm2d(channels), nn.ReLU()
        )
        self.second = nn.Sequential(
            nn.Dropout(0.2), nn.Conv2d(channels, channels, 3, stride=2, padding=1), nn.ReLU()
        )

    def init_weights(self) -> None:
        """Nothing is loaded."""

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Two maps of a picture (N, 1, H, W), the finer one first."""
        fine = self.first(picture)
        return fine, self.second(fine)
