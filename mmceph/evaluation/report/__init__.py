"""Write everything a tested model is judged by: figures, tables, plots, predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...environment.advice import install_command
from ...io import json_bytes
from ..figures import THRESHOLDS_MM
from ..records import CephRecord, constant_table
from .build import build_report, scored_records
from .compare import compare_runs, load_other, require_common
from .folder import locked_report, require_report_folder, write_report_files
from .html import index_html
from .left_out import excluded_points, missing_warning
from .measurements import build_measurements
from .plots import draw_plots, plots_available
from .rows import has_fewer_mm
from .scales import impossible_scales, scale_warning
from .scatter import error_scatter, scatter_part
from .table import format_table
from .writers import per_landmark_csv, predictions_json, report_md

__all__ = [
    "build_report",
    "compare_runs",
    "format_table",
    "load_other",
    "locked_report",
    "require_common",
    "require_report_folder",
    "write_report",
]


def write_report(
    records: Sequence[CephRecord],
    *,
    names: Sequence[str],
    out_dir: str | Path,
    dataset: str,
    config: str,
    checkpoint: str,
    environment: Mapping[str, Any],
    difficult: Sequence[str] = (),
    mean_shape_fractions: np.ndarray | None = None,
    thresholds: Sequence[float] = THRESHOLDS_MM,
    compare: str | Path | None = None,
    seed: int = 0,
    plots: bool = True,
    left_out: Sequence[Mapping[str, str]] = (),
    config_text: str | None = None,
    extra_notes: Sequence[str] = (),
    checkpoint_sha256: str | None = None,
    more_files: Mapping[str, bytes] | None = None,
) -> dict[str, Any]:
    """Write report.json, per_landmark.csv, predictions.json, report.md, index.html and plots/.

    All of them take the place of an earlier report's at one stroke; other files in the folder stay.

    Args:
        records: The tested images, landmarks in the order of ``names``.
        names: Landmark names.
        out_dir: Folder for the files: new, empty, or one of a report.
        dataset: What was tested on, for the reader.
        config: The config's path, for the reader.
        checkpoint: The weights' path, for the reader.
        environment: Versions of the software, see :func:`mmceph.guard.environment`.
        difficult: Names of the difficult landmarks; empty: no groups.
        mean_shape_fractions: Mean shape of the training set, shape (K, 2), or None.
        thresholds: SDR thresholds in mm.
        compare: Another run's report.json (or its folder) as "before", or None.
        seed: Seed of the bootstrap.
        plots: False leaves the plots out; without matplotlib they are left out anyway.
        left_out: Images that could not even be compared, as {"file", "reason"}.
        config_text: The whole config as text, for the reader.
        extra_notes: More sentences for the reader.
        checkpoint_sha256: SHA-256 of the weights' file; None where none was tested.
        more_files: Further files of the report, by name.

    Returns:
        The dict written to report.json.

    Raises:
        EvaluationError: There is nothing to report, or ``compare`` cannot be used.
        OwnershipError: The folder holds files of others.
        FolderLockedError: Another process reports to it.
    """
    report = build_report(
        records,
        names=names,
        dataset=dataset,
        config=config,
        checkpoint=checkpoint,
        environment=environment,
        difficult=difficult,
        mean_shape_fractions=mean_shape_fractions,
        thresholds=thresholds,
        seed=seed,
        left_out=left_out,
        checkpoint_sha256=checkpoint_sha256,
    )
    if compare is not None:
        report["compare"] = compare_runs(
            records, compare, names=names, difficult=difficult, seed=seed
        )
    scored = scored_records(records)
    measurements = build_measurements(scored, names, mean_shape_fractions)
    if measurements is not None:
        report["measurements"] = measurements
    report["excluded_points"] = excluded_points(scored, names)
    report["impossible_scales"] = impossible_scales(scored, names)
    report["scatter"] = scatter_part(error_scatter(scored, names))
    if config_text is not None:
        report["config_text"] = config_text
    notes = [*extra_notes, *reading_notes(scored, report)]
    drawn: dict[str, bytes] = {}
    if plots and plots_available():
        drawn = draw_plots(
            scored,
            names=names,
            difficult=difficult,
            mean_shape=constant_table(scored, mean_shape_fractions),
            thresholds=thresholds,
            compare=report.get("compare"),
        )
    elif plots:
        command = install_command("matplotlib")
        notes.append(f"Plots are left out: matplotlib is not installed ({command}).")
        print(notes[-1])
    files = {**_files(report, records, names, notes, drawn), **(more_files or {})}
    write_report_files(out_dir, files)
    return report


def _files(
    report: dict[str, Any],
    records: Sequence[CephRecord],
    names: Sequence[str],
    notes: Sequence[str],
    plots: Mapping[str, bytes],
) -> dict[str, bytes]:
    """All files of the report by their path from its folder."""
    drawn = {f"plots/{name}": data for name, data in plots.items()}
    checksum = report["checkpoint_sha256"]
    texts = {
        "per_landmark.csv": per_landmark_csv(report),
        "report.md": report_md(report, notes, list(drawn)),
        "index.html": index_html(report, notes, plots),
    }
    return {
        **drawn,
        "report.json": json_bytes(report),
        "predictions.json": predictions_json(records, names, checkpoint_sha256=checksum),
        **{name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()},
    }


def reading_notes(records: Sequence[CephRecord], report: Mapping[str, Any]) -> list[str]:
    """Sentences a reader needs to judge the figures rightly."""
    notes = []
    sources = Counter(r.spacing_source or "unnamed source" for r in records if r.spacing)
    if sources:
        listed = ", ".join(f"{source} ({count} images)" for source, count in sources.most_common())
        notes.append(f"Millimetres from: {listed}.")
    notes.append(
        "MRE is the mean of all visible landmarks' radial errors; SD is the sample standard "
        "deviation of the same errors; SDR is the percentage with an error at most the threshold."
    )
    if has_fewer_mm(report):
        notes.append(
            "n counts all errors, those of MRE px; n mm those in millimetres, on images of a known "
            "spacing."
        )
    baselines = report["baselines"]
    if baselines["inter_observer"] is not None:
        notes.append(
            "Between observers: the distance from one observer to the other. Where the truth is "
            "their mean, each of two observers lies half of it away from the truth."
        )
    if baselines["mean_shape"] is None:
        notes.append("No mean-shape baseline: the training annotations were not available.")
    else:
        notes.append("Mean shape: the average of the training annotations, the same on any image.")
        if report["overall"]["mre_px"] >= baselines["mean_shape"]["mre_px"]:
            notes.append("WARNING: the model is no better than the mean shape; it has not learnt.")
    warnings = (missing_warning(report), scale_warning(report))
    return [*(text for text in warnings if text is not None), *notes]
