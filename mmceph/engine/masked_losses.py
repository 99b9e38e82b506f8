"""See that a masked loss and the training data mean the same channels."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config

from mmceph.engine.data_landmarks import landmark_set_of
from mmceph.engine.landmark_list import MASKING
from mmceph.engine.overrides import nested_dicts
from mmceph.errors import MmcephError
from mmceph.landmarks import as_landmark_set, landmarks_flag

_DEFAULT_SET = "aariz29"


def check_masked_losses(cfg: Config) -> None:
    """Compare the landmark set of whatever masks landmarks with that of the training data.

    Two sets of equal size in another order would mask the wrong channels without a word.

    Args:
        cfg: A training config.

    Raises:
        MmcephError: They differ; the message names both and what to set.
    """
    losses = [n for n in nested_dicts(cfg.get("model")) if _type(n) in MASKING]
    if not losses:
        return
    data = [
        s
        for node in nested_dicts(cfg.get("train_dataloader"))
        if (s := landmark_set_of(node)) is not None
    ]
    for loss in losses:
        mine = as_landmark_set(loss.get("landmark_set", _DEFAULT_SET))
        for theirs in data:
            if mine.names != theirs.names:
                raise MmcephError(
                    f"{_type(loss)} is for the landmark set {mine.name!r}, the training data have "
                    f"{theirs.name!r}: set its landmark_set (in model, or in model.head.loss) to "
                    f"the data set's; {landmarks_flag(theirs)} does so"
                )


def _type(node: dict[str, Any]) -> str:
    return str(node.get("type")).split(".")[-1]
