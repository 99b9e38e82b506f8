"""The few forms every cephalometric measurement is made of.

A formula is data: which lines, in which direction. Lines are written ``"N>A"`` (from N to A) and a
midpoint ``"UMT+LMT"``. The same object computes the value of one picture or of thousands, tells
which landmarks it needs and how it reads in a document, so that these cannot differ.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..functional import geometry

Points = Mapping[str, NDArray[np.float64]]
"""Landmark name to (..., 2): x before y, in mm (or px where only angles and ratios matter)."""
Values = NDArray[np.float64]

BEHIND = "S"
"""The point that tells back from front: Sella lies behind every line measured from."""


@dataclass(frozen=True)
class Formula(ABC):
    """A measurement's rule. Every text field of a subclass is a point or a line."""

    _directed: ClassVar[tuple[str, ...]] = ()  # fields: lines whose direction is used

    def __call__(self, points: Points) -> Values:
        """Compute the values.

        Args:
            points: At least :attr:`landmarks`, each of shape (..., 2).

        Returns:
            Shape (...); NaN where a point is NaN, or a line has no direction or no sides.
        """
        return self._values(points)

    @property
    def landmarks(self) -> tuple[str, ...]:
        """The names of the points needed, each once."""
        values = (getattr(self, entry.name) for entry in fields(self))
        references = (point for _, point in self.sides)
        return _names((*(value for value in values if isinstance(value, str)), *references))

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines whose two ends must differ."""
        return tuple(getattr(self, name) for name in self._directed)

    @property
    def sides(self) -> tuple[tuple[str, str], ...]:
        """Pairs of a line and the point that tells its sides apart."""
        return ()

    @abstractmethod
    def _values(self, points: Points) -> Values: ...

    @abstractmethod
    def __str__(self) -> str:
        """The formula as read in a document."""


@dataclass(frozen=True)
class Angle(Formula):
    """Angle between two directions, 0 to 180 degrees, never folded to the acute one."""

    first: str
    second: str
    _directed = ("first", "second")

    def _values(self, points: Points) -> Values:
        return geometry.angle(_vector(points, self.first), _vector(points, self.second))

    def __str__(self) -> str:
        return f"angle({_arrow(self.first)}, {_arrow(self.second)})"


@dataclass(frozen=True)
class Turn(Formula):
    """Signed angle from one direction to another, -180 to 180 degrees.

    It is positive where it turns to the side of ``point``, or away from it where ``away`` is set.
    """

    first: str
    second: str
    point: str = BEHIND
    away: bool = False
    _directed = ("first", "second")

    @property
    def sides(self) -> tuple[tuple[str, str], ...]:
        """The first line's sides."""
        return ((self.first, self.point),)

    def _values(self, points: Points) -> Values:
        value = geometry.turn_angle(
            _vector(points, self.first),
            _vector(points, self.second),
            towards=place(points, self.point),
            origin=place(points, self.first.split(">")[0]),
        )
        return -value if self.away else value

    def __str__(self) -> str:
        side = "away from" if self.away else "to"
        lines = f"{_arrow(self.first)}, {_arrow(self.second)}"
        return f"turn({lines}; + {side} {_text(self.point)})"


@dataclass(frozen=True)
class LineDistance(Formula):
    """Perpendicular distance of a point from a line, positive in front (away from Sella)."""

    point: str
    line: str
    _directed = ("line",)

    @property
    def sides(self) -> tuple[tuple[str, str], ...]:
        """The line's back and front."""
        return ((self.line, BEHIND),)

    def _values(self, points: Points) -> Values:
        start, end = _two(points, self.line)
        return geometry.line_distance(place(points, self.point), start, end, points[BEHIND])

    def __str__(self) -> str:
        return f"distance of {_text(self.point)} from line {_dash(self.line)}"


@dataclass(frozen=True)
class Length(Formula):
    """Distance between two points."""

    line: str

    def _values(self, points: Points) -> Values:
        return geometry.distance(*_two(points, self.line))

    def __str__(self) -> str:
        return f"length {_dash(self.line)}"


