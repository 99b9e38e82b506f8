"""Heat-maps at the full size of the input, from all levels of HRNet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from mmceph.pose import HeatmapHead
from mmceph.registry import MODELS

_LOSS_FACTORS = (1e-4, 1.0, 1.0)


class _ResidualBlock(nn.Module):
    """Depthwise 7x7 convolution and two layers over the channels, added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.BatchNorm2d(channels)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.act = nn.GELU()
        self.pwconv2 = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x)).permute(0, 2, 3, 1)
        y = self.pwconv2(self.act(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


class _Converge(nn.Module):
    """Each landmark's channels to one map, ``factor`` times as large."""

    def __init__(self, landmarks: int, kernel: int, factor: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            4 * landmarks,
            factor**2 * landmarks,
            kernel,
            padding=kernel // 2,
            groups=landmarks,
        )
        self.shuffle = nn.PixelShuffle(factor)
        nn.init.normal_(self.conv.weight, std=0.001)
        assert self.conv.bias is not None
        nn.init.zeros_(self.conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.shuffle(self.conv(x))


@MODELS.register_module()
class SuperResolutionHead(HeatmapHead):
    """The head of the SUTD-VLG model of CL-Detection2023; its checkpoints fit by name.

    The coarsest level gives coarse maps, which are fed back; level by level the features are
    refined and upsampled, and pixel shuffles bring one map a landmark to four times the finest
    level's size, the size of the input with HRNet. In training the maps of three sizes are
    supervised, the coarser ones with the average-pooled target.
    Source: the published network of the team SUTD-VLG (SRPose head on HRNet-W48).

    Args:
        in_channels: Channels of four levels, fine to coarse, each half the size of the one before
            (HRNet with ``multiscale_output=True`` in its last stage).
        out_channels: Number of landmarks.
        loss: Loss on heat-maps.
        decoder: The codec, whose heat-map has the input's size.
        init_cfg: mmengine's initialisation; torch's own by default.

    Raises:
        ValueError: Not four levels.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (48, 96, 192, 384),
        out_channels: int = 38,
        loss: dict[str, Any] | None = None,
        decoder: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        if len(in_channels) != 4:
            raise ValueError(f"SuperResolutionHead: four levels are needed, got {in_channels}")
        super().__init__(
            in_channels=in_channels[0],
            out_channels=out_channels,
            deconv_out_channels=None,
            final_layer=None,
            loss=loss or {"type": "KeypointMSELoss", "use_target_weight": True},
            decoder=decoder,
            init_cfg=init_cfg,
        )
        widths = tuple(reversed(in_channels))
        steps = list(pairwise(widths))
        self.level_channels = tuple(in_channels)
        self.lr_head = _relu(nn.Conv2d(widths[0], out_channels, 1))
        self.lr_fuse = _relu(nn.Conv2d(out_channels, widths[0], 1))
        self.pre_fuse = nn.ModuleList(
            _relu(nn.Conv2d(width, width, 1), nn.BatchNorm2d(width)) for width in widths
        )
        self.pre_interpolate = nn.ModuleList(
            _relu(
                nn.Conv2d(coarse, coarse, 3, padding=1, groups=coarse),
                nn.Conv2d(coarse, fine, 1),
                nn.BatchNorm2d(fine),
            )
            for coarse, fine in steps
        )
        self.fuse = nn.ModuleList(nn.Conv2d(2 * fine, fine, 1) for _, fine in steps)
        self.post_fuse = nn.ModuleList(
            nn.Sequential(_ResidualBlock(fine), _ResidualBlock(fine)) for _, fine in steps
        )
        # Only the two finest levels end in maps; the others keep their places in the names.
        self.kp_encoder = nn.ModuleList(
            _relu(nn.Conv2d(width, 4 * out_channels, 1)) if level >= 2 else nn.Identity()
            for level, width in enumerate(widths)
        )
        self.converge = nn.ModuleList(
            [
                nn.Identity(),
                nn.Identity(),
                _Converge(out_channels, 7, 2),
                _Converge(out_channels, 9, 4),
            ]
        )

    @property
    def default_init_cfg(self) -> list[dict[str, Any]]:
        """None: the layers are initialised where they are made."""
        return []

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Give the maps, shape (B, K, 4h, 4w), of features ``feats``, fine to coarse."""
        return self._maps(self._levels(feats)[1], 3)

    def forward_all(self, feats: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Give the maps of all sizes, coarse to fine: the coarsest level's own, 1/4 and 1 of it."""
        coarse, fine, middle = self._levels(feats)
        return coarse, self._maps(middle, 2), self._maps(fine, 3)

    def _maps(self, x: Tensor, level: int) -> Tensor:
        return self.converge[level](self.kp_encoder[level](x))

    def _levels(self, feats: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """The coarse maps, and the refined features of the finest and of the second level."""
        if len(feats) != len(self.level_channels):
            raise ValueError(
                f"SuperResolutionHead: the backbone gives {len(feats)} levels, not "
                f"{len(self.level_channels)}: set extra.stage4.multiscale_output=True"
            )
        levels = list(reversed(feats))
        coarse = self.lr_head(levels[0])
        x = self.pre_fuse[0](levels[0]) + self.lr_fuse(coarse)
        middle = x
        for index, level in enumerate(levels[1:]):
            middle = x
            x = interpolate(self.pre_interpolate[index](x), size=level.shape[-2:], mode="nearest")
            x = self.fuse[index](torch.cat([x, self.pre_fuse[index + 1](level)], dim=1))
            x = self.post_fuse[index](x)
        return coarse, x, middle

    def loss(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: list[Any],
        train_cfg: dict[str, Any] | None = None,
    ) -> dict[str, Tensor]:
        """Losses ``hp0_2d_loss`` to ``hp2_2d_loss``, coarse to fine, from features and targets."""
        target = torch.stack([sample.gt_fields.heatmaps for sample in batch_data_samples])
        labels = [sample.gt_instance_labels for sample in batch_data_samples]
        weights = torch.cat([label.keypoint_weights for label in labels])
        losses = {}
        for number, (maps, factor) in enumerate(
            zip(self.forward_all(feats), _LOSS_FACTORS, strict=True)
        ):
            pooled = target
            if maps.shape != target.shape:
                pooled = adaptive_avg_pool2d(target, (maps.shape[-2], maps.shape[-1]))
            losses[f"hp{number}_2d_loss"] = factor * self.loss_module(maps, pooled, weights)
        return losses


def _relu(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers, nn.ReLU())
