"""Adaptive wing loss: steep at the landmark, flat on the background of a heat-map."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .weighted_mean import at_least_single


def adaptive_wing(
    output: Tensor,
    target: Tensor,
    alpha: float = 2.1,
    omega: float = 14.0,
    epsilon: float = 1.0,
    theta: float = 0.5,
) -> Tensor:
    """Adaptive wing loss of every element.

    With the power ``p = alpha - target``: ``omega * ln(1 + (d / epsilon)^p)`` up to a difference
    ``d`` of ``theta``, and above it the line that continues the curve with the same slope. The
    curve is only ever evaluated up to ``theta`` and in single precision or better, so that value
    and gradient stay finite for any finite half-precision map.
    Source: Wang et al., Adaptive Wing Loss for Robust Face Alignment via Heatmap Regression,
    ICCV 2019.

    Args:
        output: Heat-maps, any shape.
        target: Target maps with values from 0 to 1, same shape.
        alpha: Power on the background; at least 2, since on a peak (target 1) a power below 1
            has no finite gradient.
        omega: Height of the curved part.
        epsilon: Width of the curved part.
        theta: Difference at which the curve becomes a line.

    Returns:
        The loss of every element, in single precision or better.

    Raises:
        ValueError: ``alpha`` is below 2, or another argument is not positive.

    Example:
        >>> round(float(adaptive_wing(torch.tensor(0.25), torch.tensor(0.0))), 4)
        0.7417
    """
    check_adaptive_wing(alpha, omega, epsilon, theta)
    wanted = at_least_single(target)
    difference = (wanted - at_least_single(output)).abs()
    power = alpha - wanted
    knee = (theta / epsilon) ** power
    slope = omega * power * knee / (theta * (1 + knee))
    near = difference.clamp(max=theta)
    return omega * torch.log1p((near / epsilon) ** power) + slope * (difference - near)


def check_adaptive_wing(alpha: float, omega: float, epsilon: float, theta: float) -> None:
    """Refuse arguments for which the loss has no finite gradient.

    Raises:
        ValueError: ``alpha`` is below 2, or another argument is not a positive number.
    """
    if not 2 <= alpha < math.inf:
        raise ValueError(f"alpha must be at least 2, got {alpha}")
    named = {"omega": omega, "epsilon": epsilon, "theta": theta}
    for name, value in named.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be positive, got {value}")
