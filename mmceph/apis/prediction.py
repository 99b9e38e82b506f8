"""What is known of one picture once it was predicted on, or corrected by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis.calibration import Calibration, RulerReading, choose_calibration
from ..analysis.error_model import ErrorModel, LandmarkBound
from ..analysis.human_range import HUMAN_RANGES
from ..analysis.measurements import IMPOSSIBLE, Measurement, measure, with_unit
from ..analysis.uncertainty import MeasurementBound, measurement_bounds
from ..errors import MmcephError

if TYPE_CHECKING:
    from ..imaging import PixelSize

NOTICE = "Research use only; not a medical device."
SCHEMA = 1
DIGITS = 3
"""Decimals of a coordinate in px: one tenth of a micrometre, so that files and memory agree."""


@dataclass(frozen=True)
class LandmarkPoint:
    """Where a landmark lies, and who says so.

    Attributes:
        x: px of the original picture.
        y: px of the original picture.
        score: The model's confidence, None for a point the model did not give.
        source: ``"model"`` or ``"manual"``.
        predicted: Where the model had put a point that was then moved by hand, px.
        bound: How far the model's point may be off, where that was learnt.
    """

    x: float
    y: float
    score: float | None = None
    source: str = "model"
    predicted: tuple[float, float] | None = None
    bound: LandmarkBound | None = None

    @property
    def place(self) -> tuple[float, float]:
        """x and y in px."""
        return self.x, self.y


@dataclass(frozen=True)
class ReadingOptions:
    """How points become millimetres and measurements.

    Attributes:
        spacing: mm per px along x and y as the user states; None: not stated.
        use_dpi: Take the resolution a picture states where nothing better is known.
        analysis: Names of analyses; None measures everything once.
        sex: ``"female"``, ``"male"`` or None, for norms that differ.
    """

    spacing: tuple[float, float] | None = None
    use_dpi: bool = False
    analysis: tuple[str, ...] | None = None
    sex: str | None = None

    @classmethod
    def of(
        cls,
        spacing: float | Sequence[float] | None = None,
        use_dpi: bool = False,
        analysis: str | Sequence[str] | None = None,
        sex: str | None = None,
    ) -> ReadingOptions:
        """Bring options to their one form and check them before hours of work.

        Raises:
            MmcephError: The spacing, an analysis or the sex is not understood.
        """
        if isinstance(spacing, Sequence) and len(spacing) == 1:
            spacing = spacing[0]
        chosen = (analysis,) if isinstance(analysis, str) else analysis
        options = cls(
            choose_calibration(explicit=spacing).spacing,
            use_dpi,
            None if chosen is None else tuple(chosen),
            sex,
        )
        try:
            measure({}, mm_per_px=None, analysis=options.analysis, sex=sex)
        except ValueError as error:
            raise MmcephError(str(error)) from error
        return options

    def as_dict(self) -> dict[str, Any]:
        """Plain values for strict JSON."""
        return {
            "spacing": None if self.spacing is None else list(self.spacing),
            "use_dpi": self.use_dpi,
            "analysis": None if self.analysis is None else list(self.analysis),
            "sex": self.sex,
        }


@dataclass(frozen=True, eq=False)
class CephPrediction:
    """The landmarks of one picture, its scale and its measurements.

    Attributes:
        file: The picture as it was named, or ``array_0001`` and so on for arrays.
        size: Width and height in px.
        landmarks: By name, in the model's order, px of the original picture.
        calibration: mm per px with its source and what speaks against it.
        measurements: Angles, ratios and, where calibrated, lengths.
        bounds: By key, how far measurements may be off, where that was learnt.
        bound_factor: What calibration put on these intervals.
        ruler: What was read from the ruler; None where it was not looked for.
        pixel_sizes: The sizes the file states.
        made_with: Model and settings, for result files.
        warnings: What to know of this picture beside the calibration's warnings.
        format: As in :class:`mmceph.imaging.CephImage`, or ``"array"``.
        bits: Bits per sample in the file.
        pixels: (h, w) grey picture, for drawing; not written to result files.
    """

    file: str
    size: tuple[int, int]
    landmarks: Mapping[str, LandmarkPoint]
    calibration: Calibration
    measurements: tuple[Measurement, ...] = ()
    bounds: Mapping[str, MeasurementBound] = field(default_factory=dict)
    bound_factor: float = 1.0
    ruler: RulerReading | None = None
    pixel_sizes: tuple[PixelSize, ...] = ()
    made_with: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    format: str = "array"
    bits: int = 8
    pixels: np.ndarray | None = field(default=None, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Landmark names."""
        return tuple(self.landmarks)

    @property
    def keypoints(self) -> np.ndarray:
        """(K, 2) x and y in px of the original picture."""
        return np.array([point.place for point in self.landmarks.values()]).reshape(-1, 2)

    @property
    def keypoint_scores(self) -> np.ndarray:
        """(K,) confidences; NaN for points the model did not give."""
        scores = [point.score for point in self.landmarks.values()]
        return np.array([np.nan if score is None else score for score in scores])

    @property
    def manual(self) -> tuple[str, ...]:
        """Names of the landmarks placed by hand."""
        return tuple(name for name, point in self.landmarks.items() if point.source == "manual")

    def as_dict(self, *, measurements: bool = True) -> dict[str, Any]:
        """Plain values for strict JSON.

        Args:
            measurements: With them; without, what is needed to measure again is all there.
        """
        content: dict[str, Any] = {
            "schema": SCHEMA,
            "notice": NOTICE,
            "image": {
                "file": self.file,
                "width": self.size[0],
                "height": self.size[1],
                "format": self.format,
                "bits": self.bits,
                "pixel_sizes": [asdict(size) for size in self.pixel_sizes],
            },
            "landmarks": {name: _point_dict(point) for name, point in self.landmarks.items()},
            "bound_factor": self.bound_factor,
            "calibration": self.calibration.as_dict(),
            "ruler": None if self.ruler is None else asdict(self.ruler),
            "warnings": list(self.warnings),
            "made_with": dict(self.made_with),
        }
        if measurements:
            content["measurements"] = [self._measured(entry) for entry in self.measurements]
        return content

    def _measured(self, entry: Measurement) -> dict[str, Any]:
        row, bound = entry.as_dict(), self.bounds.get(entry.key)
        if bound is not None:
            row["half_width"], row["level"] = bound.half_width, bound.level
        return row


