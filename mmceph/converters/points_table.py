"""Points in a table: a line for each point, or a line for each image with pairs of columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mmceph.errors import some_names
from mmceph.io.spreadsheet import Numbers, Row, Table, is_given, read_table, title_key
from mmceph.io.text import TextError

from .case import Point
from .json_file import brief
from .problems import ConversionError

# As title_key writes titles.
_TITLES = {
    "image": (
        "image", "file", "file name", "filename", "image file", "image name", "image filename",
        "image path", "file path", "filepath", "path", "image id", "img", "img name", "picture",
        "photo", "cephalogram", "cephalogram id", "ceph id", "radiograph",
    ),
    "landmark": (
        "landmark", "landmark name", "label", "point", "keypoint", "point name", "keypoint name",
        "symbol", "landmark id", "name",
    ),
    "x": ("x", "x px", "px x", "x coordinate", "x coord", "coord x", "x position", "x pixel"),
    "y": ("y", "y px", "px y", "y coordinate", "y coord", "coord y", "y position", "y pixel"),
    "observer": (
        "observer", "annotator", "rater", "examiner", "reader", "doctor", "labeler", "labeller",
        "operator", "user",
    ),
    "score": ("score", "confidence"),
    "subject": ("subject", "patient", "subject id", "patient id"),
    "width": ("width", "image width"),
    "height": ("height", "image height"),
}  # fmt: skip
# Pairs of columns that are no landmark's.
_NO_LANDMARKS = ("spacing", "pixel size", "pixel spacing", "resolution")
_LONGEST = 200  # characters of a title; the patterns take long over longer ones
_AXIS_LAST = re.compile(r"(.+?)[_ .:-]*([xy])", re.IGNORECASE)
_AXIS_FIRST = re.compile(r"([xy])[_ .:-]*(.+)", re.IGNORECASE)
_UNIT = re.compile(r"[\s_(\[]*px[)\]]*$", re.IGNORECASE)
_FORMS = "image, landmark, x, y (a line a point) or image, NAME_x, NAME_y, ... (a line an image)"


class NoPointsTable(ConversionError):
    """A table whose columns hold no points."""


@dataclass(frozen=True)
class TablePoint:
    """A point of a table.

    Attributes:
        line: The line it stands in, from 1.
        image: The image as the table calls it; empty where it names none.
        observer: Who placed it; empty where the table does not say.
        label: The landmark's label.
        place: x and y in px.
        score: How sure a model was, or None.
    """

    line: int
    image: str
    observer: str
    label: str
    place: Point
    score: float | None = None


@dataclass
class PointsTable:
    """What a table of points says.

    Attributes:
        points: The points, in the order of the table; empty cells are points not placed.
        images: The images it names, with or without points.
        subjects: Whose head an image shows, where it says so.
        sizes: Width and height in px of an image, where it says so.
        unused: The titles of columns that mean nothing here.
    """

    points: list[TablePoint] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    subjects: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    _by_image: dict[str, list[TablePoint]] = field(default_factory=dict, repr=False)
    unused: tuple[str, ...] = ()

    def points_of(self, image: str) -> list[TablePoint]:
        """The points of one of the images."""
        if not self._by_image:
            for point in self.points:
                self._by_image.setdefault(point.image, []).append(point)
        return self._by_image.get(image, [])


def read_points_table(text: str, *, need_image: bool = True) -> PointsTable:
    """Read a table of points; see :func:`mmceph.io.spreadsheet.read_table` for what it may be.

    Args:
        text: The file's text; its first line names the columns.
        need_image: Refuse a table without a column that names the image.

    Raises:
        ConversionError: It is no such table; the message names the line.
    """
    try:
        table = read_table(text)
        return _Reader(table, need_image).read()
    except TextError as error:
        raise ConversionError(str(error)) from error


class _Reader:
    """Reads one table; see :func:`read_points_table`."""

    def __init__(self, table: Table, need_image: bool) -> None:
        self.table = table
        self.at = {what: table.column(*titles) for what, titles in _TITLES.items()}
        if self.at["image"] is None and table.column("name") not in (None, self.at["landmark"]):
            self.at["image"] = table.column("name")  # beside the landmark's column
        if self.at["image"] is None and need_image:
            raise ConversionError(f"its first line names no column 'image'; it must name {_FORMS}")
        self.long = all(self.at[what] is not None for what in ("landmark", "x", "y"))
        self.pairs = {} if self.long else _pairs(table.titles, self.at)
        if not self.long and not self.pairs:
            raise NoPointsTable(
                f"its first line names neither landmark, x and y nor pairs NAME_x, NAME_y: {_FORMS}"
            )
        table.require_width()
        self.found = PointsTable(unused=self._unused())

    def read(self) -> PointsTable:
        self.numbers = Numbers(
            row.cells[column] for row in self.table.rows for column in self._coordinates()
        )
        self.scores = Numbers(self._cells("score"))
        lines: dict[tuple[str, str], int] = {}
        seen: set[str] = set()
        for row in self.table.rows:
            image, observer = self._cell(row, "image"), self._cell(row, "observer")
            if self.at["image"] is not None and not image:
                raise ConversionError(f"line {row.line}: names no image")
            if image not in seen:
                seen.add(image)
                self.found.images.append(image)
            self._read_more(row, image)
            if self.long:
                label = self._cell(row, "landmark")
                self._add(row, image, observer, label, self.at["x"], self.at["y"])
                continue
            first = lines.setdefault((image, observer), row.line)
            if first != row.line:
                raise ConversionError(f"line {row.line}: image {brief(image)} comes twice")
            for label, (x, y) in self.pairs.items():
                self._add(row, image, observer, label, x, y)
        return self.found

    def _unused(self) -> tuple[str, ...]:
        used = {column for column in self.at.values() if column is not None}
        used |= {column for pair in self.pairs.values() for column in pair}
        titles = enumerate(self.table.titles)
        return tuple(title[:40] for i, title in titles if i not in used and title)

    def _coordinates(self) -> list[int]:
        if self.long:
            return [column for what in "xy" if (column := self.at[what]) is not None]
        return [column for pair in self.pairs.values() for column in pair]

    def _cells(self, what: str) -> list[str]:
        return [self._cell(row, what) for row in self.table.rows]

    def _cell(self, row: Row, what: str) -> str:
        column = self.at[what]
        return "" if column is None else row.cells[column]

    def _add(
        self, row: Row, image: str, observer: str, label: str, x: int | None, y: int | None
    ) -> None:
        assert x is not None
        assert y is not None
        cells = row.cells[x], row.cells[y]
        if not any(map(is_given, cells)):
            return
        where = f"line {row.line}: {label}" + (f" of {image}" if image else "")
        if not label:
            raise ConversionError(f"line {row.line}: names no landmark")
        if not all(map(is_given, cells)):
            raise ConversionError(f"{where}: has {'x' if is_given(cells[0]) else 'y'} alone")
        try:
            place = self.numbers.value(cells[0]), self.numbers.value(cells[1])
            score = self._cell(row, "score")
            sure = self.scores.value(score) if is_given(score) else None
        except ValueError:
            texts = " and ".join(map(brief, cells))
            raise ConversionError(f"{where}: {texts} are not two numbers") from None
        self.found.points.append(TablePoint(row.line, image, observer, label, place, sure))

    def _read_more(self, row: Row, image: str) -> None:
        subject = self._cell(row, "subject")
        if subject and self.found.subjects.setdefault(image, subject) != subject:
            raise ConversionError(f"line {row.line}: image {brief(image)} has two subjects")
        size = self._cell(row, "width"), self._cell(row, "height")
        if all(size):
            if not all(
                cell.isascii() and cell.isdigit() and 0 < int(cell) < 10**6 for cell in size
            ):
                raise ConversionError(f"line {row.line}: {' x '.join(size)} is no size in px")
            stated = int(size[0]), int(size[1])
            if self.found.sizes.setdefault(image, stated) != stated:
                raise ConversionError(f"line {row.line}: image {brief(image)} has two sizes")


def _pairs(titles: tuple[str, ...], used: Mapping[str, int | None]) -> dict[str, tuple[int, int]]:
    """Columns of x and y by label, from titles like ``Pog_x``, ``Pog x`` or ``x_Pog``."""
    found: dict[str, dict[str, list[int]]] = {}
    for index, title in enumerate(titles):
        if index in used.values() or len(title) > _LONGEST:
            continue
        name = _UNIT.sub("", title)
        if match := _AXIS_LAST.fullmatch(name):
            label, axis = match[1], match[2]
        elif match := _AXIS_FIRST.fullmatch(name):
            axis, label = match[1], match[2]
        else:
            continue
        if title_key(label) in _NO_LANDMARKS:
            continue
        found.setdefault(label.strip(), {}).setdefault(axis.lower(), []).append(index)
    twice = [label for label, axes in found.items() if any(len(at) > 1 for at in axes.values())]
    if twice:
        raise ConversionError(f"its first line names {some_names(twice)} twice")
    return {label: (at["x"][0], at["y"][0]) for label, at in found.items() if len(at) == 2}
