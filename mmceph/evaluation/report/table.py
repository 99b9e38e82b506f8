"""The printed report: plain text, aligned, readable in any terminal and log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .measurements import measurement_line
from .rows import (
    Row,
    compare_header,
    compare_lines,
    compare_rows,
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
    if report["excluded"]:
        lines.append(excluded_line(report["excluded"]))
    if report.get("compare"):
        part = report["compare"]
        lines += ["", "Before and after", *compare_lines(part)]
        rows = compare_rows(part)
        landmarks = [row for row in rows if row.kind == "landmark"]
        lines += align(compare_header(part), [landmarks, rows[len(landmarks) :]])
    return "\n".join(lines)


def excluded_line(excluded: Sequence[Mapping[str, str]]) -> str:
    """How many images are left out of what, with the first few of each reason."""
    reasons: dict[str, list[str]] = {}
    for row in excluded:
        reasons.setdefault(row["reason"], []).append(row["file"])
    parts = []
    for reason, files in reasons.items():
        more = f" and {len(files) - 3} more" if len(files) > 3 else ""
        parts.append(f"{reason}: {len(files)} ({', '.join(files[:3])}{more})")
    return "Excluded: " + "; ".join(parts)


def align(titles: Sequence[str], blocks: Sequence[Sequence[Row]]) -> list[str]:
    """Lines of a table: the first column to the left, figures to the right, rules between."""
    rows = [row for block in blocks for row in block]
    labels = [row.label + (" *" if row.difficult else "") for row in rows]
    first = max(map(len, [*labels, "landmark"]))
    widths = [
        max(len(title), *(len(row.cells[column]) for row in rows))
        for column, title in enumerate(titles)
    ]

    def line(label: str, cells: Sequence[str]) -> str:
        figures = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        return "  ".join([label.ljust(first), *figures]).rstrip()

    rule = "-" * (first + sum(widths) + 2 * len(widths))
    lines = [line("landmark", titles)]
    position = 0
    for block in blocks:
        lines.append(rule)
        for row in block:
            lines.append(line(labels[position], row.cells))
            position += 1
    return lines
