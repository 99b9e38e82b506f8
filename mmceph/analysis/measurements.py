"""The measurements of one tracing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import MmcephError
from ..functional.geometry import COINCIDENT, distance, line_distance
from ..landmarks import find_canonical_name
from .analyses import find_analysis
from .definitions import MEASUREMENTS, Definition
from .formulas import ends, place
from .human_range import HUMAN_RANGES, HumanRange
from .norms import SEXES, ClassRange, Norm, find_class
from .plausibility import check_scale

NO_CALIBRATION = "no calibration: mm per px is not known"
IMPOSSIBLE = "impossible"
"""How the reason of a value begins that no human has."""


class MeasurementError(MmcephError):
    """The points or the calibration given cannot be understood; the message says what to do."""


@dataclass(frozen=True)
class Measurement:
    """One measurement of one tracing: a value, or why there is none.

    Attributes:
        key: Its short name, see :data:`mmceph.analysis.MEASUREMENTS`.
        name: Its full name.
        unit: ``"deg"``, ``"mm"``, ``"%"`` or ``"ratio"``.
        analysis: The analysis it was computed for, or None.
        value: The value, or None where it cannot be computed.
        norm: The norm that applies, or None.
        deviation: Standard deviations above the norm's mean; None where there is no standard
            deviation (ranges, targets), or where the norm's lengths are of enlarged films.
        classified: Its class in the ISBI 2015 challenge, for the eight measures that have one.
        missing: Landmarks that were needed and not given.
        reason: Why there is no value; None where there is one.
        note: What to know of this value and its norm; may be empty.
        impossible: What the points and the scale come to where no human has that; it is no
            ``value``, and ``reason`` says between which values it would be one.
    """

    key: str
    name: str
    unit: str
    analysis: str | None = None
    value: float | None = None
    norm: Norm | None = None
    deviation: float | None = None
    classified: ClassRange | None = None
    missing: tuple[str, ...] = ()
    reason: str | None = None
    note: str = ""
    impossible: float | None = None

    @property
    def computable(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for strict JSON."""
        row = asdict(self)
        del row["classified"]
        row["missing"] = list(self.missing)
        found = self.classified
        row["class"] = None if found is None else {"number": found.number, "label": found.label}
        return row


def measure(
    points: Mapping[str, Sequence[float] | NDArray[np.float64] | None],
    *,
    mm_per_px: float | Sequence[float] | None,
    analysis: str | Sequence[str] | None = None,
    sex: str | None = None,
) -> list[Measurement]:
    """Measure a tracing.

    Args:
        points: Landmark name (or a known alias) to x and y in px. None and NaN are missing
            points; names that no measurement needs are passed over.
        mm_per_px: The scale: one number, or (sx, sy) where pixels are not square. None: lengths
            in mm are not computable; angles and ratios are, of square pixels. Nor are lengths of
            a scale that makes an impossible face, see
            :func:`mmceph.analysis.plausibility.check_scale`.
        analysis: Name of an analysis, or several; see :func:`mmceph.analysis.analysis_names`.
            None measures everything once. A measurement of two analyses comes twice, each with
            its own author's norm.
        sex: ``"female"`` or ``"male"``, for norms that differ; None leaves those without a norm.

    Returns:
        The measurements in the analyses' order, the ones that cannot be computed included. What
        lies outside :data:`mmceph.analysis.human_range.HUMAN_RANGES` is impossible and no value.

    Raises:
        MeasurementError: A point, the scale or the sex is not understood.
        ValueError: There is no such analysis.

    Example:
        >>> sna = {"S": (0, 0), "N": (100, 0), "A": (100, 80)}
        >>> [found.value for found in measure(sna, mm_per_px=None, analysis="steiner")[:2]]
        [90.0, None]
    """
    places = _places(points)
    scale = _scale(mm_per_px)
    if sex not in (None, *SEXES):
        raise MeasurementError(f"sex is {sex!r}: say 'female', 'male' or None")
    uncalibrated = NO_CALIBRATION if scale is None else _impossible_scale(places, scale)
    if scale is not None:
        places = {name: where * scale for name, where in places.items()}
    chosen = [analysis] if isinstance(analysis, str) else analysis
    if chosen is None:
        return [_measure(e, places, uncalibrated, None, "", sex) for e in _all()]
    found = []
    for entry in map(find_analysis, chosen):
        for key in entry.keys:
            definition = MEASUREMENTS[key]
            found.append(_measure(definition, places, uncalibrated, entry.name, entry.author, sex))
    return found


def _all() -> list[Definition]:
    return list(MEASUREMENTS.values())


