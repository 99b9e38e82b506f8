"""From a trained estimator to a module that ends in points, which is what is exported."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from mmceph.deployment.decoders import ExportError, make_decoder

EXPORT_METHOD = "export_module"
"""An estimator with a method of this name says itself what is exported.

It takes nothing and returns a module whose ``forward`` takes normalised images (B, C, h, w) and
returns points (B, K, 2) in input px and scores (B, K): what its ``predict`` finds.
"""

_HEADS = ("HeatmapHead", "PyramidHeatmapHead")
_FLIP_OFF = "--cfg-options model.test_cfg.flip_test=False"


class HeatmapModule(nn.Module):
    """Backbone, neck and heat-map head with the head's decoding inside.

    Args:
        model: A top-down estimator whose head gives heat-maps; its weights are shared.

    Raises:
        ExportError: The head or its codec cannot be exported.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        head: Any = getattr(model, "head", None)
        if type(head).__name__ not in _HEADS:
            what = "no head of its own" if head is None else f"the head {type(head).__name__}"
            raise ExportError(
                f"{type(model).__name__} with {what} cannot be exported (heads that can: "
                f"{', '.join(_HEADS)}; an estimator of your own can have a method {EXPORT_METHOD})"
            )
        self.model = model
        self.decoder = make_decoder(head.decoder)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B, C, h, w), normalised -> points (B, K, 2) in input px and scores (B, K)."""
        model: Any = self.model
        return self.decoder(readable_maps(model.head, model.extract_feat(images)))


def readable_maps(head: Any, feats: Any) -> Tensor:
    """The maps (B, K, H, W) that a head hands to its codec when it predicts from ``feats``."""
    maps = head.forward(feats)
    # A head whose maps are logits knows how to make them readable; MMPose's are read as they are.
    return head._readable(maps) if hasattr(head, "_readable") else maps


def as_module(model: nn.Module) -> nn.Module:
    """Give what is to be exported of an estimator, in evaluation mode.

    Args:
        model: The estimator with its weights.

    Raises:
        ExportError: It cannot be exported, or its ``test_cfg`` asks for what an export has not.
    """
    test_cfg: Any = getattr(model, "test_cfg", None) or {}
    if test_cfg.get("flip_test", False):
        raise ExportError(f"test_cfg.flip_test cannot be exported; switch it off with {_FLIP_OFF}")
    if test_cfg.get("output_keypoint_indices") is not None:
        raise ExportError("test_cfg.output_keypoint_indices cannot be exported; leave it out")
    own = getattr(model, EXPORT_METHOD, None)
    module: nn.Module = own() if callable(own) else HeatmapModule(model)
    return module.eval()
