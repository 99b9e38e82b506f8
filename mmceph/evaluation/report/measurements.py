"""The measurements' part of a report: how far angles and lengths are off, and the ISBI classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from ...analysis.agreement import (
    ClassAgreement,
    class_agreement,
    measure_many,
    measurement_agreement,
)
from ...analysis.definitions import MEASUREMENTS
from ...analysis.human_range import HUMAN_RANGES
from ...functional.baselines import mean_shape_points
from ..figures import number
from ..records import CephRecord, compared_points, spacings
from .rows import NOT_KNOWN, Row, text

# What one line of print has room for: the angles most papers give.
_PRINTED = ("SNA", "SNB", "ANB", "FMA", "SN-GoGn")


def build_measurements(
    records: Sequence[CephRecord],
    names: Sequence[str],
    mean_shape_fractions: np.ndarray | None = None,
) -> dict[str, Any] | None:
    """Compare the measurements of predicted points with those of the true ones.

    Args:
        records: Tested images, landmarks in the order of ``names``.
        names: Landmark names.
        mean_shape_fractions: Mean shape of the training set, shape (K, 2), or None.

    Returns:
        The "measurements" part of a report, or None where no measurement can be computed.
        ``values``: per measurement name, unit, n, mean_abs, bias, sd, impossible (images on which
        the predicted value is one that no human has) and the baselines' mean_abs. ``classes``:
        scr (mean over the measures, in percent), mean_shape_scr, and per measure n, scr and the
        confusion matrix.
    """
    if not records:
        return None
    spacing = spacings(records)
    visible = compared_points(records)[..., None]
    truth = measure_many(
        np.where(visible, np.stack([r.truth for r in records]), np.nan), names, spacing
    )
    predicted = measure_many(np.stack([r.predicted for r in records]), names, spacing)
    found = measurement_agreement(predicted, truth)
    if not found:
        return None
    constant = {}
    if mean_shape_fractions is not None:
        sizes = np.array([r.image_size for r in records])
        constant = measure_many(mean_shape_points(mean_shape_fractions, sizes), names, spacing)
    shape = {row.key: row.mean_abs for row in measurement_agreement(constant, truth)}
    observers = _between_observers(records, names, visible, spacing)
    return {
        "values": {
            row.key: {
                "name": MEASUREMENTS[row.key].name,
                "unit": MEASUREMENTS[row.key].unit,
                "n": row.n,
                "mean_abs": number(row.mean_abs),
                "bias": number(row.bias),
                "sd": number(row.sd),
                "impossible": _impossible(row.key, predicted[row.key], truth[row.key]),
                "baselines": {
                    "mean_shape": number(shape.get(row.key, np.nan)),
                    "inter_observer": number(observers.get(row.key, np.nan)),
                },
            }
            for row in found
        },
        "classes": _classes(class_agreement(predicted, truth), class_agreement(constant, truth)),
    }


def _impossible(key: str, predicted: np.ndarray, truth: np.ndarray) -> int:
    bounds = HUMAN_RANGES[key]
    outside = (predicted < bounds.low) | (predicted > bounds.high)
    return int((outside & np.isfinite(truth)).sum())


def _classes(
    found: Sequence[ClassAgreement], constant: Sequence[ClassAgreement]
) -> dict[str, Any] | None:
    if not found:
        return None
    shape = {row.key: row.scr for row in constant}
    return {
        "scr": number(float(np.mean([row.scr for row in found]))),
        "mean_shape_scr": number(float(np.mean(list(shape.values())))) if shape else None,
        "measures": {
            row.key: {
                "name": MEASUREMENTS[row.key].name,
                "n": row.n,
                "scr": number(row.scr),
                "mean_shape_scr": number(shape.get(row.key, np.nan)),
                "labels": _labels(row.key),
                "confusion": row.confusion.tolist(),
            }
            for row in found
        },
    }


def _labels(key: str) -> list[str]:
    """One label per class number; a number that has two ranges keeps the first's."""
    labels: dict[int, str] = {}
    for entry in MEASUREMENTS[key].classes:
        labels.setdefault(entry.number, entry.label)
    return [labels[number] for number in sorted(labels)]


