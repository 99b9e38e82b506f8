"""Reading a Label Studio export, trusting nothing in it.

Formats: https://labelstud.io/guide/export and https://labelstud.io/tags/keypointlabels. Places are
percents of the image as it is stored: ``image_rotation`` turns only the view, and the places are
saved as if it were 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmceph.errors import some_names

from .case import Point
from .json_file import brief
from .labelstudio_entries import read_entries
from .labelstudio_pictures import TaskPicture, TaskPictures
from .labelstudio_results import Result, read_results
from .placeholders import Tracing, take_out_placeholders
from .problems import ConversionError, Problems

NEVER_MOVED: Point = (50.0, 50.0)


@dataclass
class Task:
    """One picture of a task, with its points.

    Attributes:
        shown: How to call it in messages.
        image: The picture as the task's data name it.
        upload: The task's ``file_upload`` as written, or empty.
        data_field: The field of the data that names the picture.
        observers: By annotator: label and place (percent) of each point.
        sizes: By annotator the image size in px the export states, or None.
    """

    shown: str
    image: str
    upload: str = ""
    data_field: str = "image"
    observers: dict[str, list[tuple[str, Point]]] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int] | None] = field(default_factory=dict)


def read_export(
    path: Path, shown: str, problems: Problems, image_field: Mapping[str, str] | None = None
) -> list[Task]:
    """Read an export; what cannot be used is noted and left out.

    Args:
        path: The file: JSON, JSON-MIN, or a table (CSV, TSV).
        shown: How to call it in messages.
        problems: Where problems are noted.
        image_field: Field of the picture by ``to_name``, as :func:`parse_image_field` reads it.

    Returns:
        A task for each picture with points, and for each task without any.

    Raises:
        ConversionError: The file as a whole cannot be used.
    """
    try:
        entries = read_entries(path, problems.noting(shown))
    except ConversionError as error:
        raise ConversionError(f"{shown}: {error}") from error
    tasks: list[Task] = []
    unmarked: list[str] = []
    annotators = Annotators()
    for number, entry in enumerate(entries, 1):
        called = f"task {number}"
        try:
            reader = _TaskReader(entry, number, image_field or {}, annotators, problems)
        except ConversionError as error:
            problems.error(shown, called, "", str(error))
            continue
        read = reader.read()
        tasks += read
        if read[0].observers:
            marked = {(task.data_field, task.image) for task in read}
            unmarked += [
                p.name for p in reader.pictures.all() if (p.field, p.written) not in marked
            ]
    if unmarked:
        text = f"{len(unmarked)} picture(s) of tasks with points have none; left out: "
        problems.warning(shown, "", "", text + some_names(unmarked, shown=3))
    mask_placeholders(tasks, shown, problems)
    return tasks


class Annotators:
    """Names annotators by number: addresses and names of people are not carried along."""

    def __init__(self) -> None:
        self._others: dict[str, int] = {}

    def name(self, written: Any) -> str:
        """Return what to call an annotator; one number for one text."""
        if isinstance(written, dict):
            written = written.get("id", written.get("email"))
        if isinstance(written, str) and written.strip().isascii() and written.strip().isdigit():
            written = int(written) if len(written) < 13 else written
        if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < 10**12:
            return f"annotator_{written}"
        if isinstance(written, str) and written.strip():
            number = self._others.setdefault(written.strip(), len(self._others) + 1)
            return f"annotator_named_{number}"
        return "annotator"


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


class _TaskReader:
    """Reads one task of an export.

    Raises:
        ConversionError: It is no task, or names no picture.
    """

    def __init__(
        self,
        entry: Any,
        number: int,
        image_field: Mapping[str, str],
        annotators: Annotators,
        problems: Problems,
    ) -> None:
        if not isinstance(entry, dict):
            raise ConversionError(f"is {brief(entry)}, not an object")
        data, annotations = entry.get("data"), entry.get("annotations", entry.get("completions"))
        if "data" not in entry:
            raise ConversionError("has no 'data', so it is no task; export as JSON again")
        if not isinstance(data, dict):
            raise ConversionError(f"data is {brief(data)}, not an object")
        self.pictures = TaskPictures(data, image_field)
        if not isinstance(annotations, list):  # before Label Studio 1.0 they were completions
            raise ConversionError("has no list 'annotations'; export it as JSON again")
        self._annotations, self._annotators, self._problems = annotations, annotators, problems
        upload, identity = entry.get("file_upload"), entry.get("id")
        known = isinstance(identity, int) and not isinstance(identity, bool) and identity < 10**12
        self._called = f"task {identity if known else number}"
        self._upload = upload if isinstance(upload, str) and len(self.pictures.all()) == 1 else ""
        self._tasks: dict[TaskPicture, Task] = {}

    def read(self) -> list[Task]:
        """Return its pictures with points; its first picture where none has any."""
        first = self._new(self.pictures.all()[0])
        read: list[tuple[str, Any, list[Result]]] = []
        cancelled = 0
        for number, annotation in enumerate(self._annotations, 1):
            item = f"annotation {number}"
            if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
                text = "is not there or is no list; left out"
                self._problems.error(first.shown, item, "result", text)
            elif annotation.get("was_cancelled") is True:
                cancelled += 1
            else:
                results = read_results(annotation["result"], first.shown, item, self._problems)
                read.append((item, annotation.get("completed_by"), results))
        names = {result.to_name for _, _, results in read for result in results}
        for item, written, results in read:
            if not self._add(item, self._annotators.name(written), results, names):
                self._problems.warning(first.shown, item, "", "is empty; left out")
        if not self._tasks:
            why = f"was cancelled {cancelled} time(s)" if cancelled else "has no annotation"
            self._problems.warning(first.shown, "", "", f"{why}; left out")
        return list(self._tasks.values()) or [first]

    def unmarked(self) -> list[TaskPicture]:
        """The pictures without points."""
        return [picture for picture in self.pictures.all() if picture not in self._tasks]

    def _new(self, picture: TaskPicture) -> Task:
        shown = f"{self._called} ({picture.name[:80]})"
        return Task(shown, picture.written, self._upload, picture.field)

    def _add(
        self, item: str, observer: str, results: Sequence[Result], names: Collection[str]
    ) -> bool:
        """Give an annotation's points to the pictures they lie on; False where it has none."""
        found: dict[TaskPicture, list[Result]] = {}
        for result in results:
            try:
                picture = self.pictures.of(result.to_name, result.item, names)
            except ConversionError as error:
                self._problems.error(
                    self._called, f"{item}, result {result.number}", "", str(error)
                )
                continue
            found.setdefault(picture, []).append(result)
        for picture, own in found.items():
            task = self._tasks.get(picture) or self._new(picture)
            sizes = {result.size for result in own if result.size}
            if len(sizes) > 1:
                text = f"several image sizes are stated: {sorted(sizes)}; left out"
                self._problems.error(task.shown, item, "original_width/height", text)
                continue
            if any(result.turned for result in own):
                text = (
                    "the view was turned while labelling; the points are those of the stored image"
                )
                self._problems.warning(task.shown, item, "image_rotation", text)
            if observer in task.observers:
                text = f"{observer} has annotated it before; the last one was taken"
                self._problems.warning(task.shown, item, "completed_by", text)
            task.observers[observer] = [(result.label, result.place) for result in own]
            task.sizes[observer] = next(iter(sizes), None)
            self._tasks[picture] = task
        return bool(results)
