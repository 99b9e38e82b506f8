"""From the uncertainty of landmarks to that of measurements, to first order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..functional.uncertainty import normal_factor
from .agreement import measure_many
from .definitions import MEASUREMENTS
from .measurements import MeasurementError

Array = NDArray[np.float64]
_STEP_PX = 0.5
_TURN = 360.0


@dataclass(frozen=True)
class MeasurementBound:
    """How far a measurement may be off.

    Attributes:
        key: The measurement.
        value: Its value.
        half_width: The real value lies within ``value ± half_width`` ...
        level: ... with this probability.
        unit: Of both.
    """

    key: str
    value: float
    half_width: float
    level: float
    unit: str


@dataclass(frozen=True)
class Jacobian:
    """How measurements of one tracing change with its points.

    Attributes:
        keys: The measurements that have a value.
        values: Their values, shape (M,).
        slopes: Change per px of every point along x and y, shape (M, K, 2).
    """

    keys: tuple[str, ...]
    values: Array
    slopes: Array

    def standard_deviations(self, sd: ArrayLike) -> Array:
        """Of the measurements, shape (M,), from the points' in px, shape (K, 2).

        The points' errors are taken to be independent of each other.
        """
        variance: Array = ((self.slopes * np.asarray(sd, np.float64)) ** 2).sum(axis=(1, 2))
        return np.sqrt(variance)


def measurement_jacobian(
    points: ArrayLike, names: Sequence[str], spacing: Sequence[float] | None = None
) -> Jacobian:
    """Differentiate every measurement numerically.

    Args:
        points: In px, shape (K, 2), x before y; NaN where missing.
        names: The landmarks' names.
        spacing: mm per px along x and y, or None: then there are no lengths in mm.

    Example:
        >>> found = measurement_jacobian([[0, 0], [100, 0], [100, 80]], ["S", "N", "A"])
        >>> degrees = dict(zip(found.keys, found.slopes[:, 2, 0]))["SNA"]
        >>> bool(np.isclose(degrees, np.degrees(1 / 80), rtol=1e-3))
        True
    """
    base = np.asarray(points, np.float64)
    count = base.size
    moved = np.repeat(base[None], 2 * count + 1, axis=0)
    steps = _STEP_PX * np.eye(count).reshape(count, *base.shape)
    moved[1 : count + 1] += steps
    moved[count + 1 :] -= steps
    scale = None if spacing is None else np.tile(np.asarray(spacing, np.float64), (len(moved), 1))
    keys, values, slopes = [], [], []
    for key, found in measure_many(moved, names, scale).items():
        change = found[1 : count + 1] - found[count + 1 :]
        if MEASUREMENTS[key].unit == "deg":  # an angle may pass from 180 to -180 on the way
            change = (change + _TURN / 2) % _TURN - _TURN / 2
        if np.isfinite(found[0]) and bool(np.isfinite(change).all()):
            keys.append(key)
            values.append(float(found[0]))
            slopes.append(change.reshape(base.shape) / (2 * _STEP_PX))
    return Jacobian(tuple(keys), np.array(values), np.array(slopes).reshape(-1, *base.shape))


def measurement_bounds(
    points: Mapping[str, Sequence[float] | NDArray[np.float64] | None],
    sd_px: Mapping[str, float | Sequence[float]],
    *,
    mm_per_px: float | Sequence[float] | None,
    level: float = 0.9,
    factor: float = 1.0,
    scale_error: float | None = None,
) -> dict[str, MeasurementBound]:
    """How far the measurements of one tracing may be off.

    Args:
        points: Landmark name to x and y in px; None where missing.
        sd_px: Landmark name to the standard deviation of its error in px, along both axes or
            (x, y). Points without one are taken to be right, as those a human has set.
        mm_per_px: As for :func:`mmceph.analysis.measure`.
        level: Probability of the intervals.
        factor: On every interval: what calibration found to be missing, see
            :class:`mmceph.analysis.error_model.ErrorModel`.
        scale_error: Standard error of ``mm_per_px`` along y, for lengths in mm; along x it is the
            same share. :func:`mmceph.analysis.choose_calibration` gives it so.

    Returns:
        Measurement key to its bound, for those that have a value.

    Raises:
        MeasurementError: A standard deviation is negative or not finite.

    Example:
        >>> sna = {"S": (0, 0), "N": (100, 0), "A": (100, 80)}
        >>> found = measurement_bounds(sna, {"A": 1.0}, mm_per_px=None, level=0.9)["SNA"]
        >>> found.value, round(found.half_width, 2)
        (90.0, 1.18)
    """
    names = [name for name, point in points.items() if point is not None]
    if not names:
        return {}
    spacing = None if mm_per_px is None else np.broadcast_to(np.asarray(mm_per_px, float), (2,))
    sds = np.array([np.broadcast_to(np.asarray(sd_px.get(n, 0.0), float), (2,)) for n in names])
    if not bool((np.isfinite(sds) & (sds >= 0)).all()):
        worst = names[int(np.argmin((np.isfinite(sds) & (sds >= 0)).all(axis=1)))]
        raise MeasurementError(f"point {worst!r}: its standard deviation must be 0 or more px")
    where = np.array([points[name] for name in names], np.float64)
    found = measurement_jacobian(where, names, None if spacing is None else [*spacing])
    variance = found.standard_deviations(sds) ** 2
    if scale_error is not None and spacing is not None:
        share = scale_error / float(spacing[1])  # stated along y, whatever x is
        lengths = np.array([MEASUREMENTS[key].unit == "mm" for key in found.keys])
        variance = variance + np.where(lengths, found.values * share, 0.0) ** 2
    widths = normal_factor(level) * factor * np.sqrt(variance)
    return {
        key: MeasurementBound(key, float(value), float(width), level, MEASUREMENTS[key].unit)
        for key, value, width in zip(found.keys, found.values, widths, strict=True)
    }
