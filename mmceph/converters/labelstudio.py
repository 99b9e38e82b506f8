"""Reading a Label Studio export (JSON), trusting nothing in it.

Formats: https://labelstud.io/guide/export and https://labelstud.io/tags/keypointlabels. Places are
percents of the image as it is stored: ``image_rotation`` turns only the view, and the places are
saved as if it were 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .case import Point
from .json_file import ALL_IMAGES, brief, is_number, read_json, stated_size
from .placeholders import Tracing, take_out_placeholders
from .problems import ConversionError, Problems

NEVER_MOVED: Point = (50.0, 50.0)


@dataclass
class Task:
    """A task of the export.

    Attributes:
        shown: How to call it in messages.
        image: Its ``data.image`` as written.
        upload: Its ``file_upload`` as written, or empty.
        observers: By annotator: label and place (percent) of each point.
        sizes: By annotator the image size in px the export states, or None.
    """

    shown: str
    image: str
    upload: str = ""
    observers: dict[str, list[tuple[str, Point]]] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int] | None] = field(default_factory=dict)


def read_export(path: Path, shown: str, problems: Problems) -> list[Task]:
    """Read an export; what cannot be used is noted and left out.

    Args:
        path: The file.
        shown: How to call it in messages.
        problems: Where problems are noted.

    Raises:
        ConversionError: The file as a whole cannot be used.
    """
    try:
        content = read_json(path, ALL_IMAGES, problems.noting(shown))
        if isinstance(content, dict) and "annotations" in content and "data" in content:
            content = [content]  # one task, as some of its interfaces give it
        if not isinstance(content, list) or not content:
            raise ConversionError("is no list of tasks; export it as JSON from Label Studio")
    except ConversionError as error:
        raise ConversionError(f"{shown}: {error}") from error
    tasks = []
    for number, entry in enumerate(content, 1):
        try:
            task = _task(entry, number)
        except ConversionError as error:
            problems.error(shown, f"task {number}", "", str(error))
            continue
        _read_annotations(entry["annotations"], task, problems)
        tasks.append(task)
    mask_placeholders(tasks, shown, problems)
    return tasks


def mask_placeholders(tasks: Sequence[Task], shown: str, problems: Problems) -> None:
    """Take out points that nobody placed; see :func:`take_out_placeholders`.

    Args:
        tasks: The tasks; changed in place.
        shown: How to call the export in messages.
        problems: Where each masked label is noted.
    """
    parts = [(task, observer) for task in tasks for observer in task.observers]
    tracings = [Tracing(task.shown, task.observers[name], name) for task, name in parts]
    found = take_out_placeholders(tracings, also={NEVER_MOVED}, unit=" %")
    for label, text in found.notes:
        problems.warning(shown, f"label {label}", "", text)
    for tracing, text in found.shares:
        problems.error(tracing.shown, "", "points", text)
    for (task, observer), points in zip(parts, found.points, strict=True):
        task.observers[observer] = points


def _task(entry: Any, number: int) -> Task:
    if not isinstance(entry, dict):
        raise ConversionError(f"is {brief(entry)}, not an object")
    data = entry.get("data")
    if not isinstance(data, dict):
        if isinstance(entry.get("image"), str):
            raise ConversionError("has no 'data': export as JSON, not as JSON-MIN or CSV")
        raise ConversionError(f"data is {brief(data)}, not an object")
    image = data.get("image")
    if image is None:  # the field is named in the labelling config, so it may be called anything
        texts = [value for value in data.values() if isinstance(value, str)]
        image = texts[0] if len(texts) == 1 else None
    if not isinstance(image, str) or not image.strip():
        raise ConversionError(f"data.image is {brief(image)}, not the name of an image")
    if not isinstance(entry.get("annotations"), list):
        if isinstance(entry.get("completions"), list):  # Label Studio before 1.0
            entry["annotations"] = entry["completions"]
        else:
            raise ConversionError("has no list 'annotations'; export as JSON, not as JSON-MIN")
    upload = entry.get("file_upload")
    name = image.replace("\\", "/").rsplit("/", 1)[-1]
    identity = entry.get("id")
    known = isinstance(identity, int) and not isinstance(identity, bool) and identity < 10**12
    return Task(
        shown=f"task {identity if known else number} ({name[:80]})",
        image=image,
        upload=upload if isinstance(upload, str) else "",
    )


def _read_annotations(annotations: list[Any], task: Task, problems: Problems) -> None:
    cancelled = 0
    for number, annotation in enumerate(annotations, 1):
        item = f"annotation {number}"
        if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
            problems.error(task.shown, item, "result", "is not there or is no list; left out")
            continue
        if annotation.get("was_cancelled") is True:
            cancelled += 1
            continue
        points, size = _read_results(annotation["result"], task.shown, item, problems)
        if not points:
            problems.warning(task.shown, item, "", "is empty; left out")
            continue
        observer = _annotator(annotation.get("completed_by"))
        if observer in task.observers:
            text = f"{observer} has annotated it before; the last one was taken"
            problems.warning(task.shown, item, "completed_by", text)
        task.observers[observer], task.sizes[observer] = points, size
    if not task.observers:
        why = f"was cancelled {cancelled} time(s)" if cancelled else "has no annotation"
        problems.warning(task.shown, "", "", f"{why}; left out")


def _annotator(written: Any) -> str:
    """Name an annotator by number: addresses and names of people are not carried along."""
    if isinstance(written, dict):
        written = written.get("id")
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < 10**12:
        return f"annotator_{written}"
    return "annotator"


def _read_results(
    results: list[Any], shown: str, item: str, problems: Problems
) -> tuple[list[tuple[str, Point]], tuple[int, int] | None]:
    points: list[tuple[str, Point]] = []
    sizes: set[tuple[int, int]] = set()
    others: Counter[str] = Counter()
    turned = False
    for number, result in enumerate(results, 1):
        try:
            found = _point(result)
            if found is None:
                others[str(result.get("type"))[:40]] += 1
                continue
            size = stated_size(result, "original_width", "original_height")
        except ConversionError as error:
            problems.error(shown, f"{item}, result {number}", "", str(error))
            continue
        points.append(found)
        sizes |= {size} if size else set()
        turned = turned or result.get("image_rotation", 0) not in (0, None)
    if others:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(others.items()))
        problems.warning(shown, item, "", f"results that are no key points left out: {kinds}")
    if turned:
        text = "the view was turned while labelling; the points are those of the stored image"
        problems.warning(shown, item, "image_rotation", text)
    if len(sizes) > 1:
        text = f"several image sizes are stated: {sorted(sizes)}; left out"
        problems.error(shown, item, "original_width/height", text)
        return [], None
    return points, next(iter(sizes), None)


def _point(result: Any) -> tuple[str, Point] | None:
    """Return label and place (percent), or None for a result that is no labelled point."""
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
    return labels[0].strip(), (float(x), float(y))
