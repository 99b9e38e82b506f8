"""The mean of a loss over the landmarks that count."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_single(values: Tensor) -> Tensor:
    """Half-precision values as single precision; others as they are.

    A heat-map has more pixels than a half-precision sum can count.
    """
    return values.to(torch.promote_types(values.dtype, torch.float32))


def weighted_mean(loss: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean of a loss, each landmark by its weight; what has no weight leaves the denominator too.

    Args:
        loss: The loss of every element, shape (B, K, ...).
        weights: Weights >= 0 of shape (B, K), or with more of ``loss``'s dimensions, each of
            size 1 or as in ``loss``. None: all alike.

    Returns:
        A scalar; zero, with its graph kept, when nothing has a weight.

    Raises:
        ValueError: The shapes do not belong together.

    Example:
        >>> float(weighted_mean(torch.tensor([[1.0, 5.0, 9.0]]), torch.tensor([[1.0, 1.0, 0.0]])))
        3.0
    """
    if weights is None:
        return loss.mean()
    fits = 2 <= weights.ndim <= loss.ndim and all(
        w == s or (w == 1 and i > 1)
        for i, (w, s) in enumerate(zip(weights.shape, loss.shape, strict=False))
    )
    if not fits:
        raise ValueError(
            f"weights of shape {tuple(weights.shape)} do not fit a loss of shape "
            f"{tuple(loss.shape)}"
        )
    share = at_least_single(weights).reshape(weights.shape + (1,) * (loss.ndim - weights.ndim))
    share = share.expand_as(loss)
    return (loss * share).sum() / share.sum().clamp_min(torch.finfo(torch.float32).tiny)
