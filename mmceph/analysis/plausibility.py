"""Whether millimetres can be right: a face's lengths, on each picture and over many."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..landmarks import find_canonical_name
from .human_range import FACE_LENGTHS, MEDIAN_SELLA_NASION_MM, FaceLength

_FIRST = 2  # of FACE_LENGTHS: judged by these where any of them can be measured

Place = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True)
class ScaleCheck:
    """What the lengths of one face say of a scale.

    Attributes:
        lengths: mm of the lengths that could be measured, by their names.
        doubts: One text for each that no human has; empty where the scale can be right.
    """

    lengths: Mapping[str, float]
    doubts: tuple[str, ...]

    @property
    def checked(self) -> bool:
        """Whether there was a length to check by."""
        return bool(self.lengths)

    @property
    def possible(self) -> bool:
        """Whether the scale may be right; True where nothing could be checked."""
        return not self.doubts


NOT_CHECKED = (
    "the scale was not checked against the face: of "
    + ", ".join("-".join(length.ends) for length in FACE_LENGTHS)
    + " no pair of landmarks is there"
)


def check_scale(points: Mapping[str, Place | None], spacing: float | Sequence[float]) -> ScaleCheck:
    """Check a scale against the face it makes.

    The lengths may be impossible because the points are wrong; then millimetres measured from them
    are wrong as well.

    Args:
        points: Landmark name (or a known alias) to x and y in px; None and NaN: missing.
        spacing: mm per px, once or along x and y.

    Example:
        >>> check_scale({"S": (0, 0), "N": (500, 0)}, 0.14).possible
        True
        >>> check_scale({"S": (0, 0), "N": (500, 0)}, 1.0).doubts
        ('Sella-Nasion would be 500 mm (45 to 95 in people)',)
    """
    named = {find_canonical_name(name) or name: place for name, place in points.items()}
    found: dict[str, float] = {}
    doubts: list[str] = []
    for group in (FACE_LENGTHS[:_FIRST], FACE_LENGTHS[_FIRST:]):
        for length in group:
            value = _measured(length, named, spacing)
            if value is None:
                continue
            found[length.name] = value
            if not length.range.holds(value):
                said = f"{value:.0f}" if value >= 1000 else f"{value:.3g}"
                doubts.append(f"{length.name} would be {said} mm ({length.range} in people)")
        if found:
            break
    return ScaleCheck(found, tuple(doubts))


def _measured(
    length: FaceLength, points: Mapping[str, Place | None], spacing: float | Sequence[float]
) -> float | None:
    first, second = (points.get(name) for name in length.ends)
    if first is None or second is None:
        return None
    sides = np.broadcast_to(np.asarray(spacing, np.float64), (2,))
    value = math.hypot(*((second[i] - first[i]) * float(sides[i]) for i in (0, 1)))
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class DeviceScale:
    """The S-N distance on one device's images.

    Attributes:
        device: The X-ray machine, or ``unknown``.
        count: Images with both points and a spacing.
        median_mm: Median distance in mm.
    """

    device: str
    count: int
    median_mm: float

    @property
    def plausible(self) -> bool:
        """Whether the median lies within :data:`MEDIAN_SELLA_NASION_MM`."""
        return MEDIAN_SELLA_NASION_MM.holds(self.median_mm)


def scales_by_device(
    samples: Iterable[
        tuple[str | None, Sequence[float] | None, Sequence[float] | None, Sequence[float] | None]
    ],
) -> list[DeviceScale]:
    """Return the median S-N distance of each device, by name.

    Args:
        samples: Device, spacing (mm per px along x and y), Sella and Nasion (px, x before y) of
            each image; images that lack one of the last three are passed over.

    Example:
        >>> scales_by_device([("X1", (0.1, 0.1), (0, 0), (300, 400)), ("X1", None, None, None)])
        [DeviceScale(device='X1', count=1, median_mm=50.0)]
    """
    lengths: dict[str, list[float]] = {}
    for device, spacing, sella, nasion in samples:
        if spacing is None or sella is None or nasion is None:
            continue
        across, down = ((nasion[axis] - sella[axis]) * spacing[axis] for axis in (0, 1))
        lengths.setdefault(device or "unknown", []).append(math.hypot(across, down))
    return [
        DeviceScale(device, len(values), statistics.median(values))
        for device, values in sorted(lengths.items())
    ]


def describe_scale(scale: DeviceScale) -> str:
    """Say in one line why a device's millimetres are doubtful, and what to do."""
    return (
        f"the median Sella-Nasion distance of {scale.count} image(s) is {scale.median_mm:.1f} mm, "
        f"outside {MEDIAN_SELLA_NASION_MM} mm: the spacing likely does not belong to these images; "
        "trust px, or give the right mm per px"
    )
