"""Features -> heat-maps, through transposed and plain convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.structures import PixelData
from torch import Tensor, nn

from mmceph.pose.standin.base_head import BaseHead
from mmceph.pose.standin.flip_heatmaps import flip_heatmaps
from mmceph.pose.standin.pck import pose_pck_accuracy
from mmceph.registry import KEYPOINT_CODECS, MODELS

_DECONV_PADDING = {4: (1, 0), 3: (1, 1), 2: (0, 0)}  # kernel -> padding, output padding


class HeatmapHead(BaseHead):
    """The head of "Simple Baselines" (Xiao et al., 2018); parameters are named as in MMPose.

    Args:
        in_channels: Channels of the last feature level.
        out_channels: Number of maps.
        deconv_out_channels: Channels of the transposed convolutions, each doubling the size.
        deconv_kernel_sizes: Their kernel sizes: 2, 3 or 4.
        conv_out_channels: Channels of the convolutions after them.
        conv_kernel_sizes: Their kernel sizes.
        final_layer: Arguments of the last convolution; None leaves it out.
        loss: Config of the loss.
        decoder: Config of the codec; needed to predict.
        init_cfg: mmengine's initialisation; normal with 0.001 where not given.

    Raises:
        ValueError: For lists of unequal length, a kernel size that does not double the size, or
            a ``final_layer`` of another type than Conv2d.
    """

    _version = 2  # MMPose converts the parameter names of checkpoints older than this

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        deconv_out_channels: Sequence[int] | None = (256, 256, 256),
        deconv_kernel_sizes: Sequence[int] | None = (4, 4, 4),
        conv_out_channels: Sequence[int] | None = None,
        conv_kernel_sizes: Sequence[int] | None = None,
        final_layer: dict[str, Any] | None = {"kernel_size": 1},  # noqa: B006 - only read
        loss: dict[str, Any] = {"type": "KeypointMSELoss", "use_target_weight": True},  # noqa: B006
        decoder: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(self.default_init_cfg if init_cfg is None else init_cfg)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.loss_module = MODELS.build(loss)
        self.decoder = None if decoder is None else KEYPOINT_CODECS.build(decoder)

        self.deconv_layers: nn.Module = nn.Identity()
        self.conv_layers: nn.Module = nn.Identity()
        self.final_layer: nn.Module = nn.Identity()
        if deconv_out_channels:
            kernels = _same_length("deconv", deconv_out_channels, deconv_kernel_sizes)
            self.deconv_layers = _stack(_deconv, in_channels, deconv_out_channels, kernels)
            in_channels = deconv_out_channels[-1]
        if conv_out_channels:
            kernels = _same_length("conv", conv_out_channels, conv_kernel_sizes)
            self.conv_layers = _stack(_conv, in_channels, conv_out_channels, kernels)
            in_channels = conv_out_channels[-1]
        if final_layer is not None:
            layer = {"kernel_size": 1, **final_layer}
            kind = layer.pop("type", "Conv2d")
            if kind not in ("Conv2d", "Conv"):
                raise ValueError(
                    f"HeatmapHead without MMPose: final_layer.type must be Conv2d, not {kind!r}"
                )
            self.final_layer = nn.Conv2d(in_channels, out_channels, **layer)

    @property
    def default_init_cfg(self) -> list[dict[str, Any]]:
        """Small normal weights, batch norms at one."""
        return [
            {"type": "Normal", "layer": ["Conv2d", "ConvTranspose2d"], "std": 0.001},
            {"type": "Constant", "layer": "BatchNorm2d", "val": 1},
        ]

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """The last feature level (B, C, h, w) -> heat-maps (B, out_channels, H, W)."""
        return self.final_layer(self.conv_layers(self.deconv_layers(feats[-1])))

    def predict(self, feats: Any, batch_data_samples: list, test_cfg: dict | None = None) -> Any:
        """Predict points in input px.

        Args:
            feats: Feature levels; with ``test_cfg["flip_test"]`` a list of those of the image
                and those of its mirror image.
            batch_data_samples: One sample per image.
            test_cfg: ``flip_test``, ``flip_mode``, ``shift_heatmap``, ``output_heatmaps``.

        Returns:
            One InstanceData (keypoints (1, K, 2), keypoint_scores (1, K)) per image; with
            ``output_heatmaps`` also one PixelData each.
        """
        test_cfg = test_cfg or {}
        if test_cfg.get("flip_test", False):
            straight, mirrored = feats
            heatmaps = 0.5 * (
                self.forward(straight)
                + flip_heatmaps(
                    self.forward(mirrored),
                    flip_mode=test_cfg.get("flip_mode", "heatmap"),
                    flip_indices=batch_data_samples[0].metainfo["flip_indices"],
                    shift_heatmap=test_cfg.get("shift_heatmap", False),
                )
            )
        else:
            heatmaps = self.forward(feats)
        predictions = self.decode(heatmaps)
        if test_cfg.get("output_heatmaps", False):
            return predictions, [PixelData(heatmaps=one) for one in heatmaps.detach()]
        return predictions

    def loss(
        self, feats: tuple[Tensor, ...], batch_data_samples: list, train_cfg: dict | None = None
    ) -> dict[str, Tensor]:
        """``loss_kpt`` and, unless ``train_cfg["compute_acc"]`` is False, ``acc_pose``."""
        output = self.forward(feats)
        target = torch.stack([sample.gt_fields.heatmaps for sample in batch_data_samples])
        weights = torch.cat(
            [sample.gt_instance_labels.keypoint_weights for sample in batch_data_samples]
        )
        losses = {"loss_kpt": self.loss_module(output, target, weights)}
        if (train_cfg or {}).get("compute_acc", True):
            _, accuracy, _ = pose_pck_accuracy(
                output.detach().cpu().numpy(),
                target.cpu().numpy(),
                mask=weights.cpu().numpy() > 0,
            )
            losses["acc_pose"] = torch.tensor(accuracy, device=target.device)
        return losses


def _same_length(
    name: str, channels: Sequence[int], kernels: Sequence[int] | None
) -> Sequence[int]:
    if kernels is None or len(kernels) != len(channels):
        raise ValueError(
            f"HeatmapHead: {name}_out_channels {channels} and {name}_kernel_sizes {kernels} must "
            "be equally long"
        )
    return kernels


def _stack(layer: Any, in_channels: int, channels: Sequence[int], kernels: Sequence[int]) -> Any:
    """Layer, batch norm and ReLU, once per entry."""
    modules: list[nn.Module] = []
    for out_channels, kernel in zip(channels, kernels, strict=True):
        modules += [
            layer(in_channels, out_channels, kernel),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        ]
        in_channels = out_channels
    return nn.Sequential(*modules)


def _conv(in_channels: int, out_channels: int, kernel: int) -> nn.Module:
    return nn.Conv2d(in_channels, out_channels, kernel, padding=(kernel - 1) // 2)


def _deconv(in_channels: int, out_channels: int, kernel: int) -> nn.Module:
    if kernel not in _DECONV_PADDING:
        raise ValueError(f"HeatmapHead: deconv_kernel_sizes must be 2, 3 or 4, not {kernel}")
    padding, extra = _DECONV_PADDING[kernel]
    return nn.ConvTranspose2d(
        in_channels,
        out_channels,
        kernel,
        stride=2,
        padding=padding,
        output_padding=extra,
        bias=False,
    )
