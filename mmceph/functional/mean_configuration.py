"""The mean of many tracings, each moved (but neither turned nor scaled) to fit the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDS = 10


def mean_configuration(points: ArrayLike) -> NDArray[np.float64]:
    """Mean position of every landmark, the tracings laid over each other by translation.

    A landmark that some tracings lack does not pull the mean towards where the others happen to
    lie in their pictures: each tracing is moved to fit the mean over the landmarks it has.

    Args:
        points: Shape (N, K, 2), x before y; NaN where a tracing lacks a landmark.

    Returns:
        Shape (K, 2), its mean over the known landmarks at the origin; NaN for a landmark that no
        tracing has.

    Raises:
        ValueError: The shape is not (N, K, 2).

    Example:
        >>> mean_configuration([[[0, 0], [2, 0]], [[10, 5], [14, 5]]])
        array([[-1.5,  0. ],
               [ 1.5,  0. ]])
    """
    values = np.asarray(points, np.float64)
    if values.ndim != 3 or values.shape[2] != 2:
        raise ValueError(f"points must have shape (N, K, 2), got {values.shape}")
    known: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=2))[..., None]
    moved = np.where(known, values, 0.0)
    moved = np.where(known, moved - _means(moved, known, 1)[:, None], 0.0)
    for _ in range(_ROUNDS):
        mean = _means(moved, known, 0)
        step = _means(np.where(known, mean - moved, 0.0), known, 1)
        moved = np.where(known, moved + step[:, None], 0.0)
    mean = _means(moved, known, 0)
    found: NDArray[np.bool_] = np.asarray(known.any(axis=0))
    centred: NDArray[np.float64] = np.where(found, mean, np.nan)
    if bool(found.any()):
        centred -= centred[found[:, 0]].mean(axis=0)
    return centred


def _means(values: NDArray[np.float64], known: NDArray[np.bool_], axis: int) -> NDArray[np.float64]:
    """Means over the known entries; 0 where there are none."""
    count = known.sum(axis=axis)
    total: NDArray[np.float64] = values.sum(axis=axis)
    return np.asarray(total / np.maximum(count, 1), np.float64)
