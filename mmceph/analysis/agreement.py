"""How well measurements of predicted landmarks agree with those of the true ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..functional.classification import confusion_matrix, success_classification_rate
from ..landmarks import find_canonical_name
from .definitions import MEASUREMENTS, Definition
from .norms import classify

Values = Mapping[str, NDArray[np.float64]]
"""Measurement key to its value on every image, shape (N,); NaN where it has none."""


@dataclass(frozen=True)
class Agreement:
    """How far one measurement is off, over all images that have it twice.

    Attributes:
        key: The measurement.
        n: Images.
        mean_abs: Mean absolute difference, in the measurement's unit.
        bias: Mean difference, predicted less true.
        sd: Standard deviation of the differences (n - 1); NaN for one image.
    """

    key: str
    n: int
    mean_abs: float
    bias: float
    sd: float


@dataclass(frozen=True)
class ClassAgreement:
    """How often one measurement's class is told rightly.

    Attributes:
        key: The measurement.
        n: Images.
        scr: Success classification rate in percent: every class that occurs counts the same.
        confusion: Counts, true classes in rows, shape (C, C).
    """

    key: str
    n: int
    scr: float
    confusion: NDArray[np.int64]


def measure_many(
    points: ArrayLike, names: Sequence[str], spacing: ArrayLike | None = None
) -> dict[str, NDArray[np.float64]]:
    """Every measurement of many tracings at once.

    Args:
        points: Landmarks in px, shape (N, K, 2), x before y; NaN where missing.
        names: The landmarks' names or known aliases; others are passed over.
        spacing: mm per px, shape (N, 2), NaN where unknown; None: unknown for all.

    Returns:
        The measurements that the names allow, in the table's order. Lengths in mm are NaN where
        the spacing is unknown. Impossible values are given as they are: errors count them.

    Raises:
        ValueError: The shapes do not fit.

    Example:
        >>> points = [[[0, 0], [100, 0], [100, 80]], [[0, 0], [100, 0], [20, 80]]]
        >>> measure_many(points, ["S", "N", "A"])["SNA"]
        array([90., 45.])
    """
    array = np.asarray(points, np.float64)
    if array.ndim != 3 or array.shape[1:] != (len(names), 2):
        raise ValueError(f"points must have shape (N, {len(names)}, 2), got {array.shape}")
    scale = np.full((len(array), 2), np.nan) if spacing is None else np.asarray(spacing, np.float64)
    if scale.shape != (len(array), 2):
        raise ValueError(f"spacing must have shape ({len(array)}, 2), got {scale.shape}")
    known = np.asarray(~np.isnan(scale).any(axis=1))
    array = array * np.where(known[:, None], scale, 1.0)[:, None, :]
    places = {find_canonical_name(n) or n: array[:, index] for index, n in enumerate(names)}
    values = {}
    for definition in MEASUREMENTS.values():
        if places.keys() >= set(definition.landmarks):
            found = definition.formula(places)
            values[definition.key] = (
                np.where(known, found, np.nan) if definition.unit == "mm" else found
            )
    return values


def measurement_agreement(predicted: Values, truth: Values) -> list[Agreement]:
    """Differences of every measurement; those that no image has twice are left out.

    A formula that stands in the table twice (the ISBI classes' ANB, SNA, SNB) is given once.

    Args:
        predicted: From :func:`measure_many`.
        truth: Likewise, of the same images.
    """
    rows = []
    for definition in _once():
        if definition.key not in predicted or definition.key not in truth:
            continue
        change = predicted[definition.key] - truth[definition.key]
        change = change[~np.isnan(change)]
        if change.size:
            sd = float(change.std(ddof=1)) if change.size > 1 else float("nan")
            mean_abs, bias = float(np.abs(change).mean()), float(change.mean())
            rows.append(Agreement(definition.key, int(change.size), mean_abs, bias, sd))
    return rows


def class_agreement(predicted: Values, truth: Values) -> list[ClassAgreement]:
    """The success classification rate of each of the eight ISBI measures that can be computed.

    Args:
        predicted: From :func:`measure_many`.
        truth: Likewise, of the same images.
    """
    rows = []
    for definition in MEASUREMENTS.values():
        key, classes = definition.key, definition.classes
        if not classes or key not in predicted or key not in truth:
            continue
        count = max(entry.number for entry in classes)
        found = [classify(values[key], classes) for values in (truth, predicted)]
        confusion = confusion_matrix(found[0], found[1], count)
        n = int(confusion.sum())
        if n:
            scr = success_classification_rate(confusion)
            rows.append(ClassAgreement(key, n, scr, confusion))
    return rows


def _once() -> list[Definition]:
    formulas: dict[object, Definition] = {}
    for definition in MEASUREMENTS.values():
        formulas.setdefault(definition.formula, definition)
    return list(formulas.values())