def assemble(
    *,
    file: str,
    size: tuple[int, int],
    landmarks: Mapping[str, LandmarkPoint],
    options: ReadingOptions,
    error_model: ErrorModel | None = None,
    bound_factor: float = 1.0,
    ruler: RulerReading | None = None,
    pixel_sizes: Sequence[PixelSize] = (),
    made_with: Mapping[str, Any] | None = None,
    warnings: Sequence[str] = (),
    format: str = "array",
    bits: int = 8,
    pixels: np.ndarray | None = None,
) -> CephPrediction:
    """Calibrate and measure points; the other arguments are :class:`CephPrediction`'s.

    Args:
        options: How to measure.
        error_model: How far the model's points may be off; None: as the points already say.

    Raises:
        MmcephError: The spacing, an analysis or the sex is not understood.
    """
    calibration = choose_calibration(
        explicit=options.spacing,
        ruler=ruler,
        dicom=tuple(pixel_sizes),
        dpi=True if options.use_dpi else None,
        points={name: point.place for name, point in landmarks.items()},
    )
    spacing = calibration.spacing
    if error_model is not None:
        bound_factor = error_model.measurement_factor(calibrated=spacing is not None)
    landmarks = _with_bounds(landmarks, error_model, size, spacing)
    places = {name: point.place for name, point in landmarks.items()}
    sds = {name: point.bound.sd_px for name, point in landmarks.items() if point.bound}
    bounds: dict[str, MeasurementBound] = {}
    if sds:
        bounds = measurement_bounds(
            places,
            sds,
            mm_per_px=spacing,
            level=next(point.bound.level for point in landmarks.values() if point.bound),
            factor=bound_factor,
            scale_error=calibration.standard_error,
        )
    measured = measure(
        places,
        # An impossible size gives no millimetres, but its pixels' form the angles.
        mm_per_px=spacing or calibration.refused,
        analysis=options.analysis,
        sex=options.sex,
    )
    return CephPrediction(
        file=file,
        size=size,
        landmarks=dict(landmarks),
        calibration=calibration,
        measurements=tuple(measured),
        bounds={entry.key: bounds[entry.key] for entry in measured if _bounded(entry, bounds)},
        bound_factor=bound_factor,
        ruler=ruler,
        pixel_sizes=tuple(pixel_sizes),
        made_with=dict(made_with or {}),
        warnings=(*warnings, *_impossible(measured)),
        format=format,
        bits=bits,
        pixels=pixels,
    )


def _bounded(entry: Measurement, bounds: Mapping[str, MeasurementBound]) -> bool:
    return entry.computable and entry.key in bounds


def _impossible(measured: Sequence[Measurement]) -> list[str]:
    """What no human has, each once, as a warning."""
    found = {
        entry.key: f"{entry.key} {with_unit(entry.impossible, entry.unit)} "
        f"({HUMAN_RANGES[entry.key]} in people)"
        for entry in measured
        if entry.impossible is not None
    }
    return [f"{IMPOSSIBLE}, so no value is given: {', '.join(found.values())}"] if found else []


def _with_bounds(
    landmarks: Mapping[str, LandmarkPoint],
    error_model: ErrorModel | None,
    size: tuple[int, int],
    spacing: tuple[float, float] | None,
) -> dict[str, LandmarkPoint]:
    """Points with their bounds; without an error model those they have, in mm of this spacing."""
    scores = {n: p.score for n, p in landmarks.items() if p.score is not None}
    if error_model is not None:
        found = error_model.bounds(scores, size=size, spacing=spacing)
        return {name: replace(p, bound=found.get(name)) for name, p in landmarks.items()}
    return {name: _in_mm(point, spacing) for name, point in landmarks.items()}


def _in_mm(point: LandmarkPoint, spacing: tuple[float, float] | None) -> LandmarkPoint:
    if point.bound is None:
        return point
    sides = None if spacing is None else np.multiply(point.bound.radius_px, spacing)
    mm = None if sides is None else float(np.sqrt(np.prod(sides)))
    return replace(point, bound=replace(point.bound, radius_mm=mm))


def _point_dict(point: LandmarkPoint) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "x": round(point.x, DIGITS),
        "y": round(point.y, DIGITS),
        "score": None if point.score is None else round(point.score, 4),
        "source": point.source,
    }
    if point.predicted is not None:
        entry["predicted"] = [round(value, DIGITS) for value in point.predicted]
    if point.bound is not None:
        entry["bound"] = point.bound.as_dict()
    return entry
