"""Loading mmengine's own checkpoints under torch's ``weights_only=True``.

From torch 2.6 on, ``torch.load`` refuses every class that was not allowed by name. mmengine's
checkpoints hold its log history beside the weights, so mmengine 0.10.7 can neither load nor
resume what it saved itself. Here exactly the classes it saves are allowed, and nothing else.
"""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

from mmceph.errors import MmcephError


class CheckpointError(MmcephError):
    """A checkpoint is missing, damaged, or wants more than tensors and mmengine's log history."""


def _history_buffer_method(owner: Any, name: str) -> Any:
    """Stand in for ``getattr`` in a pickle: a public method of HistoryBuffer and nothing else.

    HistoryBuffer pickles its statistics as ``getattr(HistoryBuffer, "mean")``. Allowing the real
    ``getattr`` would let a crafted file reach any attribute of any allowed object.
    """
    if owner is HistoryBuffer and isinstance(name, str) and not name.startswith("_"):
        return getattr(HistoryBuffer, name)
    raise pickle.UnpicklingError(f"getattr({owner!r}, {name!r}) is not allowed in a checkpoint")


def _empty_bytes() -> bytes:
    """Stand in for ``bytes``, with which an array without elements (no skeleton) is pickled."""
    return b""


def _numpy_globals() -> Iterator[tuple[Callable[..., Any], str]]:
    """NumPy's array pieces under the module names of NumPy 1 and of NumPy 2."""
    core = "numpy.core" if np.__version__.startswith("1.") else "numpy._core"
    multiarray = importlib.import_module(f"{core}.multiarray")
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        yield multiarray._reconstruct, f"{module}._reconstruct"
        yield multiarray.scalar, f"{module}.scalar"
    yield np.ndarray, "numpy.ndarray"
    yield np.dtype, "numpy.dtype"
    for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"):
        dtype_class = type(np.dtype(kind))
        yield dtype_class, f"{dtype_class.__module__}.{dtype_class.__qualname__}"
    for kind in ("f8", "i8"):
        # The names these two had in files written on the other major version of NumPy.
        dtype_class = type(np.dtype(kind))
        yield dtype_class, f"numpy.dtypes.{np.dtype(kind).name.capitalize()}DType"


def allow_mmengine_checkpoints() -> None:
    """Allow what mmengine's Runner saves, for every later ``torch.load(weights_only=True)``.

    Safe to call more than once. Does nothing on a torch that has no such list (before 2.4).
    """
    add_safe_globals = getattr(torch.serialization, "add_safe_globals", None)
    if add_safe_globals is None:
        return
    restricted = (_history_buffer_method, "builtins.getattr")
    empty = (_empty_bytes, "builtins.bytes")
    add_safe_globals([HistoryBuffer, restricted, empty, *_numpy_globals()])


def load_checkpoint(path: str | Path, *, trust: bool = False) -> dict[str, Any]:
    """Load a checkpoint onto the CPU as tensors, plain values and mmengine's log history.

    Args:
        path: The ``.pth`` file.
        trust: Unpickle anything, which runs code the file may hold. Only for files whose origin
            is known.

    Returns:
        The checkpoint; a bare state dict comes back as ``{"state_dict": ...}``.

    Raises:
        CheckpointError: The file is missing or damaged, or holds classes that are not allowed.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path}: no such checkpoint")
    allow_mmengine_checkpoints()
    try:
        content = torch.load(path, map_location="cpu", weights_only=not trust)
    except pickle.UnpicklingError as error:
        raise CheckpointError(explain_refusal(path, error)) from error
    except Exception as error:  # the unpickler raises whatever a damaged file makes of its stack
        raise CheckpointError(f"{path}: damaged or not a checkpoint ({error})") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: holds a {type(content).__name__}, not a checkpoint")
    return content if "state_dict" in content else {"state_dict": content}


def misfits(state: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor]) -> list[str]:
    """Names of the wanted weights that a checkpoint lacks or holds in another shape.

    Example:
        >>> misfits({"a": torch.zeros(2)}, {"a": torch.zeros(3), "b": torch.zeros(1)})
        ['a', 'b']
    """
    return [
        name
        for name, weight in wanted.items()
        if name not in state or state[name].shape != weight.shape
    ]


def explain_refusal(path: str | Path, error: Exception) -> str:
    """Say in one line which class a refused checkpoint wanted and what can be done."""
    text = str(error)
    wanted = next(
        (part.split()[0] for marker in ("GLOBAL ", "global ") for part in text.split(marker)[1:]),
        "",
    )
    reason = f"it holds {wanted}" if "." in wanted else "it is damaged or holds more than tensors"
    return (
        f"{path}: refused, {reason}, and only tensors, plain values and mmengine's log history are "
        "loaded. If you know where the file comes from, pass --trust-checkpoint."
    )
