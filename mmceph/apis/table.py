"""Result files as one table, a row per picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..io import csv_text

TABLE, FAILED = "predictions.csv", "failed.csv"
FAILED_COLUMNS = ("file", "reason")
_UNITS = {"%": "pct"}


def table(results: Sequence[Mapping[str, Any]]) -> bytes:
    """The table of all results as csv; cells without a value are empty.

    Columns: the picture, its scale, then x, y (px) and score of each landmark, then each
    measurement with its unit, then what to know. Where it was learnt how far points may be off,
    also each landmark's radius (mm) and, as ``_pm``, each measurement's half width.

    Args:
        results: What :meth:`CephPrediction.as_dict` gives, or its file holds.
    """
    landmarks = _ordered(result["landmarks"] for result in results)
    measured = _ordered([_column(entry) for entry in result["measurements"]] for result in results)
    header = ["file", "width", "height", "mm_per_px_x", "mm_per_px_y", "mm_per_px_error"]
    header += ["calibration_source"]
    bounds = any("bound" in p for result in results for p in result["landmarks"].values())
    parts = ("x", "y", "score", "radius_mm") if bounds else ("x", "y", "score")
    header += [f"{name}_{part}" for name in landmarks for part in parts]
    header += [f"{key}{part}" for key in measured for part in (("", "_pm") if bounds else ("",))]
    header += ["manual_points", "warnings", "notice"]
    return _csv(header, (_row(result, landmarks, measured, bounds) for result in results))


def failures_table(failures: Sequence[tuple[str, str]]) -> bytes:
    """Which pictures were left out and why, as csv."""
    return _csv(FAILED_COLUMNS, failures)


def key_table(names: Mapping[str, str]) -> bytes:
    """Which picture the results call by which name, as csv."""
    return _csv(["name", "file"], [(name, file) for file, name in names.items()])


def _row(
    result: Mapping[str, Any], landmarks: Sequence[str], measured: Sequence[str], bounds: bool
) -> list[Any]:
    image, calibration = result["image"], result["calibration"]
    spacing = calibration["spacing"] or (None, None)
    row = [image["file"], image["width"], image["height"], *spacing]
    row += [calibration["standard_error"], calibration["source"]]
    for name in landmarks:
        point = result["landmarks"].get(name, {})
        row += [point.get("x"), point.get("y"), point.get("score")]
        row += [point.get("bound", {}).get("radius_mm")] if bounds else []
    entries = {_column(entry): entry for entry in result["measurements"]}
    for key in measured:
        row += [entries.get(key, {}).get(part) for part in ("value", "half_width")[: 1 + bounds]]
    manual = [name for name, p in result["landmarks"].items() if p["source"] == "manual"]
    row += [" ".join(manual), "; ".join([*calibration["warnings"], *result["warnings"]])]
    return [*row, result["notice"]]


def _column(entry: Mapping[str, Any]) -> str:
    key, unit = entry["key"], _UNITS.get(entry["unit"], entry["unit"])
    return key if key.endswith(f"-{unit}") else f"{key}_{unit}"


def _ordered(groups: Iterable[Iterable[str]]) -> list[str]:
    """All names once, in the order in which they first come."""
    return list(dict.fromkeys(name for group in groups for name in group))


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    rounded = ([round(c, 4) if isinstance(c, float) else c for c in row] for row in rows)
    return csv_text([header, *rounded]).encode("utf-8", "backslashreplace")
