"""From landmark names to the weight of every channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmceph.errors import MmcephError
from mmceph.landmarks import LandmarkSet

MODES = ("only", "weighted")


def chosen_landmarks(
    landmarks: Sequence[str] | str,
    landmark_set: LandmarkSet,
    report: str | None,
    rule: Mapping[str, Any] | None,
) -> tuple[str, ...]:
    """The chosen landmarks under the set's own names.

    Args:
        landmarks: Names (aliases understood), or ``"auto"`` for those a report shows difficult.
        landmark_set: The landmarks there are.
        report: Path of the report.json, for ``"auto"``.
        rule: The rule of the choice, for ``"auto"``; see
            :func:`mmceph.evaluation.report.select.select_difficult`.

    Raises:
        MmcephError: A name is not in the set, or the report does not give any.
    """
    if isinstance(landmarks, str):
        if landmarks != "auto":
            raise MmcephError(f'landmarks={landmarks!r}: give a list of names, or "auto"')
        landmarks = _from_report(report, rule)
    elif report is not None or rule is not None:
        raise MmcephError('report and auto are only for landmarks="auto"')
    return tuple(dict.fromkeys(_known(name, landmark_set) for name in landmarks))


def _from_report(path: str | None, rule: Mapping[str, Any] | None) -> tuple[str, ...]:
    # Evaluation is no part of training but for this.
    from mmceph.evaluation.report import load_other
    from mmceph.evaluation.report.select import select_difficult

    if path is None:
        raise MmcephError('landmarks="auto" needs report=, the path of a report.json')
    report, _ = load_other(path)
    try:
        return select_difficult(report, **(rule or {}))
    except TypeError as error:
        raise MmcephError(f"auto={dict(rule or {})}: {error}") from error
    except MmcephError as error:
        raise MmcephError(f"{path}: {error}") from error


def channel_weights(
    landmark_set: LandmarkSet,
    landmarks: Iterable[str],
    mode: str,
    weight: float,
    weights: Mapping[str, float] | None,
) -> tuple[float, ...]:
    """The weight of every channel, in the set's order.

    Args:
        landmark_set: The landmarks there are.
        landmarks: The chosen ones.
        mode: ``"only"``: 1 for the chosen, 0 for the others; ``"weighted"``: ``weight`` for the
            chosen, 1 for the others.
        weight: Weight of the chosen landmarks in mode ``"weighted"``.
        weights: Weights of single landmarks by name, over all the others; mode ``"weighted"``.

    Raises:
        MmcephError: An unknown mode or name, a weight below 0, or nothing that has a weight.
    """
    if mode not in MODES:
        raise MmcephError(f"mode {mode!r}: must be {' or '.join(map(repr, MODES))}")
    if mode == "only" and weights:
        raise MmcephError(
            'weights are for mode "weighted"; a weight of 0 there leaves a landmark out'
        )
    inside, outside = (1.0, 0.0) if mode == "only" else (float(weight), 1.0)
    chosen = set(landmarks)
    table = {name: inside if name in chosen else outside for name in landmark_set.names}
    for name, value in (weights or {}).items():
        table[_known(name, landmark_set)] = float(value)
    for name, value in table.items():
        if not 0 <= value < float("inf"):
            raise MmcephError(f"weight of {name}: must be 0 or more, got {value}")
    if not any(table.values()):
        raise MmcephError("no landmark has a weight: name at least one in landmarks")
    return tuple(table.values())


def _known(name: str, landmark_set: LandmarkSet) -> str:
    try:
        return landmark_set.names[landmark_set.index(name)]
    except ValueError as error:
        raise MmcephError(str(error)) from error
