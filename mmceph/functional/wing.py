"""Wing loss: steep for small differences, linear for large ones."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .weighted_mean import at_least_single


def wing(output: Tensor, target: Tensor, omega: float = 10.0, epsilon: float = 2.0) -> Tensor:
    """Wing loss of every element.

    ``omega * ln(1 + d / epsilon)`` up to a difference ``d`` of ``omega``, a line of slope 1
    above. Source: Feng et al., Wing Loss for Robust Facial Landmark Localisation, CVPR 2018.

    Args:
        output: Prediction, any shape; the defaults suit coordinates in px.
        target: What it should be, same shape.
        omega: Difference at which the curve becomes a line, in the unit of ``output``.
        epsilon: Curvature, in the same unit.

    Returns:
        The loss of every element, in single precision or better.

    Raises:
        ValueError: ``omega`` or ``epsilon`` is not positive.

    Example:
        >>> wing(torch.tensor([0.0, 2.0]), torch.zeros(2))  # 10 ln 2
        tensor([0.0000, 6.9315])
    """
    check_wing(omega, epsilon)
    difference = (at_least_single(output) - at_least_single(target)).abs()
    near = difference.clamp(max=omega)
    return omega * torch.log1p(near / epsilon) + (difference - near)


def check_wing(omega: float, epsilon: float) -> None:
    """Refuse a wing that is none.

    Raises:
        ValueError: ``omega`` or ``epsilon`` is not a positive number.
    """
    if not (0 < omega < math.inf and 0 < epsilon < math.inf):
        raise ValueError(f"omega and epsilon must be positive, got {omega} and {epsilon}")
