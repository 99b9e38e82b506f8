"""Smooth L1: squared for small differences, linear for large ones."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from .weighted_mean import at_least_single


def smooth_l1(output: Tensor, target: Tensor, beta: float = 1.0) -> Tensor:
    """Smooth L1 of every element.

    ``d^2 / (2 beta)`` up to a difference ``d`` of ``beta``, ``d - beta / 2`` above; the absolute
    difference where ``beta`` is 0. Source: Girshick, Fast R-CNN, ICCV 2015.

    Args:
        output: Prediction, any shape.
        target: What it should be, same shape.
        beta: Difference at which the square becomes a line, in the unit of ``output``.

    Returns:
        The loss of every element, in single precision or better.

    Raises:
        ValueError: ``beta`` is negative.

    Example:
        >>> import torch
        >>> smooth_l1(torch.tensor([0.5, 3.0]), torch.zeros(2))
        tensor([0.1250, 2.5000])
    """
    if beta < 0:
        raise ValueError(f"beta must not be negative, got {beta}")
    return F.smooth_l1_loss(
        at_least_single(output), at_least_single(target), reduction="none", beta=beta
    )
