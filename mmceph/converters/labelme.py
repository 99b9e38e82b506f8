"""Reading one labelme file, trusting nothing in it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmceph.io.text import Note
from mmceph.landmarks import find_canonical_name

from .case import Point
from .json_file import brief, is_number, read_json, stated_size
from .problems import ConversionError, Problems

MUST_BE_POINT = "is {!r}; a landmark must be drawn as a point"


@dataclass(frozen=True)
class LabelmeFile:
    """What a labelme file says.

    Attributes:
        path: Where it lies.
        image_path: Its ``imagePath`` as written; empty where it has none.
        size: Its ``imageWidth`` and ``imageHeight`` in px, or None where it does not say.
        points: Label and place (px) of each point, in file order.
        others: Label and kind of each shape that is no point.
        holds_picture: The picture itself is in the file, as ``imageData``.
    """

    path: Path
    image_path: str
    size: tuple[int, int] | None
    points: tuple[tuple[str, Point], ...]
    others: tuple[tuple[str, str], ...] = ()
    holds_picture: bool = False

    def misdrawn(self, is_landmark: Callable[[str], bool]) -> list[tuple[str, str]]:
        """Label and kind of the shapes that should have been points.

        Args:
            is_landmark: Whether a label stands for a landmark.
        """
        there = {label for label, _ in self.points}
        return [
            (label, kind)
            for label, kind in self.others
            if label not in there and is_landmark(label)
        ]


def read_labelme(
    path: Path,
    shown: str,
    problems: Problems,
    ignore: Collection[str] = (),
    strangers: list[str] | None = None,
) -> LabelmeFile | None:
    """Read a labelme file; bad shapes are noted and left out.

    Args:
        path: The file.
        shown: How to call it in messages.
        problems: Where problems are noted.
        ignore: Labels whose shapes need not be in order.
        strangers: Takes the names of files that are no labelme files, instead of an error.

    Returns:
        What it says, or None where the file as a whole cannot be used (noted as an error).
    """
    try:
        content = _load(path, problems.noting(shown))
        shapes = content["shapes"]
        size = stated_size(content, "imageWidth", "imageHeight")
    except ConversionError as error:
        if strangers is not None and isinstance(error, _NotLabelme):
            strangers.append(shown)
        else:
            problems.error(shown, "", "", str(error))
        return None
    image_path = content.get("imagePath")
    if image_path is not None and not isinstance(image_path, str):
        problems.error(shown, "", "imagePath", f"must be text, not {brief(image_path)}")
        return None
    points: list[tuple[str, Point]] = []
    others: list[tuple[str, str]] = []
    for number, shape in enumerate(shapes, 1):
        label = shape.get("label") if isinstance(shape, dict) else None
        try:
            name, kind = _label_and_kind(shape)
            if kind == "point":
                points.append((name, _place(shape)))
            elif name not in ignore:
                others.append((name, kind))
        except _BadShape as bad:
            if isinstance(label, str) and label.strip() in ignore:
                continue
            item = f"shape {number}" + (f" ({label})" if isinstance(label, str) else "")
            problems.error(shown, item, bad.field, str(bad))
    picture = content.get("imageData")
    holds_picture = isinstance(picture, str) and bool(picture.strip())
    return LabelmeFile(path, image_path or "", size, tuple(points), tuple(others), holds_picture)


def read_tracing(
    path: Path,
    ignore: Collection[str] = (),
    is_landmark: Callable[[str], bool] = lambda label: find_canonical_name(label) is not None,
) -> LabelmeFile:
    """Read a labelme file by itself, in which everything must be in order.

    Args:
        path: The file.
        ignore: Labels whose shapes need not be in order.
        is_landmark: Whether a label stands for a landmark, which must be a point.

    Raises:
        ConversionError: Something is not; the message names the file and the shape.
    """
    problems = Problems()
    found = read_labelme(path, str(path), problems, ignore)
    for label, kind in found.misdrawn(is_landmark) if found else ():
        problems.error(str(path), f"label {label}", "shape_type", MUST_BE_POINT.format(kind))
    problems.raise_if_strict()
    assert found is not None  # otherwise a problem was noted
    return found


class _NotLabelme(ConversionError):
    """A sound JSON file of another kind."""


class _BadShape(ValueError):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _load(path: Path, note: Note) -> dict[str, Any]:
    content = read_json(path, note=note)
    if not isinstance(content, dict) or not isinstance(content.get("shapes"), list):
        raise _NotLabelme("is no labelme file (it has no list 'shapes'); move it elsewhere")
    return content


def _label_and_kind(shape: Any) -> tuple[str, str]:
    if not isinstance(shape, dict):
        raise _BadShape("", f"is {brief(shape)}, not an object")
    label = shape.get("label")
    if not isinstance(label, str) or not label.strip():
        raise _BadShape("label", f"is {brief(label)}, but must be text")
    kind = shape.get("shape_type", _kind_of_old(shape))
    if not isinstance(kind, str):
        raise _BadShape("shape_type", f"is {brief(kind)}; a landmark must be drawn as a point")
    return label.strip(), kind


def _kind_of_old(shape: dict[str, Any]) -> str:
    """What a shape is that does not say it: the first versions of labelme knew polygons alone."""
    places = shape.get("points")
    return "polygon" if isinstance(places, list) and len(places) > 2 else "point"


def _place(shape: dict[str, Any]) -> Point:
    places = shape.get("points")
    if not isinstance(places, list) or len(places) != 1:
        count = len(places) if isinstance(places, list) else "no list of"
        raise _BadShape("points", f"has {count} places, but a point has exactly one")
    place = places[0]
    if not isinstance(place, list) or len(place) != 2 or not all(map(is_number, place)):
        raise _BadShape("points", f"{brief(place)} is not [x, y] of two finite numbers")
    return float(place[0]), float(place[1])
