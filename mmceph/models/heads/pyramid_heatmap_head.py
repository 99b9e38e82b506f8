"""A light top-down decoder that brings every level of a backbone to one fine heat-map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.structures import PixelData
from torch import Tensor, nn
from torch.nn.functional import interpolate

from mmceph.functional.heatmap import spatial_softmax
from mmceph.pose import BaseHead, flip_heatmaps
from mmceph.registry import KEYPOINT_CODECS, MODELS


def _conv_block(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    )


@MODELS.register_module()
class PyramidHeatmapHead(BaseHead):
    """Heat-maps from all levels of a backbone, in the manner of feature pyramid networks.

    Every level passes a 1x1 convolution to ``feat_channels``, is added to the upsampled level
    below it and smoothed by one 3x3 convolution; the finest is upsampled once more. Against the
    three deconvolutions of :class:`HeatmapHead` on the deepest level alone it costs less, keeps
    the fine levels' detail and ends at half the input's resolution.
    Source: Lin et al., Feature Pyramid Networks, CVPR 2017.

    Args:
        in_channels: Channels of the backbone's levels, fine to coarse, as the backbone gives
            them.
        out_channels: Number of landmarks.
        feat_channels: Width of the decoder.
        upsample: Factor from the finest level to the heat-map.
        loss: Loss on heat-maps. One with ``expects_logits = True`` makes the maps logits, which
            are decoded through a softmax; the maps of any other loss are decoded as they are.
        decoder: The codec, which must have ``draw``: :class:`mmceph.codecs.SoftArgmaxHeatmap`.
        init_cfg: Initialisation; torch's own by default.
    """

    reads_expects_logits = True

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: int,
        feat_channels: int = 64,
        upsample: int = 2,
        loss: dict[str, Any] | None = None,
        decoder: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if decoder is None:
            raise ValueError("PyramidHeatmapHead needs a decoder, e.g. type='SoftArgmaxHeatmap'")
        self.in_channels = tuple(in_channels)
        self.out_channels = out_channels
        self.upsample = upsample
        self.loss_module = MODELS.build(loss or {"type": "SpatialCrossEntropyLoss"})
        self.decoder = KEYPOINT_CODECS.build(decoder)
        self.laterals = nn.ModuleList(nn.Conv2d(c, feat_channels, 1) for c in self.in_channels)
        self.smooths = nn.ModuleList(_conv_block(feat_channels) for _ in self.in_channels)
        self.fine = _conv_block(feat_channels) if upsample > 1 else nn.Identity()
        self.final_layer = nn.Conv2d(feat_channels, out_channels, 1)

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Give the maps, shape (B, K, H, W), of features ``feats``, fine to coarse."""
        return self.final_layer(self.features(feats))

    def features(self, feats: Sequence[Tensor]) -> Tensor:
        """Bring all levels ``feats`` to one, shape (B, feat_channels, H, W), the maps' size."""
        if len(feats) != len(self.in_channels):
            raise ValueError(
                f"the backbone gives {len(feats)} levels, the head was built for "
                f"{len(self.in_channels)}: set the backbone's out_indices or in_channels"
            )
        x = self.smooths[-1](self.laterals[-1](feats[-1]))
        for index in reversed(range(len(feats) - 1)):
            level = self.laterals[index](feats[index])
            level = level + interpolate(x, size=level.shape[-2:], mode="bilinear")
            x = self.smooths[index](level)
        if self.upsample > 1:
            x = interpolate(x, scale_factor=float(self.upsample), mode="bilinear")
        return self.fine(x)

    def _readable(self, maps: Tensor) -> Tensor:
        """Make raw maps non-negative, in the way the loss trained them."""
        if getattr(self.loss_module, "expects_logits", False):
            return spatial_softmax(maps)
        return maps.float().clamp_min(0)

    def predict(
        self,
        feats: Any,
        batch_data_samples: list[Any],
        test_cfg: dict[str, Any] | None = None,
    ) -> Any:
        """Predict landmarks in input px.

        Args:
            feats: Features, or with ``flip_test`` a list of those of the image and its mirror
                image.
            batch_data_samples: The batch's samples.
            test_cfg: ``flip_test``, ``shift_heatmap`` and ``output_heatmaps`` as in MMPose.

        Returns:
            A list of instances with ``keypoints`` (1, K, 2) and ``keypoint_scores`` (1, K), and
            with ``output_heatmaps`` also the list of maps.
        """
        test_cfg = test_cfg or {}
        if test_cfg.get("flip_test", False):
            plain, mirrored = feats
            maps = self._readable(self.forward(plain))
            flipped = flip_heatmaps(
                self._readable(self.forward(mirrored)),
                flip_indices=batch_data_samples[0].metainfo["flip_indices"],
                shift_heatmap=test_cfg.get("shift_heatmap", False),
            )
            maps = (maps + flipped) / 2
        else:
            maps = self._readable(self.forward(feats))
        instances = self.decode(maps)
        if test_cfg.get("output_heatmaps", False):
            return instances, [PixelData(heatmaps=m) for m in maps.detach()]
        return instances

    def loss(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: list[Any],
        train_cfg: dict[str, Any] | None = None,
    ) -> dict[str, Tensor]:
        """Compute ``loss_kpt`` from features and the samples' key-point labels."""
        maps = self.forward(feats)
        labels = [sample.gt_instance_labels for sample in batch_data_samples]
        points = torch.cat([label.keypoint_labels for label in labels])
        weights = torch.cat([label.keypoint_weights for label in labels])
        return {"loss_kpt": self.loss_module(maps, self.decoder.draw(points), weights)}
