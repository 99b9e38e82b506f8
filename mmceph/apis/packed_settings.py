"""How a packed model says its network is built: read without trusting any of it.

A registry of mmengine's imports and calls whatever a ``type`` names, so only parts of a closed list
are taken from a file.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from mmceph.checkpoints import CheckpointError

_BACKBONES = frozenset({"CompactResNet", "TorchvisionResNet"})
_HEADS = frozenset({"P1P2RegressionHead"})
_PARTS = _BACKBONES | _HEADS | {
    "SoftArgmaxHeatmap",
    "LandmarkSmoothL1Loss",
    "LandmarkWingLoss",
    "KeypointMSELoss",
}  # fmt: skip
# Files to read, programs for first weights, and where else to look for parts.
_CLOSED_KEYS = frozenset({"weights", "init_cfg", "_scope_"})
_LARGEST_NUMBER, _LONGEST_LIST = 8192, 64


def packed_settings(content: dict[str, Any], path: str | Path, kind: str) -> dict[str, Any]:
    """The settings of a packed model, each part and number of a kind that such a model may have.

    Args:
        content: The checkpoint.
        path: Its file, for messages.
        kind: What the file must say it is.

    Raises:
        CheckpointError: The file is no packed model, or asks for anything else.
    """
    try:
        packed = json.loads(content["ruler_model"])
        if packed["kind"] != kind:
            raise ValueError(packed["kind"])
        settings: dict[str, Any] = packed["settings"]
        backbone, head = settings["backbone"], settings["head"]
        size = head["decoder"]["input_size"]
        right = len(size) == 2 and all(len(settings[key]) in (1, 3) for key in ("mean", "std"))
        if not right or not isinstance(backbone["type"], str) or not isinstance(head["type"], str):
            raise ValueError("settings")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path}: no packed ruler model; give the config it was trained with too"
        ) from error
    if backbone["type"] not in _BACKBONES or head["type"] not in _HEADS:
        raise CheckpointError(
            f"{path}: asks for {ascii(backbone['type'])[:60]} and {ascii(head['type'])[:60]}, "
            "which no packed ruler model has; it is not built"
        )
    _require_plain(settings, path)
    return settings


def _require_plain(value: Any, path: str | Path, key: str = "settings") -> None:
    """Refuse parts, keys and numbers that no packed model has."""
    if isinstance(value, dict):
        unknown = _CLOSED_KEYS.intersection(value)
        part = value.get("type", next(iter(_PARTS)))
        if unknown or not isinstance(part, str) or part not in _PARTS:
            what = min(unknown) if unknown else f"type {ascii(part)[:60]}"
            raise CheckpointError(f"{path}: {key} has {what}; it is not built")
        for name, inner in value.items():
            _require_plain(inner, path, name)
    elif isinstance(value, list) and len(value) <= _LONGEST_LIST:
        for inner in value:
            _require_plain(inner, path, key)
    elif isinstance(value, (int, float)):  # bool too
        if not math.isfinite(value) or abs(value) > _LARGEST_NUMBER:
            raise CheckpointError(f"{path}: {key} is {value}; it is not built")
    elif value is not None and not isinstance(value, str):
        raise CheckpointError(f"{path}: {key} is no setting of a ruler model")
