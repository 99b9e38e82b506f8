"""Points that any program has predicted, from the files people keep them in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..converters.cldetection2023_predictions import read_predictions as read_challenge
from ..converters.json_file import ALL_IMAGES, brief, is_number, read_json, read_text
from ..converters.placeholders import Tracing, take_out_placeholders
from ..converters.points_table import read_points_table
from ..converters.problems import ConversionError
from ..io.swap import heal
from ..landmarks import find_canonical_name
from .errors import EvaluationError

Point = tuple[float, float]

_KNOWN = (
    "it must be a predictions.json of mmceph, the prediction file of CL-Detection2023 or a csv "
    "(columns image, landmark, x, y, or image, NAME_x, NAME_y, ...)"
)


@dataclass
class PredictedImage:
    """What a file predicts for one image.

    Attributes:
        image: The image as the file calls it: a path, a name or a number.
        points: Landmark (by its canonical name where it is known) to x and y in px.
        scores: Landmark to score, where the file has scores.
    """

    image: str
    points: dict[str, Point] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PredictionFile:
    """A file of predictions.

    Attributes:
        path: Where it lies.
        kind: What it is, in words.
        images: What it predicts, in file order; each image once.
        notes: What was taken for not predicted, in sentences.
    """

    path: Path
    kind: str
    images: tuple[PredictedImage, ...]
    notes: tuple[str, ...] = ()


def read_prediction_file(path: str | Path) -> PredictionFile:
    """Read our predictions.json, the CL-Detection2023 challenge's file or a csv of points.

    A csv has the columns image, landmark, x and y (and score, if any), one line a point, or
    image, NAME_x, NAME_y, ... with one line an image; empty cells are points not predicted. It
    may be separated by commas, semicolons or tabs, with decimal points or commas.

    Raises:
        EvaluationError: The file is none of these, or something in it is wrong; the message names
            the file, the item and what to do.
    """
    path = Path(path)
    heal(path.parent)  # the folder of a report that a kill left beside its place
    try:
        kind, images = _read(path)
    except ConversionError as error:
        told = str(error)
        raise EvaluationError(told if told.startswith(str(path)) else f"{path}: {told}") from error
    if not any(image.points for image in images.values()):
        raise EvaluationError(f"{path}: holds no point")
    notes = _take_out_placeholders(path, images.values())
    return PredictionFile(path, kind, tuple(images.values()), tuple(notes))


def _take_out_placeholders(path: Path, images: Collection[PredictedImage]) -> list[str]:
    """Take zeros for points not predicted, and refuse shares of the picture."""
    tracings = [Tracing(image.image, list(image.points.items())) for image in images]
    found = take_out_placeholders(tracings, predicted=True)
    for tracing, text in found.shares:
        raise EvaluationError(f"{path}: {tracing.shown}: {text}")
    for image, points in zip(images, found.points, strict=True):
        image.points = dict(points)
    return [f"{label} {text}" for label, text in found.notes]


def _read(path: Path) -> tuple[str, dict[str, PredictedImage]]:
    if path.suffix.lower() in (".csv", ".tsv"):
        return "csv of points", _from_csv(read_text(path, ALL_IMAGES))
    content = read_json(path, ALL_IMAGES)
    if isinstance(content, dict) and isinstance(content.get("landmark_names"), list):
        return "mmceph predictions.json", _from_ours(content)
    if isinstance(content, dict) and isinstance(content.get("points"), list):
        found = read_challenge(path)
        images = {
            str(number): PredictedImage(str(number), dict(points))
            for number, points in found.items()
        }
        return "CL-Detection2023 prediction file", images
    raise ConversionError(f"is no file of predictions: {_KNOWN}")


def _from_ours(content: Mapping[str, Any]) -> dict[str, PredictedImage]:
    names, rows = content["landmark_names"], content.get("images")
    if content.get("schema") != 1:
        raise ConversionError("is not of schema 1: written by another program or version")
    if not isinstance(rows, list) or not all(isinstance(name, str) for name in names):
        raise ConversionError("has no list 'images', or landmark_names are not all text")
    images: dict[str, PredictedImage] = {}
    for position, row in enumerate(rows):
        file = row.get("file") if isinstance(row, dict) else None
        if not isinstance(file, str) or not file:
            raise ConversionError(f"images[{position}] has no file")
        points, scores = row.get("keypoints"), row.get("scores")
        if not isinstance(points, list) or len(points) != len(names):
            raise ConversionError(f"{file}: keypoints are not {len(names)} points")
        if file in images:
            raise ConversionError(f"{file} comes twice")
        image = images[file] = PredictedImage(file)
        for index, (name, point) in enumerate(zip(names, points, strict=True)):
            score = scores[index] if isinstance(scores, list) and index < len(scores) else None
            if not isinstance(point, list) or len(point) != 2:
                raise ConversionError(f"{file}, {name}: {brief(point)} is not [x, y]")
            if point != [None, None]:
                _add(image, name, point[0], point[1], score)
    return images


def _from_csv(content: str) -> dict[str, PredictedImage]:
    table = read_points_table(content)
    images = {name: PredictedImage(name) for name in table.images}
    for point in table.points:
        if point.observer:
            raise ConversionError(
                f"line {point.line}: names an observer ({brief(point.observer)}), so these are no "
                "predictions of one model; keep one and leave the column out"
            )
        try:
            _add(images[point.image], point.label, *point.place, point.score)
        except ConversionError as error:
            raise ConversionError(f"line {point.line}: {error}") from error
    return images


def _add(image: PredictedImage, name: str, x: Any, y: Any, score: Any) -> None:
    if not is_number(x) or not is_number(y):
        raise ConversionError(f"{image.image}, {name}: {brief(x)}, {brief(y)} are no px")
    key = find_canonical_name(name) or name
    if not key:
        raise ConversionError(f"{image.image}: a point without a landmark's name")
    if key in image.points:
        raise ConversionError(f"{image.image}: {name} is given twice; keep one")
    image.points[key] = (float(x), float(y))
    if is_number(score):
        image.scores[key] = float(score)
