"""The same door for the checkpoints that mmengine opens by itself.

mmengine opens them to resume, for ``load_from`` and where a config's ``init_cfg`` names pretrained
weights, by ``torch.load`` with whatever that does by default and the environment says.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from mmengine.runner import CheckpointLoader
from mmengine.runner import checkpoint as mmengine_checkpoint

from .error import CheckpointError
from .load import load_content

_DISTANT = ["pavi://", r"(\S+\:)?s3://", r"(\S+\:)?petrel://"]


def open_for_mmengine(*, trust: bool | None = None) -> None:
    """Have mmengine open checkpoints as :func:`mmceph.checkpoints.load_content` does, from now on.

    Files, addresses (``https://``) and names of its model zoos (``torchvision://``,
    ``open-mmlab://``, ``mmcls://``) go that way; its other stores are refused.

    Args:
        trust: Whether a checkpoint may hold more than tensors; None: as it was, at first not.
    """
    if trust is None and CheckpointLoader._schemes[""].__module__ == __name__:
        return
    trusted = bool(trust)

    def load_from_local(filename: str, map_location: Any = None) -> Any:
        content = load_content(
            Path(filename).expanduser(), trust=trusted, device=_device(map_location)
        )
        return content if trusted or not isinstance(content, dict) else _without_program(content)

    def load_from_openmmlab(filename: str, map_location: Any = None) -> Any:
        name = filename.partition("://")[2]
        old = mmengine_checkpoint.get_deprecated_model_names()
        models = mmengine_checkpoint.get_external_models()
        if (name := old.get(name, name)) not in models:
            raise CheckpointError(f"{filename}: no such model")
        address = str(models[name])
        if not address.startswith(("http://", "https://")):
            address = str(Path(mmengine_checkpoint._get_mmengine_home(), address))
        return CheckpointLoader.load_checkpoint(address, map_location)

    register: Callable[..., None] = CheckpointLoader.register_scheme
    register("", load_from_local, force=True)
    register(["open-mmlab://", "openmmlab://"], load_from_openmmlab, force=True)
    register(_DISTANT, _load_from_nowhere, force=True)
    # Its loader for addresses, which those of the other zoos call, takes care of several processes
    # and leaves opening to this function.
    mmengine_checkpoint.load_url = _DownloadAndLoad(load_from_local)


class _DownloadAndLoad:
    """In the place of ``torch.hub.load_state_dict_from_url``, which unpickles anything."""

    def __init__(self, load: Callable[[str, Any], Any]) -> None:
        self._load = load

    def __call__(
        self,
        url: str,
        model_dir: str | None = None,
        map_location: Any = None,
        progress: bool = True,
        **_: Any,
    ) -> Any:
        folder = Path(model_dir or Path(torch.hub.get_dir(), "checkpoints"))
        path = folder / Path(url.split("?")[0].split("#")[0]).name
        if not path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(path), progress=progress)
        return self._load(str(path), map_location)


def _load_from_nowhere(filename: str, map_location: Any = None) -> Any:
    raise CheckpointError(f"{filename}: is not opened from there; download it and name the file")


def _device(map_location: Any) -> str | torch.device:
    if map_location is None:
        return "cpu"
    if isinstance(map_location, (str, torch.device)):
        return map_location
    raise CheckpointError(f"map_location {map_location!r}: give the name of a device")


def _without_program(content: dict[str, Any]) -> dict[str, Any]:
    """Leave out ``meta["config"]``: resuming, mmengine runs that text as a Python program.

    mmengine itself saves its config as ``cfg``, which it only compares; the other is left from
    older programs, and all it is asked for is a number of GPUs.
    """
    meta = content.get("meta")
    if isinstance(meta, dict) and "config" in meta:
        content["meta"] = {key: value for key, value in meta.items() if key != "config"}
    return content
