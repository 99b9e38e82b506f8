"""The printed report: plain text, aligned, readable in any terminal and log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .left_out import left_out_lines
from .measurements import measurement_line
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


def format_table(report: Mapping[str, Any]) -> str:
    """The report as text: landmarks, groups, overall with its interval, baselines.

    Args:
        report: A report dict, see :func:`mmceph.evaluation.report.build.build_report`.

    Returns:
        Several lines without a final newline.
    """
    landmarks = landmark_rows(report)
    lines = align(header(report), [landmarks, summary_rows(report)])
    if any(row.difficult for row in landmarks):
        lines.append("* difficult landmark")
    lines += ["", *headline(report).splitlines()]
    if report.get("measurements"):
        lines += [line for line in [measurement_line(report["measurements"])] if line]
    left_out = left_out_lines(report)
    if left_out:
        lines.append("Left out: " + "; ".join(left_out))
    if report["per_device"]:
        lines += ["", *align(device_header(report), [device_rows(report)], "device")]
    if report.get("compare"):
        part = report["compare"]
        lines += ["", "Before and after", *compare_lines(part)]
        rows = compare_rows(part)
        landmarks = [row for row in rows if row.kind == "landmark"]
        lines += align(compare_header(part), [landmarks, rows[len(landmarks) :]])
        lines += ["", part["verdict"]]
    return "\n".join(lines)


def align(
    titles: Sequence[str], blocks: Sequence[Sequence[Row]], first_title: str = "landmark"
) -> list[str]:
    """Lines of a table: the first column to the left, figures to the right, rules between."""
    rows = [row for block in blocks for row in block]
    labels = [row.label + (" *" if row.difficult else "") for row in rows]
    first = max(map(len, [*labels, first_title]))
    widths = [
        max(len(title), *(len(row.cells[column]) for row in rows))
        for column, title in enumerate(titles)
    ]

    def line(label: str, cells: Sequence[str]) -> str:
        figures = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        return "  ".join([label.ljust(first), *figures]).rstrip()

    rule = "-" * (first + sum(widths) + 2 * len(widths))
    lines = [line(first_title, titles)]
    position = 0
    for block in blocks:
        lines.append(rule)
        for row in block:
            lines.append(line(labels[position], row.cells))
            position += 1
    return lines
