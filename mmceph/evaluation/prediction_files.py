"""Points that any program has predicted, from the files people keep them in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..converters.cldetection2023_predictions import read_predictions as read_challenge
from ..converters.json_file import ALL_IMAGES, brief, is_number, read_json, read_text
from ..converters.placeholders import Tracing, take_out_placeholders
from ..converters.problems import ConversionError
from ..io import plain_cell
from ..io.swap import heal
from ..landmarks import find_canonical_name
from .errors import EvaluationError

Point = tuple[float, float]

_IMAGE = ("image", "file", "file name", "filename", "image file", "image name", "image id")
_LANDMARK = ("landmark", "name", "label", "point")
_SCORE = ("score", "confidence")
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
    may be separated by commas, semicolons or tabs.

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
    head = content.splitlines()[0]
    separator = max(",;\t", key=head.count)
    lines = csv.reader(io.StringIO(content), delimiter=separator)
    titles = [plain_cell(title.strip()) for title in next(lines)]
    place = {re.sub(r"[\s_]+", " ", title).casefold(): i for i, title in enumerate(titles)}
    image = _column(place, _IMAGE)
    if image is None:
        raise ConversionError(f"its first line names no column 'image'; {_KNOWN}")
    rows = _Rows(lines, image, len(titles))
    landmark, x, y = _column(place, _LANDMARK), place.get("x"), place.get("y")
    if landmark is not None and x is not None and y is not None:
        score = _column(place, _SCORE)
        for row, found in rows:
            _add_cells(found, row, plain_cell(row[landmark].strip()), x, y, score, rows.line)
        return rows.images
    pairs = _pairs(titles)
    if not pairs:
        raise ConversionError(
            f"its first line names neither landmark, x and y nor pairs NAME_x, NAME_y; {_KNOWN}"
        )
    for row, found in rows:
        if found.points:
            raise ConversionError(f"line {rows.line}: image {brief(found.image)} comes twice")
        for name, (x, y) in pairs.items():
            _add_cells(found, row, name, x, y, None, rows.line)
    return rows.images


class _Rows:
    """The lines of a csv, each with its image."""

    def __init__(self, lines: Iterator[list[str]], image: int, width: int) -> None:
        self.images: dict[str, PredictedImage] = {}
        self.line = 1
        self._lines, self._image, self._width = lines, image, width

    def __iter__(self) -> Iterator[tuple[list[str], PredictedImage]]:
        for row in self._lines:
            self.line += 1
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != self._width:
                raise ConversionError(
                    f"line {self.line}: {len(row)} cells, the first line has {self._width}"
                )
            name = plain_cell(row[self._image].strip())
            if not name:
                raise ConversionError(f"line {self.line}: names no image")
            yield row, self.images.setdefault(name, PredictedImage(name))


def _column(place: Mapping[str, int], titles: tuple[str, ...]) -> int | None:
    return next((place[title] for title in titles if title in place), None)


def _pairs(titles: list[str]) -> dict[str, tuple[int, int]]:
    """Columns of x and y by landmark, from titles like ``Pog_x`` or ``Pog x``."""
    found: dict[str, dict[str, int]] = {}
    for index, title in enumerate(titles):
        match = re.fullmatch(r"(.+?)[_ .:-]([xyXY])", title)
        if match:
            found.setdefault(match[1], {})[match[2].lower()] = index
    return {name: (ends["x"], ends["y"]) for name, ends in found.items() if len(ends) == 2}


def _add_cells(
    image: PredictedImage,
    row: list[str],
    name: str,
    x: int,
    y: int,
    score: int | None,
    line: int,
) -> None:
    cells = [row[x].strip(), row[y].strip()]
    if not any(cells):
        return  # a point that was not predicted
    try:
        place = [float(cell) for cell in cells]
        sure = float(row[score]) if score is not None and row[score].strip() else None
    except ValueError:
        raise ConversionError(
            f"line {line}: {name} of {image.image}: {' and '.join(map(brief, cells))} are not "
            "two numbers (with a decimal point)"
        ) from None
    try:
        _add(image, name, place[0], place[1], sure)
    except ConversionError as error:
        raise ConversionError(f"line {line}: {error}") from error


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
