"""Spatial cross-entropy as a key-point loss."""

from __future__ import annotations

from torch import Tensor, nn

from mmceph.functional.spatial_cross_entropy import spatial_cross_entropy
from mmceph.registry import MODELS


@MODELS.register_module()
class SpatialCrossEntropyLoss(nn.Module):
    """One softmax over the whole map, pulled towards a Gaussian at the landmark.

    Unlike a squared error, most of which comes from the empty background, every landmark
    weighs the same here whatever the map's size.

    Args:
        use_target_weight: Leave landmarks of weight 0 out and weigh the others; the mean is
            taken over the weights, not over all landmarks.
        loss_weight: Factor on the result.
    """

    # Heads read this: the maps this loss trains are logits, to be decoded through a softmax.
    expects_logits = True

    def __init__(self, use_target_weight: bool = True, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.use_target_weight = use_target_weight
        self.loss_weight = loss_weight

    def forward(
        self, output: Tensor, target: Tensor, target_weights: Tensor | None = None
    ) -> Tensor:
        """Compute the loss.

        Args:
            output: Logits, shape (B, K, H, W).
            target: Non-negative target maps, same shape.
            target_weights: Weights, shape (B, K).

        Returns:
            A scalar; zero, with its graph kept, when no landmark has a weight.
        """
        loss = spatial_cross_entropy(output, target)
        if self.use_target_weight and target_weights is not None:
            loss = (loss * target_weights).sum() / target_weights.sum().clamp_min(1e-6)
        else:
            loss = loss.mean()
        return loss * self.loss_weight
