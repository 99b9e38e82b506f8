"""Before and after: two runs on the same images, with paired bootstrap intervals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import some_names
from ...formats import read_predictions, read_report
from ...functional.bootstrap import bootstrap_intervals, paired_difference
from ...functional.summary import summarise
from ..errors import EvaluationError
from ..figures import difficult_mask, number
from ..records import CephRecord, error_table
from .folder import read_whole
from .verdict import verdict


def load_other(path: str | Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Read the run to compare with.

    Args:
        path: Its report.json, or the folder that holds it.

    Returns:
        The report, and the predictions.json lying beside it (None where there is none).

    Raises:
        EvaluationError: A file cannot be read or is not one of ours, or the two are not of one
            test; the message names it.
    """
    path = Path(path)
    folder = path.parent if path.name.endswith(".json") else path
    return read_whole(folder, lambda: _load(path))


def _load(path: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    if path.is_dir():
        path = path / "report.json"
    report = read_report(path, EvaluationError)
    beside = path.with_name("predictions.json")
    predictions = read_predictions(beside, EvaluationError) if beside.is_file() else None
    tested = [part.get("checkpoint_sha256") for part in (report, predictions or {})]
    if None not in tested and tested[0] != tested[1]:
        raise EvaluationError(
            f"{path} and {beside.name} beside it are of two tests: the test that wrote them was "
            "interrupted; test again"
        )
    return report, predictions


def compare_runs(
    records: Sequence[CephRecord],
    other: str | Path,
    *,
    names: Sequence[str],
    difficult: Sequence[str] = (),
    seed: int = 0,
) -> dict[str, Any]:
    """Compare this run (after) with another report (before) on the images both have.

    With the other run's predictions.json both are scored on *this* run's truth and spacing, so
    that only the predictions differ. Without it only the images' means can be paired.

    Args:
        records: This run's images.
        other: The other run's report.json; its predictions.json is looked for beside it.
        names: This run's landmark names.
        difficult: This run's difficult landmarks.
        seed: Seed of the bootstrap.

    Returns:
        The "compare" part of a report: basis ("predictions" or "report"), unit, num_images,
        only_here, only_there, truth_differs, and per landmark, group and overall the means
        before and after, their difference (negative: better), its 95 % interval over the
        images, max_shift_px, the furthest any prediction moved (0: bit-identical), and of how
        many predictions that both runs have how many changed at all (None: not known, or there
        are none); landmarks_only_here and landmarks_only_there (names that only one run has
        predictions of); "difficult" and "healthy" (names), "healthy_landmarks_changed" (None
        where this is not known of each), and "verdict" (a line).

    Raises:
        EvaluationError: The other report cannot be read, or has no image or no landmark in common
            with this run.
    """
    scored = [r for r in records if np.any(r.visible)]
    report, predictions = require_common(names, {r.file for r in scored}, other)
    their_names = report["landmarks"] if predictions is None else predictions["landmark_names"]
    there = {row["file"]: row for row in (predictions or report)["images"]}
    common = [r for r in scored if r.file in there]
    head = {
        "other": str(other),
        "basis": "report" if predictions is None else "predictions",
        "num_images": len(common),
        "only_here": len(scored) - len(common),
        "only_there": len(there) - len(common),
    }
    if predictions is None:
        return _judged({**head, **_by_report(common, report, names, seed)}, names, difficult)
    before = _points(common, there, their_names, names, "keypoints")
    truth = _points(common, there, their_names, names, "truth")
    part = {
        **head,
        **_unshared(common, there, their_names, names),
        **_by_predictions(common, before, truth, names, difficult, seed),
    }
    return _judged(part, names, difficult)


def require_common(
    names: Sequence[str], files: Collection[str], other: str | Path
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Read the run to compare with and see that it has a landmark and an image in common.

    Args:
        names: This run's landmark names.
        files: What this run calls its images.
        other: As for :func:`load_other`, whose result is returned.

    Raises:
        EvaluationError: The other report cannot be read, or has nothing in common.
    """
    report, predictions = load_other(other)
    their_names = report["landmarks"] if predictions is None else predictions["landmark_names"]
    if set(names).isdisjoint(their_names):
        raise EvaluationError(
            f"{other}: no landmark in common with this run (matched by name; there "
            f"{some_names(list(their_names), shown=6)}, here {some_names(names, shown=6)})"
        )
    if not any(row["file"] in files for row in (predictions or report)["images"]):
        raise EvaluationError(
            f"{other}: no tested image in common with this run (matched by file name)"
        )
    return report, predictions


def _judged(part: dict[str, Any], names: Sequence[str], difficult: Sequence[str]) -> dict[str, Any]:
    """Add which landmarks are of which group, and the verdict."""
    mask = difficult_mask(names, difficult)
    healthy = [n for n, is_hard in zip(names, mask, strict=True) if mask.any() and not is_hard]
    changed = [part["landmarks"][name]["changed"] for name in healthy]
    part |= {
        "difficult": [name for name, is_hard in zip(names, mask, strict=True) if is_hard],
        "healthy": healthy,
        "healthy_landmarks_changed": None if None in changed else sum(map(bool, changed)),
    }
    part["verdict"] = verdict(part)
    return part


def _by_predictions(
    records: Sequence[CephRecord],
    before: np.ndarray,
    other_truth: np.ndarray,
    names: Sequence[str],
    difficult: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    was, now = error_table(records, before), error_table(records)
    unit = "px" if np.isnan(now.mm).all() else "mm"
    first, second = getattr(was, unit), getattr(now, unit)
    visible = np.stack([r.visible for r in records])
    moved = np.abs(np.stack([r.predicted for r in records]) - before).max(axis=2)
    change = np.abs(np.stack([r.truth for r in records]) - other_truth).max(axis=2)

    def part(keep: np.ndarray) -> dict[str, Any]:
        paired = paired_difference(first[:, keep], second[:, keep], seed=seed)
        return _row(
            paired.n, paired.before, paired.after, (paired.low, paired.high), moved[:, keep]
        )

    hard = difficult_mask(names, difficult)
    intervals = bootstrap_intervals(second - first, seed=seed)
    landmarks = {}
    for index, name in enumerate(names):
        both = ~np.isnan(second[:, index] - first[:, index])
        mean_before, mean_after = (summarise(table[both, index]).mean for table in (first, second))
        landmarks[name] = _row(
            int(both.sum()), mean_before, mean_after, intervals[index], moved[:, [index]]
        )
    return {
        "unit": unit,
        "truth_differs": bool((np.where(visible, change, 0.0) > 1e-3).any()),
        "landmarks": landmarks,
        "groups": {
            "difficult": part(hard) if hard.any() else None,
            "healthy": part(~hard) if hard.any() else None,
        },
        "overall": part(np.ones(len(names), bool)),
    }


def _by_report(
    records: Sequence[CephRecord], report: dict[str, Any], names: Sequence[str], seed: int
) -> dict[str, Any]:
    """Only means are known: no interval per landmark, images paired by their own means.

    An image's mean here is over the other run's landmarks; where that run has some which this one
    lacks, its means are of something else and nothing can be paired.
    """
    now = error_table(records)
    theirs = [name for name, row in report["landmarks"].items() if row.get("n")]
    scored = ~np.isnan(now.px).all(axis=0)
    predicted = np.isfinite(np.stack([r.predicted for r in records])).all(axis=2).any(axis=0)
    here = [name for name, seen in zip(names, predicted, strict=True) if seen]
    only_there = [name for name in theirs if name not in here]
    means = {row["file"]: row["mre_mm"] for row in report["images"]}
    before = np.array([np.nan if means[r.file] is None else means[r.file] for r in records])
    if only_there:
        before[:] = np.nan
    shared = [name in theirs for name in names]
    after = np.array([summarise(row).mean for row in now.mm[:, shared]])
    paired = paired_difference(before[:, None], after[:, None], seed=seed)
    landmarks = {}
    for index, name in enumerate(names):
        known = report["landmarks"].get(name, {}).get("mre_mm")
        mine = summarise(now.mm[:, index])
        earlier = float("nan") if known is None else float(known)
        landmarks[name] = _row(mine.n, earlier, mine.mean, (np.nan, np.nan), None)
    overall = _row(paired.n, paired.before, paired.after, (paired.low, paired.high), None)
    return {
        "landmarks_only_here": [names[i] for i in np.flatnonzero(scored) if not shared[i]],
        "landmarks_only_there": only_there,
        "unit": "mm",
        "truth_differs": None,
        "landmarks": landmarks,
        "groups": {"difficult": None, "healthy": None},
        "overall": overall,
    }


def _row(
    n: int, before: float, after: float, ends: Sequence[float], moved: np.ndarray | None
) -> dict[str, Any]:
    low, high = (number(end) for end in ends)
    count = None if moved is None else int((~np.isnan(moved)).sum())
    return {
        "n": n,
        "before": number(before),
        "after": number(after),
        "difference": number(after - before),
        "ci95": None if low is None or high is None else [low, high],
        # Not rounded: the claim "bit-identical" must not come from rounding.
        "max_shift_px": _largest(moved),
        "predictions": count,
        # Of no predictions it is not known: 0 would read as "none changed".
        "changed": int((moved > 0).sum()) if moved is not None and count else None,
    }


def _unshared(
    records: Sequence[CephRecord],
    there: dict[str, Any],
    their_names: Sequence[str],
    names: Sequence[str],
) -> dict[str, list[str]]:
    """The landmarks that only one of the two runs has any prediction of."""
    every = [*names, *(name for name in their_names if name not in names)]
    theirs = _points(records, there, their_names, every, "keypoints")
    mine = np.full_like(theirs, np.nan)
    mine[:, : len(names)] = [r.predicted for r in records]
    now, before = (np.isfinite(points).all(axis=2).any(axis=0) for points in (mine, theirs))
    return {
        "landmarks_only_here": [every[index] for index in np.flatnonzero(now & ~before)],
        "landmarks_only_there": [every[index] for index in np.flatnonzero(before & ~now)],
    }


def _points(
    records: Sequence[CephRecord],
    there: dict[str, Any],
    their_names: Sequence[str],
    names: Sequence[str],
    field: str,
) -> np.ndarray:
    """Points (N, K, 2) of the other run in this run's order; NaN where it lacks a landmark."""
    points = np.full((len(records), len(names), 2), np.nan)
    source = {name: index for index, name in enumerate(their_names)}
    for row, record in enumerate(records):
        marks = there[record.file][field]
        for column, name in enumerate(names):
            if name in source:
                points[row, column] = marks[source[name]][:2]
    return points


def _largest(moved: np.ndarray | None) -> float | None:
    if moved is None or np.isnan(moved).all():
        return None
    return float(np.nanmax(moved))
