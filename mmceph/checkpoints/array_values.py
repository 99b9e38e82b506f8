"""NumPy's arrays and numbers of plain kinds, and mmengine's log history, which is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmengine.logging import HistoryBuffer

from .checks import require
from .error import Refused

_KINDS = frozenset({"b1", "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"})
_HISTORY = ("_log_history", "_count_history")
HISTORIES = (
    "mmengine.logging.history_buffer.HistoryBuffer",
    "mmengine.logging.HistoryBuffer",
)


class Kind:
    """A plain kind of NumPy number, its byte order still to come."""

    def __init__(self, code: str) -> None:
        self.dtype = np.dtype(code)


class Statistic:
    """A statistic of HistoryBuffer; the class has them by itself."""


def kind(arguments: tuple[Any, ...]) -> Kind:
    """``numpy.dtype("f4", False, True)``; integers, floats and booleans only."""
    require(1 <= len(arguments) <= 3, "numpy.dtype")
    code, rest = arguments[0], arguments[1:]
    if type(code) is not str or code not in _KINDS:
        raise Refused(f"numpy.dtype({ascii(code)[:40]}); only plain numbers are")
    require(all(type(flag) in (int, bool) for flag in rest) and not (rest and rest[0]), "a dtype")
    return Kind(code)


def fill_kind(value: Kind, state: Any) -> None:
    """Its byte order; a state has room for sub-arrays, fields and flags too, which are refused."""
    require(type(state) is tuple and len(state) == 8 and state[0] == 3, "numpy.dtype")
    require(state[1] in ("<", ">", "|", "="), "numpy.dtype")
    require(state[2:] == (None, None, None, -1, -1, 0), "numpy.dtype")
    value.dtype = value.dtype.newbyteorder(state[1])


def empty_array(arguments: tuple[Any, ...]) -> np.ndarray:
    """``_reconstruct(ndarray, (0,), b"b")``, with which every array begins."""
    require(len(arguments) == 3 and getattr(arguments[0], "text", "") == "numpy.ndarray", "array")
    require(arguments[1] == (0,) and arguments[2] in (b"b", "b"), "an array")
    return np.empty(0, np.int8)


def number(arguments: tuple[Any, ...]) -> Any:
    """A number of NumPy's from its kind and its bytes."""
    require(len(arguments) == 2 and type(arguments[0]) is Kind, "a NumPy number")
    dtype, data = arguments[0].dtype, arguments[1]
    require(type(data) is bytes and len(data) == dtype.itemsize, "a NumPy number")
    return np.frombuffer(data, dtype)[0]


def history(arguments: tuple[Any, ...]) -> HistoryBuffer:
    """An empty log history."""
    require(arguments == (), "HistoryBuffer")
    return HistoryBuffer()


def fill_history(value: HistoryBuffer, state: Any) -> None:
    """Its numbers, and nothing that would replace a method of it or of its class."""
    require(type(state) is dict, "HistoryBuffer")
    methods = state.get("statistics_methods", {})  # the class has them by itself
    require(isinstance(methods, dict), "HistoryBuffer")
    require(all(type(method) is Statistic for method in methods.values()), "HistoryBuffer")
    given = {key: part for key, part in state.items() if key != "statistics_methods"}
    require(set(given) == {"max_length", *_HISTORY}, "HistoryBuffer")
    require(type(given["max_length"]) is int, "HistoryBuffer")
    arrays = [given[key] for key in _HISTORY]
    require(all(type(part) is np.ndarray and part.ndim == 1 for part in arrays), "HistoryBuffer")
    require(len(arrays[0]) == len(arrays[1]), "HistoryBuffer")
    value.__dict__.update(given)


def statistic(arguments: tuple[Any, ...]) -> Statistic:
    """HistoryBuffer pickles its statistics as ``getattr(HistoryBuffer, "mean")``."""
    text = getattr(arguments[0], "text", "") if len(arguments) == 2 else ""
    if text not in HISTORIES or arguments[1] not in ("min", "max", "current", "mean"):
        raise Refused(f"getattr({', '.join(ascii(a)[:60] for a in arguments)})")
    return Statistic()