def _measure(
    definition: Definition,
    places: Mapping[str, NDArray[np.float64]],
    uncalibrated: str | None,
    analysis: str | None,
    author: str,
    sex: str | None,
) -> Measurement:
    norm, note = choose_norm(definition, author, sex)
    note = " ".join(part for part in (definition.note, note) if part)
    about = (definition.key, definition.name, definition.unit, analysis)
    missing = tuple(name for name in definition.landmarks if name not in places)
    if missing:
        reason = f"missing: {', '.join(missing)}"
        return Measurement(*about, norm=norm, missing=missing, reason=reason, note=note)
    if definition.unit == "mm" and uncalibrated is not None:
        return Measurement(*about, norm=norm, reason=uncalibrated, note=note)
    value = float(definition.formula(places))
    if not math.isfinite(value):
        reason = _degenerate(definition, places)
        return Measurement(*about, norm=norm, reason=reason, note=note)
    bounds = HUMAN_RANGES[definition.key]
    if not bounds.holds(value):
        reason = _impossible(value, definition.unit, bounds)
        return Measurement(*about, norm=norm, reason=reason, note=note, impossible=value)
    return Measurement(
        *about,
        value=value,
        norm=norm,
        deviation=None if norm is None else norm.deviation(value),
        classified=find_class(value, definition.classes),
        note=note,
    )


def _impossible(value: float, unit: str, bounds: HumanRange) -> str:
    wrong = "a point or the scale" if unit == "mm" else "a point"
    return f"{IMPOSSIBLE}: {with_unit(value, unit)}, in people {bounds}; {wrong} is wrong"


def _impossible_scale(
    places: Mapping[str, NDArray[np.float64]], scale: NDArray[np.float64]
) -> str | None:
    doubts = check_scale(places, scale.tolist()).doubts
    if not doubts:
        return None
    sides = dict.fromkeys(f"{side:.4g}" for side in scale.reshape(-1).tolist())
    said = " x ".join(sides)
    return f"{IMPOSSIBLE} scale: at {said} mm per px {doubts[0]}"


def with_unit(value: float, unit: str) -> str:
    """A measurement's value for people.

    Example:
        >>> with_unit(82.04, "deg"), with_unit(0.6512, "ratio")
        ('82.0 deg', '0.651 ratio')
    """
    return f"{value:.{3 if unit == 'ratio' else 1}f} {unit}"


def choose_norm(definition: Definition, author: str, sex: str | None) -> tuple[Norm | None, str]:
    """The norm that applies, and what to say where none does or where it is doubtful.

    Args:
        definition: The measurement.
        author: Part of a source's name, preferred over the others; may be empty.
        sex: ``"female"``, ``"male"`` or None.

    Returns:
        The norm or None, and a note that may be empty.
    """
    if not definition.norms:
        return None, ""
    own = [norm for norm in definition.norms if author and author in norm.source]
    candidates = own or [n for n in definition.norms if n.source == definition.norms[0].source]
    fitting = [norm for norm in candidates if norm.sex in (None, sex)]
    if not fitting:
        listed = ", ".join(map(str, candidates))
        return None, f"The norm depends on the sex ({candidates[0].source}: {listed})."
    note = "" if fitting[0].traced else "The norm circulates without a source we could trace."
    return fitting[0], note


def _degenerate(definition: Definition, places: Mapping[str, NDArray[np.float64]]) -> str:
    """Why a formula has no value although all its points are there."""
    for line in definition.formula.lines:
        start, end = (place(places, point) for point in line.split(">"))
        if not distance(start, end) > COINCIDENT:
            first, second = ends(line)
            return f"{first} and {second} are one point, so their line has no direction"
    for line, point in definition.formula.sides:
        start, end = (place(places, name) for name in line.split(">"))
        where = place(places, point)
        if np.isnan(line_distance(where, start, end, where)):
            first, second = ends(line)
            return f"{point} lies on the line {first}-{second}, so front and back are unknown"
    return "the points are too far apart to compute with"


def _places(
    points: Mapping[str, Sequence[float] | NDArray[np.float64] | None],
) -> dict[str, NDArray[np.float64]]:
    places: dict[str, NDArray[np.float64]] = {}
    written: dict[str, str] = {}
    for name, point in points.items():
        if point is None:
            continue
        try:
            where = np.asarray(point, np.float64)
        except (TypeError, ValueError):
            where = np.empty(0)
        if where.shape != (2,):
            raise MeasurementError(f"point {name!r} is {point!r}: give x and y in px")
        key = find_canonical_name(name) or name
        if key in written:
            raise MeasurementError(f"points {written[key]!r} and {name!r} are one landmark")
        written[key] = name
        if bool(np.isfinite(where).all()):
            places[key] = where
    return places


def _scale(mm_per_px: float | Sequence[float] | None) -> NDArray[np.float64] | None:
    if mm_per_px is None:
        return None
    try:
        scale = np.asarray(mm_per_px, np.float64)
    except (TypeError, ValueError):
        scale = np.empty(0)
    if scale.shape not in ((), (2,)) or not bool((np.isfinite(scale) & (scale > 0)).all()):
        raise MeasurementError(
            f"mm_per_px is {mm_per_px!r}: give one positive number, (sx, sy), or None where it "
            "is not known"
        )
    return scale
