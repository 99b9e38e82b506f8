"""An ordinary estimator's checkpoint as the base of another estimator."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from mmceph.engine.checkpoint import misfits
from mmceph.errors import MmcephError


def check_fit(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], landmarks: int) -> None:
    """See that a checkpoint fills the base model.

    Args:
        state: The checkpoint's weights by name.
        wanted: The base's own.
        landmarks: Number of the base's landmarks, for the message.

    Raises:
        MmcephError: Weights are missing or of another shape.
    """
    bad = misfits(state, wanted)
    if not bad:
        return
    first = bad[0]
    found = f"has shape {tuple(state[first].shape)}" if first in state else "is not in it"
    raise MmcephError(
        f"DifficultLandmarkEstimator: the checkpoint does not fit the base: {len(bad)} of "
        f"{len(wanted)} weights are missing or of another shape ({first} {found}, the base wants "
        f"{tuple(wanted[first].shape)}); load_from must be a model of all {landmarks} landmarks "
        "trained with the config of the base, in the same mode (MMPose or fallback)"
    )


def check_own(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """See that a checkpoint of a difficult-landmark model is one of the same strategy.

    Raises:
        MmcephError: Weights are missing or of another shape.
    """
    bad = misfits(state, wanted)
    if bad:
        raise MmcephError(
            f"DifficultLandmarkEstimator: the checkpoint does not fit: {len(bad)} of {len(wanted)} "
            f"weights are missing or of another shape ({bad[0]}, ...); was it trained with "
            "another strategy, branch or list of landmarks?"
        )
