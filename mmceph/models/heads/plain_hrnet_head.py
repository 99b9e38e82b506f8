"""The four final layers of the hand-written HRNet, as a head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from mmceph.pose import HeatmapHead
from mmceph.registry import MODELS


@MODELS.register_module()
class PlainHRNetHead(HeatmapHead):
    """Heat-maps from every level of :class:`PlainHRNet`, added, at the input's size.

    Args:
        in_channels: Channels of the levels, fine to coarse, each half the size of the one before.
        out_channels: Number of landmarks.
        feat_channels: Channels of each level's inner layer.
        loss: Loss on heat-maps between 0 and 1.
        decoder: The codec, whose heat-map has the input's size.
        init_cfg: mmengine's initialisation; torch's own by default.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (32, 64, 128, 256),
        out_channels: int = 29,
        feat_channels: int = 32,
        loss: dict[str, Any] | None = None,
        decoder: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(
            in_channels=in_channels[0],
            out_channels=out_channels,
            deconv_out_channels=None,
            final_layer=None,
            loss=loss or {"type": "KeypointMSELoss", "use_target_weight": True},
            decoder=decoder,
            init_cfg=init_cfg,
        )
        self.level_channels = tuple(in_channels)
        self.final_layers = nn.ModuleList(
            _final_layer(channels, feat_channels, out_channels, 2**level)
            for level, channels in enumerate(self.level_channels)
        )

    @property
    def default_init_cfg(self) -> list[dict[str, Any]]:
        """None: torch's own."""
        return []

    def logits(self, feats: Sequence[Tensor]) -> Tensor:
        """Give the maps (B, K, 4h, 4w) before the sigmoid, of features ``feats``, fine to coarse.

        Raises:
            ValueError: The backbone gives another number of levels.
        """
        if len(feats) != len(self.final_layers):
            raise ValueError(
                f"PlainHRNetHead: the backbone gives {len(feats)} levels, the head was built for "
                f"{len(self.final_layers)}: set in_channels"
            )
        size = feats[0].shape[-2:]
        maps = [layer(x) for layer, x in zip(self.final_layers, feats, strict=True)]
        maps = [y if y.shape[-2:] == size else _resized(y, size=size) for y in maps]
        return _resized(torch.stack(maps).sum(dim=0), scale_factor=4.0)

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Give the maps, shape (B, K, 4h, 4w) and values in 0 to 1, of features ``feats``."""
        return self.logits(feats).sigmoid()


def _final_layer(in_channels: int, width: int, landmarks: int, factor: int) -> nn.Sequential:
    up = [nn.Upsample(scale_factor=factor, mode="bilinear")] if factor > 1 else []
    return nn.Sequential(
        nn.Conv2d(in_channels, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        *up,
        nn.Conv2d(width, landmarks, 1),
    )


def _resized(x: Any, **size: Any) -> Tensor:
    return interpolate(x, mode="bilinear", align_corners=False, **size)
