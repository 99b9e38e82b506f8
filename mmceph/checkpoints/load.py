"""Load a checkpoint: the one door to all of them.

``torch.load(weights_only=True)`` is not used: for what mmengine saves it wants NumPy's types
allowed, which then follow pointers of the file's choosing, and environment variables overrule it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from .archive import read_archive
from .error import CheckpointError, Damaged, Refused

_LARGEST = 16 << 30  # bytes; the largest pose models with their optimizer take half of it
_SWITCHES = ("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_WEIGHTS_ONLY_LOAD")


def load_content(
    path: str | Path, *, trust: bool = False, device: str | torch.device = "cpu"
) -> Any:
    """Load whatever a file of ``torch.save`` holds.

    Args:
        path: The file.
        trust: Unpickle anything, which runs code the file may hold. Only for files whose origin
            is known. Nothing else decides this, no environment variable either.
        device: Where the tensors go.

    Raises:
        CheckpointError: The file is missing or damaged, or holds what is not allowed.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path}: no such checkpoint")
    if path.stat().st_size > _LARGEST:
        raise CheckpointError(f"{path}: {path.stat().st_size / 1e9:.0f} GB is no landmark model")
    try:
        if trust:
            with _no_switches():
                return torch.load(path, map_location=device, weights_only=False)
        return read_archive(path, torch.device(device))
    except Refused as error:
        raise CheckpointError(
            f"{path}: refused, it holds {error}, and only tensors, plain values and mmengine's log "
            "history are loaded. If you know where the file comes from, pass --trust-checkpoint."
        ) from error
    except Damaged as error:
        raise CheckpointError(f"{path}: damaged or not a checkpoint ({error})") from error
    except OSError as error:
        reason = error.strerror or error
        raise CheckpointError(f"{path}: cannot be read ({reason})") from error
    except Exception as error:
        # torch's RuntimeErrors are about values it cannot take, or about memory. What a trusted
        # file raises can be anything.
        known = trust or isinstance(error, RuntimeError)
        if not known or "memory" in str(error) or isinstance(error, MemoryError):
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        raise CheckpointError(f"{path}: damaged or not a checkpoint ({text[:300]})") from error


def load_checkpoint(
    path: str | Path, *, trust: bool = False, device: str | torch.device = "cpu"
) -> dict[str, Any]:
    """Load a checkpoint as tensors, plain values and mmengine's log history.

    Args:
        path: The ``.pth`` file.
        trust: As for :func:`load_content`.
        device: Where the tensors go.

    Returns:
        The checkpoint; a bare state dict comes back as ``{"state_dict": ...}``.

    Raises:
        CheckpointError: As for :func:`load_content`, or it is no dict, or its weights are none.
    """
    content = load_content(path, trust=trust, device=device)
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: holds a {type(content).__name__}, not a checkpoint")
    content = content if "state_dict" in content else {"state_dict": content}
    state = content["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise CheckpointError(
            f"{path}: its state_dict is a {type(state).__name__}, not weights by name"
        )
    return content


@contextmanager
def _no_switches() -> Iterator[None]:
    """Keep torch from minding the environment: it would refuse a trusted file, or all files."""
    before = {name: os.environ.pop(name) for name in _SWITCHES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(before)
