"""The files of a report that other programs and editors read, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...io import csv_text, json_bytes
from ..records import CephRecord
from .left_out import left_out_lines, nothing_line
from .markdown import code, line, plain
from .measurements import (
    class_header,
    class_rows,
    measurement_lines,
    value_header,
    value_rows,
)
from .plot_captions import CAPTIONS
from .rows import (
    Row,
    compare_header,
    compare_lines,
    compare_rows,
    device_header,
    device_rows,
    header,
    headline,
    landmark_rows,
    summary_rows,
)

PREDICTIONS_SCHEMA = 1


def per_landmark_csv(report: Mapping[str, Any]) -> str:
    """One line per landmark, the figures as in report.json; empty where not known.

    There is no "overall" line on purpose: a spreadsheet's column mean would count it. ``n_mm``
    stands last, so that the columns before it keep their places.
    """
    keys = ("n", "mre_mm", "sd_mm", "median_mm", "p95_mm", "mre_px")
    thresholds = list(report["overall"]["sdr"])
    baselines = [key for key, figures in report["baselines"].items() if figures is not None]
    rows: list[list[Any]] = [
        ["landmark", "group", *keys]
        + [f"sdr_{t}mm" for t in thresholds]
        + [f"{key}_{unit}" for key in baselines for unit in ("mre_mm", "mre_px")]
        + ["n_mm"]
    ]
    for name, figures in report["landmarks"].items():
        row = [name, figures["group"], *(figures[key] for key in keys)]
        row += [figures["sdr"][t] for t in thresholds]
        for key in baselines:
            beside = report["baselines"][key]["landmarks"][name]
            row += [beside["mre_mm"], beside["mre_px"]]
        rows.append([*row, figures["n_mm"]])
    return csv_text(rows)


def predictions_json(
    records: Sequence[CephRecord],
    names: Sequence[str],
    *,
    checkpoint_sha256: str | None = None,
) -> bytes:
    """Every prediction with its truth in px, all digits kept, images without truth too.

    The checksum stands here too, so that the file alone says whose predictions these are. Images
    become text one by one: as Python's numbers they take several times the memory.
    """
    head = {
        "schema": PREDICTIONS_SCHEMA,
        "checkpoint_sha256": checkpoint_sha256,
        "landmark_names": list(names),
        "images": [],
    }
    end = b"]}\n"
    content = bytearray(json_bytes(head, indent=None).removesuffix(end))
    for index, record in enumerate(records):
        content += b", " if index else b""
        content += json_bytes(_image(record), indent=None).rstrip()
    content += end
    return bytes(content)


def _image(record: CephRecord) -> dict[str, Any]:
    keypoints = record.predicted.tolist()
    if np.isnan(record.predicted).any():
        keypoints = [[None if v != v else v for v in point] for point in keypoints]
    truth = zip(record.truth.tolist(), record.visible.tolist(), strict=True)
    return {
        "file": record.file,
        "width": int(record.image_size[0]),
        "height": int(record.image_size[1]),
        "spacing": None if record.spacing is None else [float(s) for s in record.spacing],
        "keypoints": keypoints,
        "scores": record.scores.tolist(),
        "truth": [[*point, 2] if visible else [0.0, 0.0, 0] for point, visible in truth],
    }


def report_md(report: Mapping[str, Any], notes: Sequence[str], plots: Sequence[str]) -> str:
    """The report as Markdown.

    Args:
        report: The report dict.
        notes: Sentences on how to read it.
        plots: Paths of the plots, relative to the report's folder.
    """
    lines = ["# Landmark report", "", "  \n".join(headline(report).splitlines()), ""]
    for key in ("dataset", "config", "checkpoint"):
        lines.append(f"- {key}: {code(str(report[key]))}")
    lines += ["", *_markdown(header(report), landmark_rows(report), summary_rows(report)), ""]
    if report["groups"]["difficult"] is not None:
        lines.append("- \\* difficult landmark")
    lines += [f"- {line(note)}" for note in notes]
    if report.get("compare"):
        part = report["compare"]
        lines += ["", "## Before and after", "", line(part["verdict"]), ""]
        lines += [f"- {line(each)}" for each in compare_lines(part)]
        lines += ["", *_markdown(compare_header(part), compare_rows(part), [])]
    if report["per_device"]:
        lines += ["", "## Per device", ""]
        lines += _markdown(device_header(report), device_rows(report), [], "device")
    if report.get("measurements"):
        lines += _measurements(report["measurements"])
    lines += ["", "## What was left out", ""]
    lines += [f"- {line(each)}" for each in left_out_lines(report) or [nothing_line(report)]]
    if plots:
        lines += ["", "## Plots", ""]
        for plot in plots:
            name = Path(plot).name
            lines += [f"![{Path(plot).stem.replace('_', ' ')}]({plot})", ""]
            lines += [CAPTIONS[name], ""] if name in CAPTIONS else []
    versions = ", ".join(f"{k} {v}" for k, v in report["environment"].items() if v is not None)
    lines += ["", f"Environment: {plain(versions)}", ""]
    if report.get("config_text"):
        lines += ["The whole config is in `index.html` and `report.json` (`config_text`).", ""]
    lines += ["Research use only; not a medical device.", ""]
    return "\n".join(lines)


def _measurements(part: Mapping[str, Any]) -> list[str]:
    lines = ["", "## Measurements", "", *map(line, measurement_lines(part)), ""]
    lines += _markdown(value_header(part), value_rows(part), [], "measurement")
    if part["classes"] is not None:
        rows = class_rows(part)
        lines += ["", *_markdown(class_header(), rows[:-1], rows[-1:], "ISBI measure")]
    return lines


def _markdown(
    titles: Sequence[str], rows: Sequence[Row], bold: Sequence[Row], first: str = "landmark"
) -> list[str]:
    lines = [f"| {first} | {' | '.join(map(plain, titles))} |", f"|---|{'---:|' * len(titles)}"]
    for row in rows:
        lines.append(f"| {plain(row.label)}{' *' if row.difficult else ''} | {_joined(row)} |")
    return lines + [f"| **{plain(row.label)}** | {_joined(row)} |" for row in bold]


def _joined(row: Row) -> str:
    return " | ".join(map(plain, row.cells))
