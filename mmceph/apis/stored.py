"""Reading back what was written of a prediction, trusting nothing in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..analysis.calibration import RulerReading
from ..analysis.error_model import LandmarkBound
from ..analysis.norms import SEXES
from ..errors import MmcephError
from ..formats import FormatError, Item, open_json
from ..imaging.ceph_image import PixelSize
from .prediction import SCHEMA, LandmarkPoint, ReadingOptions

_HINT = "it is damaged, or no result of a prediction by this version of mmceph"


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
    """Read a result file of a prediction, which holds all that its table is made of.

    Raises:
        MmcephError: It is none, or damaged; the message names it.
    """
    content = open_json(path, hint=_HINT)
    _check_table(content)
    return parse_stored(content.value, str(path))


def parse_stored(content: Any, shown: str) -> StoredPrediction:
    """Understand :meth:`CephPrediction.as_dict`'s content.

    Args:
        content: What was in a file.
        shown: How to call it in messages.

    Raises:
        MmcephError: It is no prediction of ours.
    """
    found = Item(content, shown, hint=_HINT)
    if (schema := found["schema"]).whole() != SCHEMA:
        schema.fail(f"{schema.value} is not known here")
    image, made_with = found["image"], found["made_with"]
    points = {name: _point(entry) for name, entry in found["landmarks"].entries().items()}
    ruler = found.nullable("ruler")
    warnings = found.get("warnings")
    for text in () if warnings is None else warnings.items():
        text.text()
    return StoredPrediction(
        file=image["file"].name(),
        size=(image["width"].whole(1), image["height"].whole(1)),
        points={name: point for name, point in points.items() if point is not None},
        ruler=None if ruler is None else _ruler(ruler),
        pixel_sizes=tuple(
            PixelSize(size["spacing"].spacing(), size["source"].text(), size["kind"].text())
            for size in image["pixel_sizes"]
        ),
        options=_options(made_with),
        bound_factor=found["bound_factor"].number(above=0.0),
        made_with=made_with.value,
        format=image["format"].text(),
        bits=image["bits"].whole(1, 64),
        content=found.value,
    )


def _check_table(found: Item) -> None:
    """See that the rest is there too, of which the table is made."""
    found["notice"].text()
    calibration = found["calibration"]
    if (spacing := calibration.nullable("spacing")) is not None:
        spacing.spacing()
    if (error := calibration.nullable("standard_error")) is not None:
        error.number(0.0)
    if (source := calibration.nullable("source")) is not None:
        source.text()
    for text in (*calibration["warnings"], *found["warnings"]):
        text.text()
    for point in found["landmarks"].entries().values():
        (point["x"].number(), point["y"].number(), point["source"].text(("model", "manual")))
        if (score := point.nullable("score")) is not None:
            score.number()
    for entry in found["measurements"]:
        (entry["key"].name(), entry["unit"].text())
        for key in ("value", "half_width"):
            if (figure := entry.get(key)) is not None:
                figure.number()


def _options(made_with: Item) -> ReadingOptions:
    spacing, use_dpi = made_with.get("spacing"), made_with.get("use_dpi")
    analysis, sex = made_with.get("analysis"), made_with.get("sex")
    try:
        return ReadingOptions.of(
            None if spacing is None else spacing.spacing(),
            False if use_dpi is None else use_dpi.flag(),
            None if analysis is None else analysis.names(),
            None if sex is None else sex.text(SEXES),
        )
    except FormatError:
        raise
    except MmcephError as error:  # an analysis that this version does not know
        made_with.fail(f"cannot be used ({error})")


def _point(entry: Item) -> LandmarkPoint | None:
    """The model's own point; None where there never was one."""
    moved = entry.get("predicted")
    if moved is None and entry["source"].text() != "model":
        return None
    x, y = (entry["x"].number(), entry["y"].number()) if moved is None else moved.point()
    score, bound = entry.nullable("score"), entry.get("bound")
    return LandmarkPoint(
        x,
        y,
        None if score is None else score.number(),
        bound=None if bound is None else _bound(bound),
    )


def _bound(entry: Item) -> LandmarkBound:
    level = entry["level"]
    if not 0 < level.number() < 1:
        level.fail(f"is {level.value}, no share between 0 and 1")
    x, y = entry["radius_px"].numbers(2, above=0.0)
    mm = entry.nullable("radius_mm")
    return LandmarkBound(level.number(), (x, y), None if mm is None else mm.number(0.0))


def _ruler(entry: Item) -> RulerReading:
    def optional(key: str) -> float | None:
        value = entry.nullable(key)
        return None if value is None else value.number(0.0)

    p1, p2 = entry.nullable("p1"), entry.nullable("p2")
    method, reason = entry.nullable("method"), entry.nullable("reason")
    found = RulerReading(
        p1=None if p1 is None else p1.point(),
        p2=None if p2 is None else p2.point(),
        scores=entry["scores"].point(),
        mm_per_px=optional("mm_per_px"),
        standard_error=optional("standard_error"),
        method=None if method is None else method.text(),
        reason=None if reason is None else reason.text(),
    )
    if found.accepted and None in (found.p1, found.p2, found.standard_error):
        entry.fail("is accepted without marks or standard error")
    return found
