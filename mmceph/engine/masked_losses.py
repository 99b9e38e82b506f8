"""See that a masked loss and the training data mean the same channels."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config

from mmceph.engine.data_landmarks import landmark_set_of
from mmceph.engine.landmark_list import MASKING
from mmceph.engine.overrides import (
    innermost_datasets,
    is_difficult,
    nested_dicts,
    trains_crops,
)
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


def check_targets(cfg: Config) -> None:
    """See that the pipeline draws what a DifficultLandmarkEstimator trains on.

    Its default, a second look at crops, needs no heat-maps; everything else does.

    Args:
        cfg: A training config.

    Raises:
        MmcephError: The pipeline makes none.
    """
    model = cfg.get("model") or {}
    if not is_difficult(model) or trains_crops(model):
        return
    for dataset in innermost_datasets(cfg, ("train_dataloader",)):
        steps = dataset.get("pipeline")
        if steps and not any(_type(step) == "GenerateTarget" for step in steps):
            raise MmcephError(
                "DifficultLandmarkEstimator: the training pipeline makes no heat-maps; all but "
                "branch='refine' of strategy='exact' take the base's own pipelines, as "
                "configs/aariz/hrnet_768_difficult_stage.py does"
            )


def _type(node: dict[str, Any]) -> str:
    return str(node.get("type")).split(".")[-1]
