"""The figures of a report as plain numbers, and which landmarks belong to which group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..functional.sdr import success_detection_rate
from ..functional.summary import summarise
from .errors import EvaluationError
from .records import ErrorTable

THRESHOLDS_MM = (2.0, 2.5, 3.0, 4.0)


def number(value: float) -> float | None:
    """A figure for strict JSON: six decimals, None instead of NaN.

    Every file of a report is written from these numbers, so all of them agree.
    """
    return None if np.isnan(value) else round(float(value), 6)


def threshold_key(threshold: float) -> str:
    """The name of a threshold in keys: "2.0", "2.5"."""
    return str(float(threshold))


def figures(errors: ErrorTable, thresholds: Sequence[float] = THRESHOLDS_MM) -> dict[str, Any]:
    """The figures DESIGN.md section 5 asks for, pooled over all errors of the table.

    Args:
        errors: Errors in px and mm.
        thresholds: SDR thresholds in mm.

    Returns:
        n (errors in px, those of mre_px), n_mm (errors in mm, those of all millimetre figures),
        mre_mm, sd_mm, median_mm, p95_mm, mre_px and sdr (percent per threshold); the millimetre
        figures are None where no spacing is known.
    """
    mm = summarise(errors.mm)
    px = summarise(errors.px)
    return {
        "n": px.n,
        "n_mm": mm.n,
        "mre_mm": number(mm.mean),
        "sd_mm": number(mm.sd),
        "median_mm": number(mm.median),
        "p95_mm": number(mm.p95),
        "mre_px": number(px.mean),
        "sdr": {threshold_key(t): number(success_detection_rate(errors.mm, t)) for t in thresholds},
    }


def difficult_mask(names: Sequence[str], difficult: Iterable[str]) -> np.ndarray:
    """Which landmarks are in the difficult group.

    Args:
        names: The data set's landmark names.
        difficult: Names (or known aliases) of the difficult ones.

    Returns:
        Bool array of shape (K,).

    Raises:
        EvaluationError: A difficult name is not one of ``names``.
    """
    mask = np.zeros(len(names), bool)
    for wanted in difficult:
        mask[_position(wanted, list(names))] = True
    return mask


def _position(wanted: str, names: list[str]) -> int:
    if wanted in names:
        return names.index(wanted)
    # Only needed for aliases, and the stock data sets of MMPose have names it does not know.
    from ..landmarks import canonical_name

    try:
        canonical = canonical_name(wanted)
    except (KeyError, ValueError):
        canonical = None
    if canonical in names:
        return names.index(canonical)
    raise EvaluationError(
        f"difficult landmark {wanted!r} is not one of the data set's: {', '.join(names)}"
    )
