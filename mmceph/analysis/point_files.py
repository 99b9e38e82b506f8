"""The points of one tracing, from the small files people keep them in."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..converters.json_file import is_number, read_json, read_text
from ..converters.labelme import read_tracing
from ..converters.labels import make_label_map, parse_names
from ..converters.numbering import split_number
from ..converters.placeholders import Tracing, take_out_placeholders
from ..converters.points_table import PointsTable, read_points_table
from ..converters.problems import ConversionError
from ..errors import some_names
from ..io.text import Note
from ..landmarks import (
    LandmarkError,
    LandmarkSet,
    find_canonical_name,
    parse_landmarks,
    suggestion,
)
from .measurements import MeasurementError

Point = tuple[float, float]

# No place in a picture is negative by more than what a hand or a rounding slips.
_OUTSIDE_PX = -5


@dataclass(frozen=True)
class Labels:
    """Which landmarks the labels of a file stand for, as the converters' options say it.

    Attributes:
        landmark_set: The set that ``l1``, ``l2`` ... (or ``1``, ``2`` ...) count.
        names: Landmark by label; goes before everything else.
        ignore: Labels to pass over.
        numbered_from: The number of the set's first landmark, where labels do not show it.
    """

    landmark_set: LandmarkSet | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    numbered_from: int | None = None

    @classmethod
    def of(
        cls,
        landmark_set: str | None,
        names: str | None,
        ignore: str = "",
        numbered_from: int | None = None,
    ) -> Labels | None:
        """Understand --landmarks, --names and --ignore; None where none of them is given.

        Raises:
            MeasurementError: One of them cannot be understood.
        """
        if not (landmark_set or names or ignore):
            return None
        try:
            wanted = parse_landmarks(landmark_set) if landmark_set else None
        except LandmarkError as error:
            raise MeasurementError(str(error)) from error
        try:
            given = parse_names(names) if names else {}
            if wanted is not None or given:
                make_label_map((), wanted, given)  # --names must lie in the set
        except ConversionError as error:
            raise MeasurementError(str(error)) from error
        passed_over = frozenset(filter(None, map(str.strip, ignore.split(","))))
        return cls(wanted, given, passed_over, numbered_from)

    def is_landmark(self, label: str) -> bool:
        """Whether a label stands for a landmark, as far as it alone tells."""
        counts = self.landmark_set is not None and split_number(label) is not None
        return counts or label in self.names or find_canonical_name(label) is not None

    def renamed(self, points: Sequence[tuple[str, Point]]) -> list[tuple[str, Point]]:
        """Points by landmark; landmarks outside the set keep their names.

        Raises:
            ConversionError: A label stands for no landmark, or two stand for one.
        """
        kept = [(label, place) for label, place in points if label not in self.ignore]
        if self.landmark_set is None and not self.names:
            return kept
        found = make_label_map(
            [label for label, _ in points],
            self.landmark_set,
            self.names,
            self.ignore,
            self.numbered_from,
            one_file=True,
        )
        named: dict[str, tuple[str, Point]] = {}
        for label, place in kept:
            name = found.landmark(label) or find_canonical_name(label)
            if name is None:
                raise ConversionError(found.unknown_message(label))
            if name in named:
                first = named[name][0]
                what = f"labels {first!r} and {label!r} both stand"
                if first == label:
                    what = f"label {label!r} is given twice, both"
                raise ConversionError(f"{what} for {name}; keep one")
            named[name] = (label, place)
        return [(name, place) for name, (_, place) in named.items()]


def read_points(
    path: str | Path, labels: Labels | None = None, note: Note | None = None
) -> dict[str, Point]:
    """Read a labelme file, a JSON object ``{"S": [x, y], ...}`` or a table with name, x and y.

    Args:
        path: The file; a table (``.csv``, ``.tsv``, ``.txt``) names its columns in the first line.
        labels: Which landmarks its labels stand for; None: they are landmarks' names.
        note: Told of points that nobody placed and of an encoding that had to be guessed, each in a
            sentence; logged as a warning if left out.

    Returns:
        Landmark name, as written or as ``labels`` says, to x and y in px; landmarks given as null,
        and those at (0, 0) of a picture, are left out.

    Raises:
        MeasurementError: The file cannot be read, gives a landmark twice, or has none that is
            known; the message names file and item.
    """
    path = Path(path)
    if note is None:
        note = functools.partial(logging.getLogger("mmceph").warning, "%s: %s", path)
    try:
        if path.suffix.lower() in (".csv", ".tsv", ".txt"):
            points = _from_csv(read_text(path, note=note))
        else:
            content = read_json(path, note=note)
            points = _from_labelme(path, labels) if _is_labelme(content) else _from_object(content)
        points = _placed(points, note)
        if labels is not None:
            points = labels.renamed(points)
    except ConversionError as error:
        text = str(error)
        raise MeasurementError(text if text.startswith(str(path)) else f"{path}: {text}") from error
    named: dict[str, Point] = {}
    for name, point in points:
        if name in named:
            raise MeasurementError(f"{path}: {name!r} is given twice; keep one")
        named[name] = point
    if not any(find_canonical_name(name) for name in named):
        first = next(iter(named), "")
        hint = suggestion(first)
        if split_number(first) is not None:
            hint = (
                f" ({', '.join(list(named)[:5])}); give --landmark-set NAME (l1, l2, ... in that "
                "set's order) or --names l1=S,l2=N,..."
            )
        raise MeasurementError(f"{path}: holds no landmark by a known name{hint}")
    return named


def _is_labelme(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def _from_labelme(path: Path, labels: Labels | None) -> list[tuple[str, Point]]:
    known = labels or Labels()
    return list(read_tracing(path, known.ignore, known.is_landmark).points)


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
    table = read_points_table(content, need_image=False)
    for what, found in (("images", table.images), ("observers", _observers(table))):
        if len(found) > 1:
            raise ConversionError(
                f"holds points of several {what} ({some_names(found, shown=3)}); give one file each"
            )
    return [(point.label, point.place) for point in table.points]


def _observers(table: PointsTable) -> list[str]:
    return list(dict.fromkeys(point.observer for point in table.points))


def _placed(points: Sequence[tuple[str, Point]], note: Note) -> list[tuple[str, Point]]:
    """The points without those that nobody placed, each noted.

    Raises:
        ConversionError: They are shares of the picture's width and height, and no px.
    """
    if any(value < _OUTSIDE_PX for _, place in points for value in place):
        return list(points)  # measured from a landmark, which is at (0, 0) then
    found = take_out_placeholders([Tracing("", points)])
    for _, text in found.shares:
        raise ConversionError(text)
    for label, text in found.notes:
        note(f"{label} {text}")
    return found.points[0]
