"""Whether the millimetres of a data set can be right: the distance from Sella to Nasion."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SELLA_NASION_RANGE_MM = (60.0, 85.0)
"""Where the median S-N distance of any group of people lies, film enlargement included.

Adults average 67 to 78 mm depending on sex and magnification; published pixel sizes of several
Aariz devices give 25 to 120 mm instead, so those pixel sizes do not belong to those images.
"""


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
        """Whether the median lies within :data:`SELLA_NASION_RANGE_MM`."""
        low, high = SELLA_NASION_RANGE_MM
        return low <= self.median_mm <= high


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
    low, high = SELLA_NASION_RANGE_MM
    return (
        f"the median Sella-Nasion distance of {scale.count} image(s) is {scale.median_mm:.1f} mm, "
        f"outside {low:g} to {high:g} mm: the spacing likely does not belong to these images; "
        "trust px, or give the right mm per px"
    )
