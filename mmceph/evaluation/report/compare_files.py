"""Two reports on disk, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import EvaluationError
from ..records import CephRecord
from .compare import compare_runs, load_other
from .rows import Row, compare_header, compare_lines, compare_rows
from .table import align


def compare_reports(
    before: str | Path,
    after: str | Path,
    *,
    difficult: Sequence[str] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare two reports on the images and landmarks both have.

    Args:
        before: A report.json, or the folder that holds it, with its predictions.json beside it.
        after: The other one.
        difficult: The difficult landmarks; None takes those either report marks, the one after
            first.
        seed: Seed of the bootstrap.

    Returns:
        The dict of :func:`mmceph.evaluation.report.compare_runs`, with "after" (its path).

    Raises:
        EvaluationError: A file cannot be read, has no predictions beside it, or the two have no
            image or landmark in common.
    """
    earlier, earlier_predictions = load_other(before)
    report, predictions = load_other(after)
    for path, found in ((before, earlier_predictions), (after, predictions)):
        if found is None:
            raise EvaluationError(
                f"{path}: no predictions.json beside the report; tools/test.py writes both"
            )
    assert predictions is not None
    assert earlier_predictions is not None
    names = predictions["landmark_names"]
    hard = list(_marked(report) or _marked(earlier)) if difficult is None else list(difficult)
    if difficult is None:
        hard = [name for name in hard if name in names]
    part = compare_runs(
        [_record(row) for row in predictions["images"]],
        before,
        names=names,
        difficult=hard,
        seed=seed,
    )
    part["after"] = str(after)
    return part


def comparison_lines(part: Mapping[str, Any]) -> list[str]:
    """The comparison as text: what it rests on, a table, and the verdict last."""
    hard = set(part["difficult"])
    rows = [
        Row(row.label, row.kind, row.cells, row.kind == "landmark" and row.label in hard)
        for row in compare_rows(part)
    ]
    single = [row for row in rows if row.kind == "landmark"]
    lines = [*compare_lines(part), "", *align(compare_header(part), [single, rows[len(single) :]])]
    if hard:
        lines.append("* difficult landmark")
    return [*lines, "", part["verdict"]]


def _marked(report: Mapping[str, Any]) -> list[str]:
    return [n for n, row in report["landmarks"].items() if row.get("group") == "difficult"]


def _record(row: Mapping[str, Any]) -> CephRecord:
    """What was tested on an image, read back from a predictions.json."""
    truth = np.array(row["truth"], np.float64).reshape(-1, 3)
    spacing = row["spacing"]
    return CephRecord(
        file=row["file"],
        image_size=(int(row["width"]), int(row["height"])),
        predicted=np.array(row["keypoints"], np.float64),
        scores=np.array(row["scores"], np.float64),
        truth=truth[:, :2],
        visible=truth[:, 2] > 0,
        spacing=None if spacing is None else (float(spacing[0]), float(spacing[1])),
    )
