"""Losses of single elements, on heat-maps or coordinates, averaged over the landmarks that count.

MMPose has losses of almost these names; they leave invisible landmarks in the denominator,
multiply the maps instead of the loss by the weights, and its adaptive wing overflows in half
precision. Hence names of their own.
"""

from __future__ import annotations

from torch import Tensor, nn

from mmceph.functional.adaptive_wing import adaptive_wing, check_adaptive_wing
from mmceph.functional.smooth_l1 import smooth_l1
from mmceph.functional.weighted_mean import weighted_mean
from mmceph.functional.wing import check_wing, wing
from mmceph.registry import MODELS


class LandmarkLoss(nn.Module):
    """What these losses share.

    Args:
        use_target_weight: Leave landmarks of weight 0 out and weigh the others; the mean is
            taken over the weights, not over all landmarks.
        loss_weight: Factor on the result.
    """

    def __init__(self, use_target_weight: bool = True, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.use_target_weight = use_target_weight
        self.loss_weight = loss_weight

    def elements(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of every element."""
        raise NotImplementedError

    def forward(
        self, output: Tensor, target: Tensor, target_weights: Tensor | None = None
    ) -> Tensor:
        """Compute the loss.

        Args:
            output: Heat-maps (B, K, H, W) or coordinates (B, K, D).
            target: What they should be, same shape.
            target_weights: Weights, shape (B, K), or with more dimensions for single pixels or
                coordinates.

        Returns:
            A scalar; zero, with its graph kept, when no landmark has a weight.

        Raises:
            ValueError: The shapes do not belong together.
        """
        if output.shape != target.shape:
            raise ValueError(
                f"output of shape {tuple(output.shape)} and target of shape "
                f"{tuple(target.shape)} differ"
            )
        weights = target_weights if self.use_target_weight else None
        return weighted_mean(self.elements(output, target), weights) * self.loss_weight


@MODELS.register_module()
class LandmarkSmoothL1Loss(LandmarkLoss):
    """Smooth L1 with a knee that can be set; see :func:`mmceph.functional.smooth_l1.smooth_l1`.

    Args:
        beta: Difference at which the square becomes a line: px for coordinates, for heat-maps
            of height 1 something like 0.1 (at 1 it is half the squared error everywhere).
        use_target_weight: See :class:`LandmarkLoss`.
        loss_weight: Factor on the result.
    """

    def __init__(
        self, beta: float = 1.0, use_target_weight: bool = True, loss_weight: float = 1.0
    ) -> None:
        super().__init__(use_target_weight, loss_weight)
        if beta < 0:
            raise ValueError(f"beta must not be negative, got {beta}")
        self.beta = beta

    def elements(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of every element."""
        return smooth_l1(output, target, self.beta)


@MODELS.register_module()
class LandmarkWingLoss(LandmarkLoss):
    """Wing loss; see :func:`mmceph.functional.wing.wing`.

    Args:
        omega: Difference at which the curve becomes a line.
        epsilon: Curvature.
        use_target_weight: See :class:`LandmarkLoss`.
        loss_weight: Factor on the result.
    """

    def __init__(
        self,
        omega: float = 10.0,
        epsilon: float = 2.0,
        use_target_weight: bool = True,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(use_target_weight, loss_weight)
        check_wing(omega, epsilon)
        self.omega = omega
        self.epsilon = epsilon

    def elements(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of every element."""
        return wing(output, target, self.omega, self.epsilon)


@MODELS.register_module()
class LandmarkAdaptiveWingLoss(LandmarkLoss):
    """Adaptive wing loss on heat-maps; see :func:`mmceph.functional.adaptive_wing.adaptive_wing`.

    Args:
        alpha: Power on the background; at least 2.
        omega: Height of the curved part.
        epsilon: Width of the curved part.
        theta: Difference at which the curve becomes a line.
        use_target_weight: See :class:`LandmarkLoss`.
        loss_weight: Factor on the result.
    """

    def __init__(
        self,
        alpha: float = 2.1,
        omega: float = 14.0,
        epsilon: float = 1.0,
        theta: float = 0.5,
        use_target_weight: bool = True,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(use_target_weight, loss_weight)
        check_adaptive_wing(alpha, omega, epsilon, theta)
        self.alpha = alpha
        self.omega = omega
        self.epsilon = epsilon
        self.theta = theta

    def elements(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of every element."""
        return adaptive_wing(output, target, self.alpha, self.omega, self.epsilon, self.theta)
