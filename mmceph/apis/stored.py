"""Reading back what was written of a prediction, trusting nothing in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..analysis.calibration import RulerReading
from ..analysis.error_model import LandmarkBound
from ..converters.json_file import is_number, read_json
from ..converters.problems import ConversionError
from ..errors import MmcephError
from ..imaging.ceph_image import PixelSize
from .prediction import SCHEMA, LandmarkPoint, ReadingOptions


@dataclass(frozen=True)
class StoredPrediction:
    """What the model said of a picture, and how it was read.

    Attributes:
        file: The picture as it was named then.
        size: Width and height in px.
        points: The model's own points by name, px, where a hand moved them since, too.
        ruler: What was read from the ruler.
        pixel_sizes: The sizes the file states.
        options: How it was measured.
        bound_factor: What calibration put on the intervals of measurements.
        made_with: Model and settings.
        format: Of the picture's file.
        bits: Per sample in it.
        content: All of it, as in the file.
    """

    file: str
    size: tuple[int, int]
    points: Mapping[str, LandmarkPoint]
    ruler: RulerReading | None
    pixel_sizes: tuple[PixelSize, ...]
    options: ReadingOptions
    bound_factor: float
    made_with: Mapping[str, Any]
    format: str
    bits: int
    content: Mapping[str, Any] = field(repr=False)


def read_stored(path: Path) -> StoredPrediction:
    """Read a result file of a prediction.

    Raises:
        MmcephError: It is none, or damaged; the message names it.
    """
    try:
        content = read_json(path)
    except ConversionError as error:
        raise MmcephError(f"{path}: {error}") from error
    return parse_stored(content, str(path))


def parse_stored(content: Any, shown: str) -> StoredPrediction:
    """Understand :meth:`CephPrediction.as_dict`'s content.

    Args:
        content: What was in a file.
        shown: How to call it in messages.

    Raises:
        MmcephError: It is no prediction of ours.
    """
    try:
        if content["schema"] != SCHEMA:
            raise MmcephError(f"{shown}: schema {content['schema']} is not known here")
        image, made_with = content["image"], dict(content["made_with"])
        spacing = made_with.get("spacing")
        sizes = [
            PixelSize(_pair(s["spacing"]), s["source"], s["kind"]) for s in image["pixel_sizes"]
        ]
        return StoredPrediction(
            file=str(image["file"]),
            size=(int(image["width"]), int(image["height"])),
            points={
                str(name): point
                for name, entry in content["landmarks"].items()
                if (point := _point(entry)) is not None
            },
            ruler=None if content["ruler"] is None else _ruler(content["ruler"]),
            pixel_sizes=tuple(sizes),
            options=ReadingOptions.of(
                None if spacing is None else _pair(spacing),
                bool(made_with.get("use_dpi")),
                made_with.get("analysis"),
                made_with.get("sex"),
            ),
            bound_factor=float(content["bound_factor"]),
            made_with=made_with,
            format=str(image["format"]),
            bits=int(image["bits"]),
            content=content,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, MmcephError):
            raise
        raise MmcephError(
            f"{shown}: holds no prediction of mmceph ({type(error).__name__}: {error})"
        ) from error


def _point(entry: Mapping[str, Any]) -> LandmarkPoint | None:
    """The model's own point; None where there never was one."""
    moved = entry.get("predicted")
    if moved is None and entry["source"] != "model":
        return None
    x, y = _pair(moved if moved is not None else (entry["x"], entry["y"]))
    bound = entry.get("bound")
    if bound is not None:
        radius = _pair(bound["radius_px"])
        bound = LandmarkBound(float(bound["level"]), radius, _optional(bound["radius_mm"]))
    return LandmarkPoint(x, y, _optional(entry["score"]), bound=bound)


def _ruler(entry: Mapping[str, Any]) -> RulerReading:
    return RulerReading(
        p1=None if entry["p1"] is None else _pair(entry["p1"]),
        p2=None if entry["p2"] is None else _pair(entry["p2"]),
        scores=_pair(entry["scores"]),
        mm_per_px=_optional(entry["mm_per_px"]),
        standard_error=_optional(entry["standard_error"]),
        method=entry["method"],
        reason=entry["reason"],
    )


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)


def _pair(value: Any) -> tuple[float, float]:
    first, second = value
    if not (is_number(first) and is_number(second)):
        raise ValueError(f"{value!r} is not two finite numbers")
    return float(first), float(second)
