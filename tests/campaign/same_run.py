"""Whether two trainings left the same, to the last bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from mmceph.engine.checkpoint import CheckpointError, load_checkpoint


def difference(folder: Path, other: Path) -> str:
    """What two work folders do not have in common; empty where they are the same.

    Names of the checkpoints, and of each of them all that a run goes on from: weights, optimizer,
    schedule, mean of the weights, the hooks' states, the best score and whose it is.
    """
    names = [sorted(path.name for path in f.glob("*.pth")) for f in (folder, other)]
    if names[0] != names[1]:
        return f"{', '.join(names[0])} instead of {', '.join(names[1])}"
    for name in names[0]:
        try:
            first, second = (_run_in(f / name) for f in (folder, other))
        except CheckpointError as error:
            return str(error)
        if found := _differs(first, second, name):
            return found
    return ""


def _run_in(path: Path) -> dict[str, Any]:
    content = load_checkpoint(path)
    info = content["message_hub"]["runtime_info"]
    parts = {key: content[key] for key in content.keys() - {"meta", "message_hub"}}
    best = Path(info["best_ckpt"]).name if "best_ckpt" in info else None
    return {**parts, "best": (info.get("best_score"), best), "epoch": content["meta"]["epoch"]}


def _differs(first: Any, second: Any, where: str) -> str:
    if type(first) is not type(second):
        return f"{where} is of another kind"
    if isinstance(first, torch.Tensor):
        return "" if torch.equal(first, second) else f"{where} differs"
    if isinstance(first, dict):
        if first.keys() != second.keys():
            return f"{where} has other parts"
        pairs = [(f"{where}.{key}", first[key], second[key]) for key in first]
    elif isinstance(first, (list, tuple)):
        if len(first) != len(second):
            return f"{where} has another length"
        pairs = [(f"{where}[{n}]", *both) for n, both in enumerate(zip(first, second, strict=True))]
    else:
        return "" if first == second else f"{where}: {first} instead of {second}"
    return next((found for place, a, b in pairs if (found := _differs(a, b, place))), "")