@dataclass(frozen=True)
class Along(Formula):
    """Length of a line as seen along a direction; negative where it points against it."""

    line: str
    direction: str
    _directed = ("direction",)

    def _values(self, points: Points) -> Values:
        return geometry.projection(_vector(points, self.line), _vector(points, self.direction))

    def __str__(self) -> str:
        return f"{_arrow(self.line)} along {_arrow(self.direction)}"


@dataclass(frozen=True)
class SignedLength(Formula):
    """Full length of a line, negative where it points against a direction."""

    line: str
    direction: str
    _directed = ("direction",)

    def _values(self, points: Points) -> Values:
        along = geometry.projection(_vector(points, self.line), _vector(points, self.direction))
        length = geometry.distance(*_two(points, self.line))
        return np.where(np.isnan(along), np.nan, np.where(along < 0, -length, length))

    def __str__(self) -> str:
        sign = f"- where {_arrow(self.line)} points against {_arrow(self.direction)}"
        return f"length {_dash(self.line)}, {sign}"


@dataclass(frozen=True)
class Quotient(Formula):
    """One length divided by another, times a factor."""

    top: str
    bottom: str
    factor: float = 1.0
    _directed = ("bottom",)

    def _values(self, points: Points) -> Values:
        bottom = geometry.distance(*_two(points, self.bottom))
        bottom = np.where(bottom > geometry.COINCIDENT, bottom, np.nan)
        return self.factor * geometry.distance(*_two(points, self.top)) / bottom

    def __str__(self) -> str:
        times = "" if self.factor == 1.0 else f"{self.factor:g} x "
        return f"{times}length {_dash(self.top)} / length {_dash(self.bottom)}"


@dataclass(frozen=True)
class _Combined(Formula):
    """Formulas put together."""

    terms: tuple[Formula, ...]

    @property
    def landmarks(self) -> tuple[str, ...]:
        return _names(name for term in self.terms for name in term.landmarks)

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line for term in self.terms for line in term.lines))

    @property
    def sides(self) -> tuple[tuple[str, str], ...]:
        return tuple(dict.fromkeys(side for term in self.terms for side in term.sides))


@dataclass(frozen=True)
class Sum(_Combined):
    """Sum of several formulas."""

    def _values(self, points: Points) -> Values:
        return sum((term(points) for term in self.terms[1:]), self.terms[0](points))

    def __str__(self) -> str:
        return " + ".join(map(str, self.terms))


@dataclass(frozen=True)
class Difference(_Combined):
    """The first formula less the second."""

    def _values(self, points: Points) -> Values:
        first, second = (term(points) for term in self.terms)
        return first - second

    def __str__(self) -> str:
        return " - ".join(map(str, self.terms))


@dataclass(frozen=True)
class Smaller(_Combined):
    """The smaller of two formulas."""

    def _values(self, points: Points) -> Values:
        first, second = (term(points) for term in self.terms)
        return np.minimum(first, second)

    def __str__(self) -> str:
        return f"the smaller of {' and '.join(map(str, self.terms))}"


def ends(line: str) -> tuple[str, str]:
    """The two ends of a line, as they read in a document."""
    start, end = line.split(">")
    return _text(start), _text(end)


def place(points: Points, point: str) -> NDArray[np.float64]:
    """Where a point lies, shape (..., 2); ``"A+B"`` is the middle between two landmarks."""
    names = point.split("+")
    if len(names) == 1:
        return points[names[0]]
    return sum((points[name] for name in names[1:]), points[names[0]]) / len(names)


def _two(points: Points, line: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    start, end = line.split(">")
    return place(points, start), place(points, end)


def _vector(points: Points, line: str) -> NDArray[np.float64]:
    start, end = _two(points, line)
    return end - start


def _names(parts: Iterable[str]) -> tuple[str, ...]:
    names = (name for part in parts for end in part.split(">") for name in end.split("+"))
    return tuple(dict.fromkeys(names))


def _text(point: str) -> str:
    names = point.split("+")
    return names[0] if len(names) == 1 else f"mid({', '.join(names)})"


def _arrow(line: str) -> str:
    return "→".join(ends(line))


def _dash(line: str) -> str:
    return "-".join(ends(line))
