"""The points of one tracing, from the small files people keep them in."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from ..converters.json_file import is_number, read_json, read_text
from ..converters.labelme import read_labelme
from ..converters.problems import ConversionError, Problems
from ..landmarks import find_canonical_name, suggestion
from .measurements import MeasurementError

Point = tuple[float, float]


def read_points(path: str | Path) -> dict[str, Point]:
    """Read a labelme file, a JSON object ``{"S": [x, y], ...}`` or a csv with name, x and y.

    Args:
        path: The file, ``.json`` or ``.csv``; the csv's first line names its columns.

    Returns:
        Landmark name as written to x and y in px; landmarks given as null are left out.

    Raises:
        MeasurementError: The file cannot be read, gives a landmark twice, or has none that is
            known; the message names file and item.
    """
    path = Path(path)
    try:
        if path.suffix.lower() == ".csv":
            points = _from_csv(read_text(path))
        else:
            content = read_json(path)
            points = _from_labelme(path) if _is_labelme(content) else _from_object(content)
    except ConversionError as error:
        text = str(error)
        raise MeasurementError(text if text.startswith(str(path)) else f"{path}: {text}") from error
    named: dict[str, Point] = {}
    for name, point in points:
        if name in named:
            raise MeasurementError(f"{path}: {name!r} is given twice; keep one")
        named[name] = point
    if not any(find_canonical_name(name) for name in named):
        hint = suggestion(next(iter(named), ""))
        raise MeasurementError(f"{path}: holds no landmark by a known name{hint}")
    return named


def _is_labelme(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def _from_labelme(path: Path) -> list[tuple[str, Point]]:
    problems = Problems()
    found = read_labelme(path, str(path), problems)
    problems.raise_if_strict()
    return list(found.points) if found is not None else []


def _from_object(content: Any) -> list[tuple[str, Point]]:
    if not isinstance(content, dict):
        raise ConversionError('must be a labelme file or an object {"S": [x, y], ...}')
    points = []
    for name, place in content.items():
        if place is None:
            continue
        if not isinstance(place, list) or len(place) != 2 or not all(map(is_number, place)):
            raise ConversionError(f"{name!r} is not [x, y] of two finite numbers")
        points.append((name, (float(place[0]), float(place[1]))))
    return points


def _from_csv(content: str) -> list[tuple[str, Point]]:
    reader = csv.DictReader(io.StringIO(content))
    columns = {str(title).strip().casefold(): title for title in reader.fieldnames or ()}
    name = columns.get("name", columns.get("landmark"))
    if name is None or "x" not in columns or "y" not in columns:
        raise ConversionError("its first line must name the columns name, x and y")
    points = []
    for number, row in enumerate(reader, 2):
        cells = [(row[columns[key]] or "").strip() for key in ("x", "y")]
        if not any(cells):
            continue  # a landmark that was not placed
        try:
            place = (float(cells[0]), float(cells[1]))
        except ValueError:
            raise ConversionError(f"line {number}: x and y are not two numbers") from None
        if not all(map(is_number, place)):
            raise ConversionError(f"line {number}: x and y are not two finite numbers")
        points.append(((row[name] or "").strip(), place))
    return points
