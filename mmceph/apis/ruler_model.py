"""The network of a ruler reader: from a config and a checkpoint, packed, or as shipped.

A packed model is one small file of tensors in half precision and one JSON text that says how the
network is built. Nothing in it is executed: it loads as tensors only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from mmceph.apis.packed_settings import packed_settings
from mmceph.checkpoints import CheckpointError, load_checkpoint
from mmceph.engine.checkpoint import misfits
from mmceph.engine.config import load_config
from mmceph.engine.overrides import ConfigError, nested_dicts
from mmceph.errors import MmcephError
from mmceph.io import Standing, write_own_file
from mmceph.registry import MODELS

__all__ = ["SHIPPED", "RulerModel", "load_ruler_model", "pack_ruler_model"]

#: The model that ships with mmceph.
SHIPPED = Path(__file__).resolve().parents[1] / "weights" / "ruler.pth"

_HEAD = "P1P2RegressionHead"
_KIND = "mmceph ruler model 1"


@dataclass(frozen=True, eq=False)
class RulerModel:
    """A network that reads rulers.

    Attributes:
        model: Gives marks (fractions of the input) and presence for normalised input.
        input_size: (width, height) of its input, px.
        mean: Of its input's channels, shape (1, C, 1, 1).
        std: Likewise.
        name: File name, for reports.
    """

    model: nn.Module
    input_size: tuple[int, int]
    mean: Tensor
    std: Tensor
    name: str


def load_ruler_model(
    config: str | Path | None = None,
    checkpoint: str | Path | None = None,
    *,
    trust: bool = False,
) -> RulerModel:
    """Load the network of a ruler reader.

    Args:
        config: A ruler config; None for a packed model.
        checkpoint: Weights of that config, or a packed model; None for the one that ships.
        trust: Whether the checkpoint may hold more than tensors.

    Raises:
        MmcephError: A file is missing, no ruler model, or one of another network.
    """
    if config is not None and checkpoint is None:
        raise MmcephError(f"{config}: which weights? Name the checkpoint too")
    if checkpoint is None:
        if not SHIPPED.is_file():
            raise MmcephError(
                f"the ruler model that ships with mmceph is missing ({SHIPPED}): install mmceph "
                "anew, name a checkpoint, or predict with --no-ruler"
            )
        checkpoint = SHIPPED
    content = load_checkpoint(checkpoint, trust=trust)
    if config is None:
        settings = packed_settings(content, checkpoint, _KIND)
        state = {
            name: value.float() if value.is_floating_point() else value
            for name, value in content["state_dict"].items()
            if isinstance(value, Tensor)
        }
    else:
        settings = _settings(load_config(config), str(config))
        state = content["state_dict"]
    if config is None:
        _require_size_of(state, settings, checkpoint)
    model = _build(settings, str(config or checkpoint))
    _load(model, state, checkpoint)
    size = settings["head"]["decoder"]["input_size"]
    mean, std = (
        torch.tensor(settings[key], dtype=torch.float32).view(1, -1, 1, 1)
        for key in ("mean", "std")
    )
    return RulerModel(model.eval(), (int(size[0]), int(size[1])), mean, std, Path(checkpoint).name)


def pack_ruler_model(
    config: str | Path,
    checkpoint: str | Path,
    out: str | Path,
    note: str = "",
    *,
    trust: bool = False,
) -> Path:
    """Write a model as one small file: weights in half precision and how to build them.

    Args:
        config: The ruler config it was trained with.
        checkpoint: Its weights.
        out: The file to write.
        note: How it was made, kept in the file.
        trust: Whether the checkpoint may hold more than tensors.

    Raises:
        MmcephError: The config is no ruler config, or its network is not mmceph's own (a file that
            ships must work with and without MMPose).
    """
    settings = _settings(load_config(config), str(config))
    kind = MODELS.get(settings["backbone"]["type"])
    if not str(getattr(kind, "__module__", "")).startswith("mmceph.models"):
        raise MmcephError(
            f"{config}: the backbone {settings['backbone']['type']} is MMPose's; only mmceph's own "
            "can be packed, as the file must work without MMPose"
        )
    model = _build(settings, str(config))
    _load(model, load_checkpoint(checkpoint, trust=trust)["state_dict"], checkpoint)
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    text = json.dumps({"kind": _KIND, "note": note, "settings": settings}, sort_keys=True)
    content = {"state_dict": state, "ruler_model": text}
    packed_settings(content, out, _KIND)  # else nobody could load it
    return write_own_file(out, _saved(content), "a packed ruler model", recognise=_is_packed)


def _is_packed(path: Path) -> Standing:
    try:
        return Standing.OURS if "ruler_model" in load_checkpoint(path) else Standing.FOREIGN
    except MmcephError:
        return Standing.FOREIGN


class _Network(nn.Module):
    """Backbone and head, and nothing else."""

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, inputs: Tensor, data_samples: None = None) -> tuple[Tensor, Tensor]:
        """Normalised images (B, C, h, w) -> marks (B, 2, 2) and presence (B, 2)."""
        points, presence = self.head(self.backbone(inputs))
        return points, presence


def _saved(content: dict[str, Any]) -> bytes:
    import io

    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def _settings(cfg: Config, source: str) -> dict[str, Any]:
    """What of a config is needed to build the network, as plain JSON."""
    model = cfg.model.to_dict()
    head = model.get("head") or {}
    if str(head.get("type")).split(".")[-1] != _HEAD:
        raise ConfigError(
            f"{source}: the head is {head.get('type')}, not {_HEAD}; see configs/p1p2"
        )
    if "neck" in model:
        raise ConfigError(f"{source}: a neck is not supported")
    preprocessor = model.get("data_preprocessor") or {}
    for part in nested_dicts(model["backbone"]):
        part.pop("init_cfg", None)  # weights come from the checkpoint, not from the net
    return {
        "backbone": {k: v for k, v in model["backbone"].items() if k != "weights"},
        "head": head,
        "mean": list(preprocessor.get("mean") or [0.0]),
        "std": list(preprocessor.get("std") or [1.0]),
    }


def _require_size_of(state: dict[str, Tensor], settings: dict[str, Any], path: str | Path) -> None:
    """See that a packed model makes no larger a network than it has weights for.

    Raises:
        CheckpointError: It would; memory has not been taken for it.
    """
    with torch.device("meta"):
        wanted = _build(settings, str(path)).state_dict()
    if wrong := misfits(state, wanted):
        raise CheckpointError(
            f"{path}: weights of another network than the one it describes ({wrong[0]}, ...)"
        )


def _build(settings: dict[str, Any], source: str) -> nn.Module:
    with DefaultScope.overwrite_default_scope("mmceph"):
        try:
            backbone = MODELS.build(dict(settings["backbone"]))
            head = MODELS.build(dict(settings["head"]))
        except (KeyError, TypeError) as error:
            raise MmcephError(f"{source}: the network cannot be built ({error})") from error
    return _Network(backbone, head)


def _load(model: nn.Module, state: dict[str, Tensor], path: str | Path) -> None:
    state = {name.removeprefix("module."): value for name, value in state.items()}
    try:
        missing = model.load_state_dict(state, strict=False).missing_keys
    except RuntimeError as error:
        raise CheckpointError(
            f"{path}: weights of another network ({' '.join(str(error).split())[:200]}); was it "
            "trained with this config, in the same mode (MMPose or fallback)?"
        ) from error
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing:
        raise CheckpointError(f"{path}: lacks {len(missing)} weights ({missing[0]}, ...)")
