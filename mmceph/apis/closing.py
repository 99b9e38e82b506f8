"""What is said at the end of many predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..analysis.calibration import Calibration
from ..analysis.plausibility import describe_scale, scales_by_device
from .prediction import CephPrediction

_MANY = 5  # pictures before their common Sella-Nasion distance says anything
_SHOWN = 5

Place = tuple[float, float]


@dataclass(frozen=True)
class Closing:
    """What the remarks need of one picture, and no pixels.

    Attributes:
        file: The picture.
        calibration: Its scale.
        sella: S in px, or None.
        nasion: N in px, or None.
        manual: Names of the points placed by hand.
        warnings: Of the picture.
    """

    file: str
    calibration: Calibration
    sella: Place | None
    nasion: Place | None
    manual: tuple[str, ...]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, prediction: CephPrediction) -> Closing:
        """Take it from a prediction."""
        points = prediction.landmarks
        sella, nasion = (points[n].place if n in points else None for n in ("S", "N"))
        return cls(
            prediction.file,
            prediction.calibration,
            sella,
            nasion,
            prediction.manual,
            prediction.warnings,
        )


def remarks(results: Sequence[Closing]) -> list[str]:
    """Lines on where the scales come from, what speaks against them, and what was corrected."""
    if not results:
        return []
    sources = Counter(result.calibration.source or "none" for result in results)
    listed = ", ".join(f"{source} ({count})" for source, count in sources.most_common())
    lines = [f"Scale from: {listed}"]
    doubts = [
        f"  {result.file}: {text}"
        for result in results
        for text in (*result.calibration.warnings, *result.warnings)
    ]
    lines += doubts[:_SHOWN]
    if len(doubts) > _SHOWN:
        lines.append(f"  ... {len(doubts) - _SHOWN} more in the table's column 'warnings'")
    scaled = [(None, r.calibration.spacing, r.sella, r.nasion) for r in results]
    for scale in scales_by_device(scaled):
        if scale.count >= _MANY and not scale.plausible:
            lines.append(f"Doubtful scale: {describe_scale(scale)}")
    moved = sum(len(result.manual) for result in results)
    if moved:
        lines.append(f"Points placed by hand: {moved}")
    return lines
