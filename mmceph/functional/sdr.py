"""Success detection rate (SDR): the share of landmarks found closely enough."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def success_detection_rate(errors: ArrayLike, threshold: float) -> float:
    """Percentage of the valid errors that are at most ``threshold``.

    Invisible landmarks (NaN) leave before the threshold is applied, so they count neither as
    found nor as missed. An error equal to the threshold counts as found (``<=``).

    Args:
        errors: Radial errors of any shape, usually in mm; NaN where not valid.
        threshold: Largest error that counts as found, in the unit of ``errors``.

    Returns:
        0 to 100, or NaN when no error is valid.

    Example:
        >>> success_detection_rate([1.0, 2.0, 2.1, float("nan")], 2.0)
        66.66666666666667
    """
    values = np.asarray(errors, np.float64)
    values = values[~np.isnan(values)]
    if values.size == 0:
        return float("nan")
    return 100.0 * int((values <= threshold).sum()) / int(values.size)
