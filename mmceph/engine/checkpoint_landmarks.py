"""The landmarks a checkpoint was trained on, which it carries, against those of a config."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

from mmceph.engine.checkpoint import CheckpointError
from mmceph.engine.data_landmarks import landmark_names_of
from mmceph.engine.landmark_list import set_landmarks
from mmceph.engine.overrides import innermost_datasets
from mmceph.landmarks import LandmarkSet, as_landmark_set, get_landmark_set, landmark_set_names


def landmarks_of_checkpoint(content: Mapping[str, Any] | None) -> LandmarkSet | None:
    """The landmarks a checkpoint says it finds, where a data set of ours wrote them.

    Other programs' names are not taken: they may be numbers, or other words for the same points.
    """
    meta = ((content or {}).get("meta") or {}).get("dataset_meta") or {}
    names = meta.get("landmark_names")
    if not names:
        return None
    name = str(meta.get("landmark_set") or f"custom{len(names)}")
    if name in landmark_set_names():
        if get_landmark_set(name).names == tuple(names):
            return get_landmark_set(name)
        name = f"custom{len(names)}"
    twins = [(i, j) for i, j in enumerate(meta.get("flip_indices") or ()) if i < j]
    return as_landmark_set(
        {
            "name": name,
            "names": list(names),
            "difficult": _difficult(content or {}, names) or list(meta.get("difficult") or ()),
            "mirror_pairs": [(names[i], names[j]) for i, j in twins],
        }
    )


def follow_checkpoint(
    cfg: Config, content: Mapping[str, Any] | None, loader: str, *, given: bool
) -> None:
    """Let a config be about the landmarks of the checkpoint to be tested.

    Points are compared by their place in the head; another list of as many names would give
    figures that are of other landmarks.

    Args:
        cfg: The config, changed in place where its data set has other landmarks.
        content: The checkpoint; None, or one without names, changes nothing.
        loader: The loader that is tested on.
        given: Whether the user named the landmarks.

    Raises:
        CheckpointError: The user named others than the checkpoint's.
    """
    chosen = landmarks_of_checkpoint(content)
    configured = _names(cfg, loader)
    if chosen is None or configured is None or configured == chosen.names:
        return
    if given:
        raise CheckpointError(
            _differ(chosen, configured, "--landmarks") + "; leave --landmarks out"
        )
    text = "the checkpoint is for other landmarks than the config; it is tested on its own"
    print_log(text, "current", logging.WARNING)
    set_landmarks(cfg, chosen)


def require_landmarks(cfg: Config, content: Mapping[str, Any] | None) -> None:
    """See that a run that keeps a checkpoint's head trains the same landmarks.

    Raises:
        CheckpointError: It trains others.
    """
    chosen = landmarks_of_checkpoint(content)
    configured = _names(cfg, "train_dataloader")
    if chosen is not None and configured is not None and configured != chosen.names:
        raise CheckpointError(
            _differ(chosen, configured, "the config") + "; give the list it was trained with"
        )


def _differ(chosen: LandmarkSet, configured: tuple[str, ...], what: str) -> str:
    return (
        f"the checkpoint finds {', '.join(chosen.names)}, {what} names {', '.join(configured)}: "
        "a head keeps its landmarks and their order"
    )


def _names(cfg: Config, loader: str) -> tuple[str, ...] | None:
    dataset = next(innermost_datasets(cfg, (loader,)), None)
    return None if dataset is None else landmark_names_of(dataset)


def _difficult(content: Mapping[str, Any], names: list[str]) -> list[str]:
    """What a DifficultLandmarkEstimator's weights say they are for."""
    index = (content.get("state_dict") or {}).get("difficult_index")
    return [] if index is None else [names[i] for i in index.tolist()]
