"""The head that regresses the two ruler marks P1 and P2 and says whether they are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.structures import InstanceData, PixelData
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from mmceph.errors import MmcephError
from mmceph.functional.heatmap import local_soft_argmax, soft_argmax, spatial_softmax
from mmceph.functional.smooth_l1 import smooth_l1
from mmceph.functional.spatial_cross_entropy import spatial_cross_entropy
from mmceph.functional.weighted_mean import weighted_mean
from mmceph.models.losses.base_loss import BaseLoss
from mmceph.pose import AdaptiveWingLoss, BaseHead, KeypointMSELoss
from mmceph.registry import KEYPOINT_CODECS, MODELS

from .pyramid_heatmap_head import PyramidHeatmapHead

_MARKS = 2
_POOLINGS = ("integral", "gap")


@MODELS.register_module()
class P1P2RegressionHead(BaseHead):
    """Coordinates and presence of the ruler marks P1 (lower) and P2 (upper).

    ``pooling="integral"`` draws one heat-map a mark and takes its centroid: in training that of
    the whole map (gradients reach all of it), in prediction that of a window around its maximum.
    Presence is judged from the features where the mark is believed to be. ``pooling="gap"`` is the
    older shape, kept for comparison and for its checkpoints: features averaged over the whole
    picture, which throws away where they are, then linear layers of 512, 256 and 4.

    Coordinates in the losses are fractions of the input's width and height. A mark that is not
    there (weight 0) adds nothing to the losses of place and is an example of absence.

    Args:
        in_channels: Channels of the backbone's level to use (the last one of that width), or of
            all its levels, fine to coarse.
        pooling: ``"integral"`` or ``"gap"``. The latter uses the coarsest level alone.
        loss: Loss on coordinates (N, 1, 2) of marks that are there: MSE, smooth L1 or wing.
        distance_weight: Factor on the relative error of the distance P1-P2 (smooth L1, beta 0.1).
        heatmap_weight: Factor on the cross-entropy of the maps, integral only.
        presence_weight: Factor on the cross-entropy of presence.
        presence: Learn presence. False for older gap models, which have none: then every mark
            counts as present.
        feat_channels: Width of the integral decoder.
        upsample: Factor from the finest level used to the heat-map, integral only.
        dropout: Dropout of the gap layers.
        decoder: The codec; :class:`mmceph.codecs.SoftArgmaxHeatmap`.
        init_cfg: Initialisation; torch's own by default.

    Raises:
        MmcephError: An argument has an impossible value.
    """

    LANDMARKS = ("P1", "P2")
    """What it finds, whatever the data set has."""

    reads_expects_logits = True  # and refuses such a loss itself

    def __init__(
        self,
        in_channels: int | Sequence[int],
        pooling: str = "integral",
        loss: dict[str, Any] | None = None,
        distance_weight: float = 0.1,
        heatmap_weight: float = 1.0,
        presence_weight: float = 1.0,
        presence: bool = True,
        feat_channels: int = 64,
        upsample: int = 2,
        dropout: float = 0.3,
        decoder: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if pooling not in _POOLINGS:
            raise MmcephError(f"P1P2RegressionHead: pooling {pooling!r} is none of {_POOLINGS}")
        if decoder is None:
            raise MmcephError("P1P2RegressionHead needs a decoder, type='SoftArgmaxHeatmap'")
        self.several_levels = not isinstance(in_channels, int)
        levels = (in_channels,) if isinstance(in_channels, int) else tuple(in_channels)
        self.in_channels = levels
        self.pooling = pooling
        self.distance_weight = distance_weight
        self.heatmap_weight = heatmap_weight
        self.presence_weight = presence_weight
        self.loss_module = MODELS.build(loss or {"type": "LandmarkSmoothL1Loss", "beta": 0.1})
        if getattr(self.loss_module, "expects_logits", False) or isinstance(
            self.loss_module, AdaptiveWingLoss
        ):
            raise MmcephError(
                "P1P2RegressionHead takes a loss on coordinates (mse, smooth_l1 or wing), not "
                f"{type(self.loss_module).__name__} on heat-maps"
            )
        self._base = BaseLoss(self.loss_module)
        self.decoder = KEYPOINT_CODECS.build(decoder)
        self.presence: nn.Module | None
        if pooling == "integral":
            self.maps = PyramidHeatmapHead(levels, _MARKS, feat_channels, upsample, decoder=decoder)
            self.presence = _presence(feat_channels) if presence else None
        else:
            self.regressor = _regressor(levels[-1], dropout)
            self.presence = nn.Linear(256, _MARKS) if presence else None

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Regress from the backbone's features, fine to coarse.

        Returns:
            Marks (B, 2, 2) as fractions of the input (P1 first, x before y), and presence (B, 2),
            0 to 1.
        """
        points, presence, _ = self._run(feats, exact=True)
        return points, presence.sigmoid()

    def _run(
        self, feats: Sequence[Tensor], exact: bool = False
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Points (fractions), presence (logits), and the maps' logits of the integral kind."""
        levels = self._levels(feats)
        if self.pooling == "gap":
            hidden = self.regressor[:-2](levels[-1].mean(dim=(-2, -1)))
            points = self.regressor[-2:](hidden).view(-1, _MARKS, 2)
            return points, self._presence_of(points, hidden), None
        features = self.maps.features(levels)
        logits = self.maps.final_layer(features)
        maps = spatial_softmax(logits)
        return self._read(maps, exact), self._presence_of(maps, features), logits

    def _read(self, maps: Tensor, exact: bool) -> Tensor:
        points = local_soft_argmax(maps, self.decoder.radius)[0] if exact else soft_argmax(maps)
        return points / points.new_tensor(self.decoder.heatmap_size)

    def _presence_of(self, where: Tensor, features: Tensor) -> Tensor:
        if self.presence is None:
            return torch.full_like(where.flatten(2)[..., 0], 20.0)  # a logit for 1.0
        if self.pooling == "gap":
            return self.presence(features)
        # Presence shall look where the mark is believed to be, and not move that place.
        share = where.detach().to(features.dtype).flatten(2)
        local = torch.einsum("bkn,bcn->bkc", share, features.flatten(2))
        return self.presence(local).squeeze(-1)

    def _levels(self, feats: Sequence[Tensor]) -> Sequence[Tensor]:
        """The levels this head was built for."""
        if self.several_levels:
            return feats  # the decoder checks their number
        width = self.in_channels[0]
        fitting = [level for level in feats if level.shape[1] == width]
        if not fitting:
            given = ", ".join(str(level.shape[1]) for level in feats)
            raise MmcephError(
                f"P1P2RegressionHead: in_channels is {width}, the backbone gives levels of {given} "
                "channels; set one of these, or all of them as a tuple"
            )
        return fitting[-1:]

    def predict(
        self,
        feats: Any,
        batch_data_samples: list[Any],
        test_cfg: dict[str, Any] | None = None,
    ) -> Any:
        """Predict the marks in input px.

        Args:
            feats: Features, or with ``flip_test`` a list of those of the image and its mirror
                image.
            batch_data_samples: The batch's samples; not used.
            test_cfg: ``flip_test`` and ``output_heatmaps`` as in MMPose.

        Returns:
            A list of instances with ``keypoints`` (1, 2, 2), P1 first, and ``keypoint_scores``
            (1, 2), the presence of each; with ``output_heatmaps`` also the list of maps.
        """
        test_cfg = test_cfg or {}
        both = feats if test_cfg.get("flip_test", False) else [feats]
        points, presence, logits = self._run(both[0], exact=True)
        maps = None if logits is None else spatial_softmax(logits)
        if len(both) > 1:
            mirrored, mirrored_presence, mirrored_logits = self._run(both[1], exact=True)
            presence = (presence + mirrored_presence) / 2
            if maps is not None and mirrored_logits is not None:
                maps = (maps + spatial_softmax(mirrored_logits).flip(-1)) / 2
                points = self._read(maps, exact=True)
            else:
                last = 1 - 1 / self.decoder.input_size[0]  # the last pixel's centre
                points = (points + _mirror(mirrored, last)) / 2
        instances = self._instances(points, presence.sigmoid())
        if test_cfg.get("output_heatmaps", False) and maps is not None:
            return instances, [PixelData(heatmaps=m) for m in maps.detach()]
        return instances

    def _instances(self, points: Tensor, scores: Tensor) -> list[InstanceData]:
        pixels = (points * points.new_tensor(self.decoder.input_size)).detach().cpu().numpy()
        shown = scores.detach().cpu().numpy()
        return [
            InstanceData(keypoints=marks[None], keypoint_scores=score[None])
            for marks, score in zip(pixels, shown, strict=True)
        ]

    def loss(
        self,
        feats: Sequence[Tensor],
        batch_data_samples: list[Any],
        train_cfg: dict[str, Any] | None = None,
    ) -> dict[str, Tensor]:
        """Compute the losses from features and the samples' key-point labels.

        Returns:
            ``loss_kpt``, ``loss_distance``, for integral ``loss_heatmap``, and ``loss_presence``.
        """
        points, presence, logits = self._run(feats)
        labels = [sample.gt_instance_labels for sample in batch_data_samples]
        target = torch.cat([label.keypoint_labels for label in labels]).to(points.device)
        weights = torch.cat([label.keypoint_weights for label in labels]).to(points)
        there = weights > 0
        fractions = target.to(points) / points.new_tensor(self.decoder.heatmap_size)
        losses = {
            "loss_kpt": self._place_loss(points, fractions, there),
            "loss_distance": self._distance_loss(points, fractions, there.all(1)),
        }
        if logits is not None:
            entropy = spatial_cross_entropy(logits, self.decoder.draw(target.float()))
            losses["loss_heatmap"] = self.heatmap_weight * weighted_mean(entropy, weights)
        if self.presence is not None:
            losses["loss_presence"] = self.presence_weight * binary_cross_entropy_with_logits(
                presence.float(), there.float()
            )
        return losses

    def _place_loss(self, points: Tensor, target: Tensor, there: Tensor) -> Tensor:
        # Only marks that are there are handed on, so no loss can count the others.
        output, wanted = points[there].unsqueeze(1), target[there].unsqueeze(1)
        if not len(output):
            return points.sum() * 0
        if isinstance(self.loss_module, KeypointMSELoss):  # takes weights for maps alone
            output, wanted = output.unsqueeze(2), wanted.unsqueeze(2)
        return self._base(output, wanted, output.new_ones(len(output), 1))

    def _distance_loss(self, points: Tensor, target: Tensor, both: Tensor) -> Tensor:
        """Relative error of the distance: what the scale in mm per px depends on."""
        size = points.new_tensor(self.decoder.input_size)
        found, wanted = ((p[both, 1] - p[both, 0]) * size for p in (points, target))
        if not len(found):
            return points.sum() * 0
        length = wanted.norm(dim=-1).clamp_min(1.0)
        # The square root has no slope at 0, where an untrained model starts.
        share = (found.square().sum(-1) + 1e-6).sqrt() / length
        return self.distance_weight * smooth_l1(share, wanted.norm(dim=-1) / length, 0.1).mean()


def _regressor(in_channels: int, dropout: float) -> nn.Sequential:
    """The layers of the older models, in their order, so that their weights fit."""
    return nn.Sequential(
        nn.Linear(in_channels, 512),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(512, 256),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(256, 2 * _MARKS),
        nn.Sigmoid(),
    )


def _presence(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(channels, 32), nn.ReLU(inplace=True), nn.Linear(32, 1))


def _mirror(points: Tensor, last: float) -> Tensor:
    """Bring fractions (B, 2, 2) of a mirror image back to those of the image."""
    return torch.stack([last - points[..., 0], points[..., 1]], dim=-1)