def _between_observers(
    records: Sequence[CephRecord], names: Sequence[str], visible: np.ndarray, spacing: np.ndarray
) -> dict[str, float]:
    """Mean absolute difference between observers, over all pairs that an image has."""
    people = sorted({person for r in records for person in r.observers})
    missing = np.zeros((len(names), 3))
    values = []
    for person in people:
        marks = np.stack([np.asarray(r.observers.get(person, missing), float) for r in records])
        seen = visible & (marks[..., 2:] > 0)
        values.append(measure_many(np.where(seen, marks[..., :2], np.nan), names, spacing))
    differences: dict[str, list[np.ndarray]] = {}
    for first, second in combinations(values, 2):
        for key in first:
            differences.setdefault(key, []).append(np.abs(first[key] - second[key]))
    pooled = {key: np.concatenate(parts) for key, parts in differences.items()}
    return {key: float(np.nanmean(v)) for key, v in pooled.items() if not np.isnan(v).all()}


def value_header(part: Mapping[str, Any]) -> list[str]:
    """Column titles of the differences, without the label's."""
    titles = ["unit", "n", "mean abs diff", "bias", "SD"]
    titles += [title for title, _ in _beside(part)]
    return [*titles, "impossible"] if _any_impossible(part) else titles


def value_rows(part: Mapping[str, Any]) -> list[Row]:
    """One row per measurement."""
    rows = []
    for key, figures in part["values"].items():
        # A ratio of 0.65 to 0.75 says nothing with two digits.
        digits = 4 if figures["unit"] == "ratio" else 2
        cells = [figures["unit"], str(figures["n"])]
        cells += [text(figures[name], digits) for name in ("mean_abs", "bias", "sd")]
        cells += [text(figures["baselines"][name], digits) for _, name in _beside(part)]
        cells += [str(figures.get("impossible", 0))] if _any_impossible(part) else []
        rows.append(Row(key, "measurement", tuple(cells)))
    return rows


def class_header() -> list[str]:
    """Column titles of the classes, without the label's."""
    return ["n", "SCR %", "mean shape", "true class: right of all"]


def class_rows(part: Mapping[str, Any]) -> list[Row]:
    """One row per measure of the ISBI challenge, the mean last."""
    classes = part["classes"]
    rows = []
    for key, figures in classes["measures"].items():
        told = [
            f"{label} {line[place]} of {sum(line)}"
            for place, (label, line) in enumerate(
                zip(figures["labels"], figures["confusion"], strict=True)
            )
            if sum(line)
        ]
        rates = (text(figures["scr"], 1), text(figures["mean_shape_scr"], 1))
        rows.append(Row(key, "measurement", (str(figures["n"]), *rates, ", ".join(told))))
    rates = (text(classes["scr"], 1), text(classes["mean_shape_scr"], 1))
    return [*rows, Row("mean", "overall", (NOT_KNOWN, *rates, ""))]


def measurement_lines(part: Mapping[str, Any]) -> list[str]:
    """How to read the tables, in sentences."""
    lines = ["Differences are predicted less true measurement; SD is theirs, with n - 1."]
    if _any_impossible(part):
        lines.append(
            "Impossible: on how many images the predicted value is one that no human has "
            "(docs/measurements.md has the bounds); they count in the differences."
        )
    if part["classes"] is not None:
        lines.append(
            "SCR is the success classification rate of the ISBI 2015 challenge: the share told "
            "rightly within each true class, averaged over the classes that occur. Coordinates "
            "are not cut to whole pixels as in the challenge's code."
        )
    return lines


def measurement_line(part: Mapping[str, Any]) -> str:
    """The measurements in one line of print."""
    values = part["values"]
    shown = [f"{key} {text(values[key]['mean_abs'])}" for key in _PRINTED if key in values]
    parts = [f"mean absolute difference in deg: {', '.join(shown)}"] if shown else []
    if part["classes"] is not None:
        parts.append(f"ISBI classes: SCR {text(part['classes']['scr'], 1)} %")
    return f"Measurements, {'; '.join(parts)}" if parts else ""


def _any_impossible(part: Mapping[str, Any]) -> bool:
    return any(figures.get("impossible") for figures in part["values"].values())


def _beside(part: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Titles and keys of the baselines there are."""
    known = (("observers", "inter_observer"), ("mean shape", "mean_shape"))
    return [
        (title, key)
        for title, key in known
        if any(figures["baselines"][key] is not None for figures in part["values"].values())
    ]
