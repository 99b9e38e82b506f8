"""The closed list of what a checkpoint may hold, each built from arguments that were looked at.

Tensors, plain values, NumPy arrays and numbers of plain kinds, and mmengine's log history: what
mmengine, MMPose and mmceph save. No function of the file's choosing is ever called.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

from . import array_values, tensor_values
from .array_values import Kind, Statistic
from .checks import is_count, require, require_shape
from .error import Refused
from .machine import Name, plain_key
from .tensor_values import STORAGES, Storage

_DTYPES = {str(dtype): dtype for dtype in STORAGES.values()}
_SLACK = 1 << 16


class Storages(Protocol):
    """The container of a checkpoint's numbers."""

    def read(self, key: str, dtype: torch.dtype, count: int) -> torch.Tensor:
        """The numbers of one storage, (count,).

        Raises:
            Damaged: They are not there, or not as many.
        """


LEFTOVERS = (Kind, Storage, Statistic)
"""What stands for something while a pickle is read, and must not be left over."""


class Builders:
    """Makes values for a :class:`~mmceph.checkpoints.machine.Machine`.

    Args:
        storages: Where the tensors' numbers are.
        text_bytes: Bytes of the pickle. Bytes are made of its text, and arrays of these: each once.
    """

    def __init__(self, storages: Storages, text_bytes: int) -> None:
        self._storages = storages
        self._left = 2 * text_bytes + _SLACK

    def named(self, name: Name) -> Any:
        """torch's types of numbers are values by themselves."""
        return _DTYPES.get(name.text, name)

    def call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """The value of a call of ``name``.

        Raises:
            Refused: Nothing of that name, or with these arguments, is made.
        """
        if name == "_codecs.encode":
            return self._encode(arguments)
        if name == "builtins.bytearray":
            return self._bytearray(arguments)
        make = _CALLS.get(name)
        if make is None:
            raise Refused(name)
        return make(arguments)

    def fill(self, value: Any, state: Any) -> None:
        """Give an array, a kind of number, a log history or an ordered dict its state.

        Raises:
            Refused: It is another object, or the state is not one of its own.
        """
        if type(value) is np.ndarray:
            self._fill_array(value, state)
        elif type(value) is Kind:
            array_values.fill_kind(value, state)
        elif type(value) is HistoryBuffer:
            array_values.fill_history(value, state)
        elif type(value) is OrderedDict:
            require(type(state) is dict and set(state) <= {"_metadata"}, "an OrderedDict's state")
            value.__dict__.update(state)
        else:
            raise Refused(f"a state for a {type(value).__name__}")

    def storage(self, reference: Any) -> Storage:
        """The storage that a persistent id of torch's speaks of.

        Raises:
            Refused: It is no such id.
        """
        require(type(reference) is tuple and len(reference) in (5, 6), "a reference")
        what, kind, key, _, count, *view = reference
        require(what == "storage" and type(key) is str, "a reference")
        require(is_count(count), "a reference")
        module, _, name = str(getattr(kind, "text", "")).rpartition(".")
        dtype = STORAGES.get(name) if module in ("torch", "torch.cuda") else None
        if dtype is None:
            raise Refused(getattr(kind, "text", "a reference"))
        numbers = self._storages.read(key, dtype, count)
        if not view or view[0] is None:
            return Storage(numbers, 0, count)
        require(type(view[0]) is tuple and len(view[0]) == 3, "a reference")
        _, start, part = view[0]
        require(is_count(start) and is_count(part) and start + part <= count, "a reference")
        return Storage(numbers, start, part)

    def _take(self, count: int) -> None:
        """Account for bytes; a text used again and again would otherwise fill any memory."""
        self._left -= count
        if self._left < 0:
            raise Refused("more bytes than are written in it")

    def _encode(self, arguments: tuple[Any, ...]) -> bytes:
        require(1 <= len(arguments) <= 2 and type(arguments[0]) is str, "_codecs.encode")
        require(arguments[1:] in ((), ("latin1",), ("latin-1",)), "_codecs.encode")
        self._take(len(arguments[0]))
        return arguments[0].encode("latin-1")  # an error of the codec is damage

    def _bytearray(self, arguments: tuple[Any, ...]) -> bytearray:
        require(len(arguments) == 1 and type(arguments[0]) is bytes, "builtins.bytearray")
        self._take(len(arguments[0]))
        return bytearray(arguments[0])

    def _fill_array(self, value: np.ndarray, state: Any) -> None:
        require(type(state) is tuple and len(state) == 5 and state[0] == 1, "numpy.ndarray")
        _, shape, kind, fortran, data = state
        require(type(kind) is Kind and type(data) is bytes and type(fortran) is bool, "an array")
        require_shape(shape)
        require(len(data) == math.prod(shape) * kind.dtype.itemsize, "an array")
        self._take(len(data))
        value.__setstate__((1, shape, kind.dtype, fortran, data))


def _bytes(arguments: tuple[Any, ...]) -> bytes:
    require(arguments == (), "builtins.bytes")
    return b""  # an array without elements (no skeleton) is pickled with it


def _ordered(arguments: tuple[Any, ...]) -> OrderedDict[Any, Any]:
    require(len(arguments) <= 1, "an OrderedDict")
    pairs = arguments[0] if arguments else []
    require(type(pairs) is list, "an OrderedDict")
    require(all(type(p) in (list, tuple) and len(p) == 2 for p in pairs), "an OrderedDict")
    return OrderedDict((plain_key(key), value) for key, value in pairs)


def _counter(arguments: tuple[Any, ...]) -> Counter[int]:
    """The milestones of a schedule."""
    require(len(arguments) == 1 and type(arguments[0]) is dict, "a Counter")
    counts = arguments[0]
    require(all(type(number) is int for pair in counts.items() for number in pair), "a Counter")
    return Counter(counts)


def _set(arguments: tuple[Any, ...]) -> set[Any]:
    require(len(arguments) == 1 and type(arguments[0]) is list, "a set")
    return {plain_key(value) for value in arguments[0]}


def _size(arguments: tuple[Any, ...]) -> torch.Size:
    require(len(arguments) == 1, "torch.Size")
    require_shape(arguments[0])
    return torch.Size(arguments[0])


def _device(arguments: tuple[Any, ...]) -> torch.device:
    require(1 <= len(arguments) <= 2 and type(arguments[0]) is str, "torch.device")
    require(all(is_count(part) and part < 256 for part in arguments[1:]), "torch.device")
    try:
        return torch.device(*arguments)
    except RuntimeError as error:
        raise Refused("torch.device of an unusual form") from error


def _complex(arguments: tuple[Any, ...]) -> complex:
    require(len(arguments) == 2 and all(type(part) is float for part in arguments), "a complex")
    return complex(*arguments)


_CALLS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "builtins.bytes": _bytes,
    "builtins.set": _set,
    "builtins.complex": _complex,
    "builtins.getattr": array_values.statistic,
    "collections.Counter": _counter,
    "collections.OrderedDict": _ordered,
    "torch.Size": _size,
    "torch.device": _device,
    "torch._utils._rebuild_tensor": tensor_values.tensor,
    "torch._utils._rebuild_tensor_v2": tensor_values.tensor,
    "torch._utils._rebuild_parameter": tensor_values.parameter,
    "numpy.dtype": array_values.kind,
    **dict.fromkeys(array_values.HISTORIES, array_values.history),
}
for _module in ("numpy.core.multiarray", "numpy._core.multiarray"):  # NumPy 1 and 2
    _CALLS[f"{_module}._reconstruct"] = array_values.empty_array
    _CALLS[f"{_module}.scalar"] = array_values.number
