"""Predictions as labelme files, and what hands have made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import Any

from ..analysis.calibration import RulerPolicy, RulerReading, judge_ruler
from ..analysis.point_files import Labels
from ..converters.json_file import read_json
from ..converters.labelme import LabelmeFile, read_tracing
from ..converters.placeholders import Tracing, take_out_placeholders
from ..converters.problems import ConversionError
from ..errors import MmcephError
from ..imaging import ImageReadError, read_image
from ..landmarks import find_canonical_name
from .model_output import HARDLY_SEEN, hardly_seen
from .prediction import CephPrediction, LandmarkPoint, ReadingOptions, assemble
from .stated_picture import PictureError, find_stated_picture
from .stored import StoredPrediction, parse_stored, read_stored

BLOCK = "mmceph"
"""Where a labelme file holds the prediction; labelme keeps entries it does not know."""
MOVED_PX = 0.01
"""Editors may round to two decimals; no hand moves a point by less."""
_MARKS = ("P1", "P2")


def labelme_content(prediction: CephPrediction, image_path: str) -> dict[str, Any]:
    """A labelme file with one point per landmark, and the ruler's marks where it was read.

    Args:
        prediction: The prediction.
        image_path: Where the picture lies from the labelme file.
    """
    points = {name: point.place for name, point in prediction.landmarks.items()}
    points.update(_ruler_marks(prediction.ruler, points))
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": [_shape(name, place) for name, place in points.items()],
        "imagePath": image_path,
        "imageData": None,
        "imageHeight": prediction.size[1],
        "imageWidth": prediction.size[0],
        BLOCK: prediction.as_dict(measurements=False),
    }


def read_corrected(
    path: Path,
    *,
    options: ReadingOptions | None = None,
    predictions: Path | None = None,
    labels: Labels | None = None,
    images: Path | None = None,
) -> CephPrediction:
    """Measure the points of a labelme file anew, and tell the model's points from a hand's.

    A point that is where the model put it (to 0.01 px) is the model's; any other is manual, and
    keeps where the model had put it. What the model said stands in the file itself, or where an
    editor dropped that, in ``predictions/NAME.json``. Ruler marks P1 and P2 moved or added by hand
    become the ruler's reading, 10 mm apart.

    Args:
        path: The labelme file.
        options: How to measure; what is None there is as it was.
        predictions: The folder of the result files; by default ``json`` beside the file's folder.
        labels: Which landmarks the file's labels stand for; None: they are landmarks' names.
        images: Where the pictures are, if the file does not say it; see
            :func:`mmceph.apis.stated_picture.find_stated_picture`.

    Returns:
        The corrected prediction with its picture, where that is found.

    Raises:
        MmcephError: The file cannot be understood; the message names file and item.
    """
    known = labels or Labels()
    found = read_tracing(path, known.ignore, known.is_landmark)
    if labels is not None:
        try:
            found = replace(found, points=tuple(labels.renamed(found.points)))
        except ConversionError as error:
            raise MmcephError(f"{path}: {error}") from error
    placed = take_out_placeholders([Tracing(str(path), found.points)])
    for _, text in placed.shares:
        raise MmcephError(f"{path}: {text}")
    found = replace(found, points=tuple(placed.points[0]))
    stored, warnings = _stored(path, predictions)
    warnings += [f"{label} {text}" for label, text in placed.notes]
    given = _named(found, None if stored is None else stored.points)
    if stored is None:
        stored = _nothing_stored(found)
    elif found.size is not None and found.size != stored.size:
        raise MmcephError(
            f"{path}: the picture has {found.size} px, that of the prediction {stored.size}; it is "
            "another one"
        )
    marks = {
        name: given.pop(name) for name in _MARKS if name in given and name not in stored.points
    }
    ruler = _corrected_ruler(stored.ruler, marks, path)
    landmarks = {
        name: _judged(given[name], stored.points.get(name))
        for name in (*stored.points, *given)
        if name in given
    }
    warnings += _changes(landmarks, stored.points)
    if any(str(text).startswith(HARDLY_SEEN) for text in stored.content.get("warnings", ())):
        # Only where it was said before: whether scores tell anything depends on the model.
        warnings += hardly_seen(landmarks)
    pixels, problem = _picture(found, stored, images)
    return assemble(
        file=stored.file,
        size=stored.size,
        landmarks=landmarks,
        options=_merged(stored.options, options),
        bound_factor=stored.bound_factor,
        ruler=ruler,
        pixel_sizes=stored.pixel_sizes,
        made_with={**stored.made_with, **_merged(stored.options, options).as_dict()},
        warnings=[*warnings, *problem],
        format=stored.format,
        bits=stored.bits,
        pixels=pixels,
    )


def untouched(path: Path) -> bool:
    """Whether a labelme file still is as it was written; False where that cannot be told."""
    try:
        found = read_tracing(path)
        stored = parse_stored(read_json(path)[BLOCK], str(path))
        given = _named(found, stored.points)
    except (MmcephError, KeyError):
        return False
    expected = {name: point.place for name, point in stored.points.items()}
    expected.update(_ruler_marks(stored.ruler, expected))
    return given.keys() == expected.keys() and not any(
        _moved(given[name], expected[name]) for name in given
    )


def _shape(name: str, place: tuple[float, float]) -> dict[str, Any]:
    return {
        "label": name,
        "points": [list(place)],
        "group_id": None,
        "description": "",
        "shape_type": "point",
        "flags": {},
        "mask": None,
    }


def _ruler_marks(
    ruler: RulerReading | None, points: Mapping[str, Any]
) -> dict[str, tuple[float, float]]:
    """The marks of an accepted reading, unless the landmarks have some of that name."""
    if ruler is None or not ruler.accepted or any(name in points for name in _MARKS):
        return {}
    marks = dict(zip(_MARKS, (ruler.p1, ruler.p2), strict=True))
    return {name: place for name, place in marks.items() if place is not None}


def _stored(path: Path, predictions: Path | None) -> tuple[StoredPrediction | None, list[str]]:
    content = read_json(path)
    if BLOCK in content:
        return parse_stored(content[BLOCK], f"{path} ({BLOCK})"), []
    beside = (predictions or path.parent.parent / "json") / path.name
    if beside.is_file():
        return read_stored(beside), []
    return None, ["the model's prediction is not known, so all points count as manual"]


def _nothing_stored(found: LabelmeFile) -> StoredPrediction:
    if found.size is None:
        raise MmcephError(
            f"{found.path}: has neither a prediction of mmceph nor the picture's size"
        )
    name = PureWindowsPath(found.image_path).name or found.path.stem
    options = ReadingOptions()
    return StoredPrediction(name, found.size, {}, None, (), options, 1.0, {}, "unknown", 8, {})


def _named(found: LabelmeFile, known: Mapping[str, Any] | None) -> dict[str, tuple[float, float]]:
    """Points by the prediction's own spelling of their names.

    Raises:
        ConversionError: A landmark is given twice.
    """
    spelling = {find_canonical_name(name) or name: name for name in known or ()}
    given: dict[str, tuple[float, float]] = {}
    for label, place in found.points:
        plain = find_canonical_name(label) or label
        name = spelling.get(plain, plain)
        if name in given:
            raise ConversionError(f"{found.path}: {name!r} is given twice; keep one")
        given[name] = place
    return given


def _moved(place: tuple[float, float], before: tuple[float, float]) -> bool:
    return max(abs(place[0] - before[0]), abs(place[1] - before[1])) > MOVED_PX


def _judged(place: tuple[float, float], model: LandmarkPoint | None) -> LandmarkPoint:
    if model is None:
        return LandmarkPoint(*place, source="manual")
    if _moved(place, model.place):
        return LandmarkPoint(*place, model.score, "manual", model.place)
    return model


def _corrected_ruler(
    ruler: RulerReading | None, marks: Mapping[str, tuple[float, float]], path: Path
) -> RulerReading | None:
    """The ruler as read, unless a hand moved, added or removed a mark."""
    before = _ruler_marks(ruler, {})
    if marks.keys() == before.keys() and not any(_moved(marks[n], before[n]) for n in marks):
        return ruler
    if not marks:
        assert ruler is not None  # otherwise there was nothing to remove
        return replace(
            ruler, mm_per_px=None, standard_error=None, method=None, reason="removed by hand"
        )
    if len(marks) < len(_MARKS):
        raise MmcephError(f"{path}: has {next(iter(marks))} alone; a ruler needs P1 and P2")
    p1, p2 = marks["P1"], marks["P2"]
    if math.dist(p1, p2) <= MOVED_PX:
        raise MmcephError(f"{path}: P1 and P2 are one point; put them 10 mm apart on the ruler")
    # A hand needs no ticks to confirm it; what no ruler can be is not used all the same.
    judged = judge_ruler(p1, p2, (1.0, 1.0), policy=RulerPolicy(marks_alone_score=0.0))
    if not judged.accepted:
        reason = f"marks by hand: {judged.reason}; move them, or give --spacing"
        return replace(judged, reason=reason)
    return replace(judged, method="marks by hand")


def _changes(
    landmarks: Mapping[str, LandmarkPoint], before: Mapping[str, LandmarkPoint]
) -> list[str]:
    removed = [name for name in before if name not in landmarks]
    added = [name for name in landmarks if name not in before and before]
    unknown = [name for name in added if find_canonical_name(name) is None]
    notes = []
    if removed:
        notes.append(f"removed by hand: {', '.join(removed)}")
    if added:
        notes.append(f"added by hand: {', '.join(added)}")
    if unknown:
        notes.append(f"not known, so nothing is measured from it: {', '.join(unknown)}")
    return notes


def _merged(before: ReadingOptions, now: ReadingOptions | None) -> ReadingOptions:
    if now is None:
        return before
    return ReadingOptions(
        before.spacing if now.spacing is None else now.spacing,
        before.use_dpi or now.use_dpi,
        before.analysis if now.analysis is None else now.analysis,
        before.sex if now.sex is None else now.sex,
    )


def _picture(
    found: LabelmeFile, stored: StoredPrediction, images: Path | None
) -> tuple[Any, list[str]]:
    """The grey picture for the overlay, or why there is none."""
    if not found.image_path:
        return None, ["the labelme file names no picture, so there is no overlay"]
    try:
        path = find_stated_picture(
            found.path, found.image_path, predicted_on=stored.file, images=images
        )
        image = read_image(path)
    except (PictureError, ImageReadError) as error:
        return None, [f"no overlay: {error}"]
    if image.size != stored.size:
        return None, [f"no overlay: {path} has {image.size} px, the prediction {stored.size}"]
    return image.pixels, []
