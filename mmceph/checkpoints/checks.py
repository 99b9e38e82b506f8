"""What arguments in a checkpoint must be like before anything is made of them."""

from __future__ import annotations

from typing import Any

import torch

from .error import Refused

_MOST_AXES, _LARGEST_SIDE = 64, 1 << 40


def require(right: bool, what: str) -> None:
    """Refuse ``what`` where it is not of the form it always has."""
    if not right:
        raise Refused(f"{what} of an unusual form")


def is_count(value: Any) -> bool:
    """Whether a value is a whole number from 0 to what 62 bits hold."""
    return type(value) is int and 0 <= value < 1 << 62


def require_shape(shape: Any) -> None:
    """Refuse what is no tuple of a few sizes."""
    require(type(shape) in (tuple, torch.Size) and len(shape) <= _MOST_AXES, "a shape")
    require(all(is_count(side) and side <= _LARGEST_SIDE for side in shape), "a shape")
