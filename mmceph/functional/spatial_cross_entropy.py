"""Cross-entropy between a heat-map of logits and where the landmark is."""

from __future__ import annotations

import torch
from torch import Tensor


def spatial_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of one softmax over all pixels of a map against a normalised target map.

    Args:
        logits: Raw network output, shape (..., height, width).
        target: Non-negative maps of the same shape; each is divided by its sum. A map that is
            zero everywhere gives a loss of zero.

    Returns:
        The loss of each map, shape (...,), in single precision: a sum over 10^5 pixels
        overflows half precision.

    Example:
        >>> logits = torch.zeros(1, 2, 2)
        >>> target = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
        >>> round(float(spatial_cross_entropy(logits, target)), 4)  # log(4): a uniform guess
        1.3863
    """
    scores = logits.flatten(-2).float()
    weights = target.flatten(-2).float()
    total = weights.sum(dim=-1)
    share = weights / total.clamp_min(torch.finfo(torch.float32).tiny).unsqueeze(-1)
    loss = torch.logsumexp(scores, dim=-1) - (share * scores).sum(dim=-1)
    return torch.where(total > 0, loss, torch.zeros_like(loss))
