"""Losses on heat-maps (B, K, H, W).

They share MMPose's habit of averaging over ALL points: a point of weight 0 adds nothing, but
stays in the denominator. mmceph's own masked losses divide by the points that count.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def expand_weights(weights: Tensor, target: Tensor) -> Tensor:
    """Give point-wise (B, K) or pixel-wise (B, K, H, W) weights the dimensions of ``target``.

    Raises:
        ValueError: If the shapes do not belong together.
    """
    if weights.ndim not in (2, 4) or weights.shape != target.shape[: weights.ndim]:
        raise ValueError(
            f"target_weights of shape {tuple(weights.shape)} do not fit a target of shape "
            f"{tuple(target.shape)}"
        )
    return weights.reshape(weights.shape + (1,) * (target.ndim - weights.ndim))


class KeypointMSELoss(nn.Module):
    """Mean squared error; the weights, where given, multiply the SQUARED error.

    Args:
        use_target_weight: Kept for the configs; MMPose 1.x weighs whenever weights are given.
        skip_empty_channel: Leave out maps without a non-zero target (they still count in the
            mean).
        loss_weight: Factor on the loss.
    """

    def __init__(
        self,
        use_target_weight: bool = False,
        skip_empty_channel: bool = False,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.use_target_weight = use_target_weight
        self.skip_empty_channel = skip_empty_channel
        self.loss_weight = loss_weight

    def forward(
        self,
        output: Tensor,
        target: Tensor,
        target_weights: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """The loss; ``mask`` (B, K or 1, H, W) marks the pixels that count."""
        if mask is not None and (
            mask.ndim != target.ndim
            or any(m not in (1, t) for m, t in zip(mask.shape, target.shape, strict=True))
        ):
            raise ValueError(
                f"mask of shape {tuple(mask.shape)} does not fit a target of shape "
                f"{tuple(target.shape)}"
            )
        error = (output - target) ** 2
        if mask is not None:
            error = error * mask
        if target_weights is not None:
            error = error * expand_weights(target_weights, target)
        if self.skip_empty_channel:
            error = error * (target != 0).flatten(2).any(dim=2)[..., None, None]
        return error.mean() * self.loss_weight


class KeypointOHKMMSELoss(nn.Module):
    """Mean squared error of the ``topk`` worst points of each image; weights multiply both maps.

    Args:
        use_target_weight: Multiply output and target by the weights (B, K).
        topk: Number of points kept per image.
        loss_weight: Factor on the loss.

    Raises:
        ValueError: If ``topk`` is below 1 or above the number of points.
    """

    def __init__(
        self, use_target_weight: bool = False, topk: int = 8, loss_weight: float = 1.0
    ) -> None:
        super().__init__()
        if topk < 1:
            raise ValueError(f"KeypointOHKMMSELoss: topk must be at least 1, got {topk}")
        self.use_target_weight = use_target_weight
        self.topk = topk
        self.loss_weight = loss_weight

    def forward(self, output: Tensor, target: Tensor, target_weights: Tensor) -> Tensor:
        """The loss."""
        if output.shape[1] < self.topk:
            raise ValueError(f"topk {self.topk} is more than the {output.shape[1]} key points")
        if self.use_target_weight:
            weights = target_weights[:, :, None, None]
            output, target = output * weights, target * weights
        per_point = ((output - target) ** 2).mean(dim=(2, 3))
        return per_point.topk(self.topk, dim=1).values.mean() * self.loss_weight


class CombinedTargetMSELoss(nn.Module):
    """For UDP's combined maps: half the squared error of disc and, inside the disc, offsets.

    Args:
        use_target_weight: Multiply predicted and target disc by the weights (B, K).
        loss_weight: Factor on the loss.
    """

    def __init__(self, use_target_weight: bool = False, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.use_target_weight = use_target_weight
        self.loss_weight = loss_weight

    def forward(self, output: Tensor, target: Tensor, target_weights: Tensor) -> Tensor:
        """The loss of maps (B, 3 K, H, W)."""
        disc, disc_target = output[:, ::3], target[:, ::3]
        if self.use_target_weight:
            weights = target_weights[:, :, None, None]
            disc, disc_target = disc * weights, disc_target * weights
        loss = F.mse_loss(disc, disc_target)
        for part in (1, 2):
            loss = loss + F.mse_loss(
                disc_target * output[:, part::3], disc_target * target[:, part::3]
            )
        return 0.5 * loss * self.loss_weight


class AdaptiveWingLoss(nn.Module):
    """Adaptive wing loss (Wang et al., ICCV 2019): steep near the peak, flat on the background.

    Args:
        alpha: Exponent on the background; ``alpha - target`` elsewhere.
        omega: Height of the curved part.
        epsilon: Width of the curved part.
        theta: Error at which the curve becomes a line.
        use_target_weight: Multiply output and target by the weights (B, K) or (B, K, H, W).
        loss_weight: Factor on the loss.
    """

    def __init__(
        self,
        alpha: float = 2.1,
        omega: float = 14,
        epsilon: float = 1,
        theta: float = 0.5,
        use_target_weight: bool = False,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.alpha = float(alpha)
        self.omega = float(omega)
        self.epsilon = float(epsilon)
        self.theta = float(theta)
        self.use_target_weight = use_target_weight
        self.loss_weight = loss_weight

    def criterion(self, pred: Tensor, target: Tensor) -> Tensor:
        """Mean loss of two sets of maps."""
        error = (target - pred).abs()
        power = self.alpha - target
        knee = (self.theta / self.epsilon) ** power
        slope = self.omega / (1 + knee) * power * knee / self.theta
        offset = self.theta * slope - self.omega * torch.log(1 + knee)
        curve = self.omega * torch.log(1 + (error / self.epsilon) ** power)
        return torch.where(error < self.theta, curve, slope * error - offset).mean()

    def forward(
        self, output: Tensor, target: Tensor, target_weights: Tensor | None = None
    ) -> Tensor:
        """The loss."""
        if self.use_target_weight:
            if target_weights is None:
                raise ValueError("AdaptiveWingLoss: use_target_weight needs target_weights")
            weights = expand_weights(target_weights, target)
            output, target = output * weights, target * weights
        return self.criterion(output, target) * self.loss_weight
