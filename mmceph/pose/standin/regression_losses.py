"""Losses on coordinates (B, K, D). Weights multiply prediction and target before the loss."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class _WeightedLoss(nn.Module):
    """A loss with the optional weights and the factor all of these share."""

    def __init__(self, use_target_weight: bool = False, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.use_target_weight = use_target_weight
        self.loss_weight = loss_weight

    def criterion(self, output: Tensor, target: Tensor) -> Tensor:
        """The unweighted loss."""
        raise NotImplementedError

    def forward(
        self, output: Tensor, target: Tensor, target_weight: Tensor | None = None
    ) -> Tensor:
        """The loss; weights (B, K, D) or, for all dimensions alike, (B, K).

        Raises:
            ValueError: If weights are wanted and not given.
        """
        if self.use_target_weight:
            if target_weight is None:
                raise ValueError(f"{type(self).__name__}: use_target_weight needs target_weight")
            weight = target_weight.reshape(
                target_weight.shape + (1,) * (target.ndim - target_weight.ndim)
            )
            output, target = output * weight, target * weight
        return self.criterion(output, target) * self.loss_weight


class SmoothL1Loss(_WeightedLoss):
    """Huber's loss with its knee at 1."""

    def criterion(self, output: Tensor, target: Tensor) -> Tensor:
        """Mean over all coordinates."""
        return F.smooth_l1_loss(output, target)


class MSELoss(_WeightedLoss):
    """Mean squared error."""

    def criterion(self, output: Tensor, target: Tensor) -> Tensor:
        """Mean over all coordinates."""
        return F.mse_loss(output, target)


class L1Loss(_WeightedLoss):
    """Mean absolute error.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        use_target_weight: Multiply prediction and target by the weights.
        loss_weight: Factor on the loss.

    Raises:
        ValueError: For another ``reduction``.
    """

    def __init__(
        self, reduction: str = "mean", use_target_weight: bool = False, loss_weight: float = 1.0
    ) -> None:
        super().__init__(use_target_weight, loss_weight)
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"L1Loss: reduction must be mean, sum or none, not {reduction!r}")
        self.reduction = reduction

    def criterion(self, output: Tensor, target: Tensor) -> Tensor:
        """The reduced error."""
        return F.l1_loss(output, target, reduction=self.reduction)


class WingLoss(_WeightedLoss):
    """Wing loss (Feng et al., CVPR 2018): logarithmic below ``omega``, linear above.

    Args:
        omega: Error at which the curve becomes a line.
        epsilon: Curvature.
        use_target_weight: Multiply prediction and target by the weights.
        loss_weight: Factor on the loss.
    """

    def __init__(
        self,
        omega: float = 10.0,
        epsilon: float = 2.0,
        use_target_weight: bool = False,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(use_target_weight, loss_weight)
        self.omega = omega
        self.epsilon = epsilon
        self.gap = omega * (1.0 - math.log(1.0 + omega / epsilon))

    def criterion(self, output: Tensor, target: Tensor) -> Tensor:
        """Sum over an image's coordinates, mean over images."""
        error = (target - output).abs()
        curve = self.omega * torch.log(1.0 + error / self.epsilon)
        loss = torch.where(error < self.omega, curve, error - self.gap)
        return loss.sum(dim=(1, 2)).mean()
