"""Tensors of a checkpoint, every number of which lies in the storage it speaks of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from .checks import is_count, require, require_shape
from .error import Damaged

STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexDoubleStorage": torch.complex128,
    "ComplexFloatStorage": torch.complex64,
}


class Storage:
    """A storage, and where in it a tensor's numbers begin."""

    def __init__(self, numbers: torch.Tensor, start: int, count: int) -> None:
        self.numbers = numbers
        self.start = start
        self.count = count


def tensor(arguments: tuple[Any, ...]) -> torch.Tensor:
    """A tensor in a storage; every one of its numbers lies within."""
    require(4 <= len(arguments) <= 7 and type(arguments[0]) is Storage, "a tensor")
    storage, offset, size, stride, *rest = arguments
    require(is_count(offset), "a tensor")
    require_shape(size)
    require_shape(stride)
    require(len(size) == len(stride), "a tensor")
    require(not rest or type(rest[0]) is bool, "a tensor")
    # Hooks and metadata: there are none in what is saved.
    require(all(not part for part in rest[1:]), "a tensor")
    count = math.prod(size)
    last = offset + sum((s - 1) * step for s, step in zip(size, stride, strict=True))
    if count and (last >= storage.count or count > storage.count):
        raise Damaged(f"a tensor of {count} numbers has room for {storage.count}")
    empty = torch.empty(0, dtype=storage.numbers.dtype, device=storage.numbers.device)
    if count == 0:
        return empty.reshape(size)
    place = storage.start + offset
    made = empty.set_(storage.numbers.untyped_storage(), place, tuple(size), tuple(stride))
    return made.requires_grad_() if _needs_gradient(made, rest) else made


def _needs_gradient(tensor: torch.Tensor, rest: Sequence[Any]) -> bool:
    return bool(rest and rest[0]) and (tensor.is_floating_point() or tensor.is_complex())


def parameter(arguments: tuple[Any, ...]) -> nn.Parameter:
    """A parameter of a tensor."""
    require(len(arguments) == 3 and type(arguments[0]) is torch.Tensor, "a parameter")
    require(type(arguments[1]) is bool and not arguments[2], "a parameter")
    data = arguments[0]
    return nn.Parameter(data, _needs_gradient(data, arguments[1:2]))
