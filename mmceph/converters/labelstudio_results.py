"""The labelled points of one annotation of a Label Studio export."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .case import Point
from .json_file import brief, is_number, stated_size
from .problems import ConversionError, Problems


@dataclass(frozen=True)
class Result:
    """A labelled point.

    Attributes:
        number: Which result of the annotation it is, from 1.
        label: Its label.
        place: x and y in percent of the picture.
        to_name: The tag that shows its picture; empty where it does not say.
        item: Which picture of a list it lies on, from 0, or None.
        size: The picture's size in px that it states, or None.
        turned: The view was turned while it was set.
    """

    number: int
    label: str
    place: Point
    to_name: str
    item: int | None
    size: tuple[int, int] | None
    turned: bool


def read_results(results: list[Any], shown: str, item: str, problems: Problems) -> list[Result]:
    """Read an annotation's results; what is no labelled point is noted and left out.

    Args:
        results: The results.
        shown: How to call the task in messages.
        item: How to call the annotation.
        problems: Where problems are noted.
    """
    points: list[Result] = []
    others: Counter[str] = Counter()
    for number, result in enumerate(results, 1):
        try:
            found = _point(result, number)
        except ConversionError as error:
            problems.error(shown, f"{item}, result {number}", "", str(error))
            continue
        if found is None:
            others[str(result.get("type"))[:40]] += 1
        else:
            points.append(found)
    if others:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(others.items()))
        problems.warning(shown, item, "", f"results that are no key points left out: {kinds}")
    return points


def _point(result: Any, number: int) -> Result | None:
    """Return a labelled point, or None for a result that is none."""
    if not isinstance(result, dict):
        raise ConversionError(f"is {brief(result)}, not an object")
    value = result.get("value")
    if not isinstance(value, dict):
        if result.get("type") == "keypointlabels":
            raise ConversionError(f"value is {brief(value)}, not an object")
        return None
    # A point and its label may also stand in two results, of the types keypoint and labels.
    labels = value.get("keypointlabels", value.get("labels"))
    if labels is None or "height" in value or "points" in value:
        if result.get("type") == "keypointlabels":
            raise ConversionError("value has no keypointlabels")
        return None
    if not isinstance(labels, list) or len(labels) != 1 or not isinstance(labels[0], str):
        raise ConversionError(f"keypointlabels is {brief(labels)}, not one label")
    if not labels[0].strip():
        raise ConversionError("the label is empty")
    x, y = value.get("x"), value.get("y")
    if not is_number(x) or not is_number(y):
        raise ConversionError(f"x and y are {brief(x)} and {brief(y)}, not percents")
    to_name, index = result.get("to_name"), result.get("item_index", value.get("item_index"))
    if index is not None and (not is_number(index) or index != int(index)):
        raise ConversionError(f"item_index is {brief(index)}, not a whole number")
    return Result(
        number=number,
        label=labels[0].strip(),
        place=(float(x), float(y)),
        to_name=to_name if isinstance(to_name, str) else "",
        item=None if index is None else int(index),
        size=stated_size(result, "original_width", "original_height"),
        turned=result.get("image_rotation", 0) not in (0, None),
    )
