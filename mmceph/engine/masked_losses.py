"""See that a masked loss and the training data mean the same channels."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config

from mmceph.engine.overrides import nested_dicts
from mmceph.errors import MmcephError
from mmceph.landmarks import LandmarkSet, as_landmark_set
from mmceph.registry import DATASETS

_DEFAULT_SET = "aariz29"
_MASKING = ("MaskedKeypointLoss", "TeacherHeldLoss", "DifficultLandmarkEstimator")


def check_masked_losses(cfg: Config) -> None:
    """Compare the landmark set of whatever masks landmarks with that of the training data.

    Two sets of equal size in another order would mask the wrong channels without a word.

    Args:
        cfg: A training config.

    Raises:
        MmcephError: They differ; the message names both and what to set.
    """
    losses = [n for n in nested_dicts(cfg.get("model")) if _type(n) in _MASKING]
    if not losses:
        return
    data = [
        s for node in nested_dicts(cfg.get("train_dataloader")) if (s := _set_of(node)) is not None
    ]
    for loss in losses:
        mine = as_landmark_set(loss.get("landmark_set", _DEFAULT_SET))
        for theirs in data:
            if mine.names != theirs.names:
                raise MmcephError(
                    f"{_type(loss)} is for the landmark set {mine.name!r}, the training data have "
                    f"{theirs.name!r}: set its landmark_set (in model, or in model.head.loss) to "
                    "the data set's"
                )


def _set_of(node: dict[str, Any]) -> LandmarkSet | None:
    """The landmark set of a data set's config, where it is one of ours."""
    from mmceph.datasets import CephDataset

    cls = DATASETS.get(node["type"]) if isinstance(node.get("type"), str) else node.get("type")
    if not isinstance(cls, type) or not issubclass(cls, CephDataset) or node.get("metainfo"):
        return None
    return as_landmark_set(node.get("landmark_set") or cls.LANDMARK_SET)


def _type(node: dict[str, Any]) -> str:
    return str(node.get("type")).split(".")[-1]
