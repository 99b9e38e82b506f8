"""What a report leaves out and why, as figures and in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import some_names
from ..records import CephRecord, compared_points


def excluded_points(records: Sequence[CephRecord], names: Sequence[str]) -> dict[str, Any]:
    """Points of scored images that do not count, per landmark.

    Args:
        records: The scored images, landmarks in the order of ``names``.
        names: Landmark names.

    Returns:
        Per landmark that lacks any: "not_visible" (no true point) and "not_predicted" (a true
        point without a prediction), numbers of images.
    """
    visible = np.stack([r.visible for r in records]).astype(bool)
    lacking = visible & ~compared_points(records)
    counts = zip(names, (~visible).sum(axis=0), lacking.sum(axis=0), strict=True)
    return {
        name: {"not_visible": int(hidden), "not_predicted": int(lost)}
        for name, hidden, lost in counts
        if hidden or lost
    }


def left_out_lines(report: Mapping[str, Any], shown: int = 3) -> list[str]:
    """What was left out and why, one sentence for each reason.

    Args:
        report: A report dict.
        shown: How many images to name for each reason.
    """
    reasons: dict[str, list[str]] = {}
    for row in report["excluded"]:
        reasons.setdefault(row["reason"], []).append(row["file"])
    lines = [f"{reason}: {_counted(files, shown)}" for reason, files in reasons.items()]
    points = report.get("excluded_points") or {}
    for key, said in (
        ("not_visible", "Points without a truth, not scored"),
        ("not_predicted", "Points without a prediction, not scored"),
    ):
        found = {name: row[key] for name, row in points.items() if row[key]}
        if found:
            each = ", ".join(f"{name} {count}" for name, count in found.items())
            lines.append(f"{said}: {sum(found.values())} ({each})")
    return lines


def nothing_line(report: Mapping[str, Any]) -> str:
    """What to say where nothing was left out."""
    count, points = report["num_images"], report["overall"]["n"]
    return f"Nothing: all {count} images and all their {points} points count."


def missing_warning(report: Mapping[str, Any]) -> str | None:
    """A warning where points without a prediction make the figures kinder than they are."""
    points = report.get("excluded_points") or {}
    lost = sum(row["not_predicted"] for row in points.values())
    if not lost:
        return None
    return (
        f"WARNING: {lost} of {lost + report['overall']['n']} points have no prediction and are "
        "not counted, which may flatter: compare only with runs that predict the same points."
    )


def _counted(files: Iterable[str], shown: int) -> str:
    files = list(files)
    return f"{len(files)} ({some_names(files, shown)})"
