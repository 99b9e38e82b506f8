"""Whether a checkpoint's weights are those of a model."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from mmceph.checkpoints import CheckpointError, load_checkpoint

__all__ = ["CheckpointError", "load_checkpoint", "misfits"]


def misfits(state: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor]) -> list[str]:
    """Names of the wanted weights that a checkpoint lacks or holds in another shape.

    Example:
        >>> misfits({"a": torch.zeros(2)}, {"a": torch.zeros(3), "b": torch.zeros(1)})
        ['a', 'b']
    """
    return [
        name
        for name, weight in wanted.items()
        if getattr(state.get(name), "shape", None) != weight.shape
    ]
