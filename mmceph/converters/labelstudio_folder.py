"""A Label Studio export and the images it speaks of, to cases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from mmceph.errors import some_names
from mmceph.io import name_key, one_form

from .collect import collect
from .images import ImageIndex
from .labels import LabelMap
from .labelstudio import Task, read_export
from .labelstudio_entries import TABLES
from .labelstudio_pictures import image_names, original_name, stored_path
from .layout import files_with, require_folder, shown_name
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions

_KEEP_APART = (
    "keep each under the name that Label Studio stores it by, with the eight digits in front, or "
    "in a folder called as there"
)


def read_labelstudio(
    raw: Path,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
    """Read an export; nothing is written.

    Args:
        raw: The exported file, or a folder with it and the images (or ``images/``).
        out: The data root.
        options: How to read it; in ``images`` subfolders are searched too.
        problems: Where problems are noted.
        progress: Shows progress.

    Raises:
        ConversionError: The export or its labels cannot be understood, or problems were found and
            ``problems`` does not skip them.
    """
    exports = find_exports(raw)
    tasks: list[Task] = []
    for path in exports:
        tasks += read_export(path, shown_name(path, raw), problems, options.image_field)
    index = _index(exports[0].parent, options.images)
    index.note_links(raw, problems)
    finder = ImageFinder(index, tasks)
    labels = _labels(tasks, options, raw, problems)
    images: dict[Path, RawImage] = {}
    for task in progress(tasks, "Finding images"):
        if task.observers:
            place = finder.find(task, problems)
            if place is not None:
                _add(task, place, images, raw, problems)
    if not images:
        problems.raise_if_strict()
        raise ConversionError(
            f"{raw}: none of the images of {len(tasks)} task(s) is in {index.folder}; "
            "give their folder with --images DIR"
        )
    found = collect(list(images.values()), labels, out, options, problems, progress)
    found.num_images = len(tasks)
    found.num_files = {"export": len(exports), "tasks": len(tasks)}
    found.originals = exports
    return found


def find_exports(raw: Path) -> list[Path]:
    """Return the export, or all those of a folder.

    Raises:
        ConversionError: There is none.
    """
    if raw.is_file():
        return [raw]
    if not raw.is_dir():
        raise ConversionError(f"{raw}: no such file or folder")
    found = files_with(raw, ".json") or files_with(raw, *TABLES)
    if not found:
        raise ConversionError(f"{raw}: holds no export (.json or .csv); give the exported file")
    return found


class ImageFinder:
    """Finds the pictures of tasks among those of a folder, and nowhere else.

    Two uploads of files of one name are two pictures: each is found under the name with its own
    digits, and no other is taken for either.

    Args:
        index: The images there are.
        tasks: All tasks, among which pictures are told apart.
    """

    def __init__(self, index: ImageIndex, tasks: Sequence[Task]) -> None:
        self.index = index
        self._by_stored: dict[str, list[Path]] = {}
        for path in index.paths:
            for key in _stored_names(path.name):
                self._by_stored.setdefault(key, []).append(path)
        self._uploads: dict[str, dict[str, str]] = {}  # by original name: written by stored path
        for task in tasks:
            stored = stored_path(task.image)
            original = name_key(original_name(stored.rpartition("/")[2]))
            self._uploads.setdefault(original, {}).setdefault(stored, task.shown)
        self._taken: dict[Path, tuple[str, str]] = {}

    def find(self, task: Task, problems: Problems) -> Path | None:
        """Return a task's image, or None (noted as an error)."""
        try:
            path = self._find(task)
            stored = stored_path(task.image)
            other, shown = self._taken.setdefault(path, (stored, task.shown))
            if other != stored:
                raise ConversionError(
                    f"is {stored}, and {other} of {shown} was found as {path} too; {_KEEP_APART}"
                )
        except ConversionError as error:
            problems.error(task.shown, "", f"data.{task.data_field}", str(error))
            return None
        return path

    def _find(self, task: Task) -> Path:
        names = [*image_names(task.image), *(image_names(task.upload) if task.upload else ())]
        for name in names:
            found = self.index.all_named(name) or self._by_stored.get(_stored_names(name)[0], [])
            if len(found) > 1:
                folder = stored_path(task.image).rpartition("/")[0]
                depth, agreeing = self.index.like(f"{folder}/{name}")
                exact = [path for path in found if path.name == name]
                found = agreeing if depth > 1 else (exact or found)
            if len(found) > 1:
                where = " and ".join(str(path) for path in found[:3])
                raise ConversionError(f"fits {where}; keep one of them")
            if found:
                return self._weighed(task, name, found[0])
        raise ConversionError(
            f"no such image in {self.index.folder}, and the export alone holds none; "
            "give their folder with --images DIR"
        )

    def _weighed(self, task: Task, name: str, path: Path) -> Path:
        """The image found, unless it may be another's."""
        stored = stored_path(task.image)
        folder, _, last = stored.rpartition("/")
        folder = folder.rpartition("/")[2]
        twins = self._uploads[name_key(original_name(last))]
        told_by_digits = name_key(name) == last != original_name(last)
        if told_by_digits or (folder and name_key(path.parent.name) == folder):
            return path
        if len(twins) > 1:
            others = [
                f"{key} ({shown.partition(' (')[0]})"
                for key, shown in twins.items()
                if key != stored
            ]
            raise ConversionError(
                f"{stored} and {some_names(others, shown=2)} are pictures of one name, and {path} "
                f"may be either; {_KEEP_APART}"
            )
        there = [p.parent for p in self.index.paths if name_key(p.parent.name) == folder]
        if folder and there:
            raise ConversionError(
                f"{stored} is not in {there[0]}, and {path} lies in another folder; put the image "
                "where it belongs"
            )
        return path


def _stored_names(name: str) -> list[str]:
    """Return what an upload makes of a file name: no blanks, no special characters.

    The marks of letters go where they are characters of their own, as Macs write them.
    """
    forms = (one_form(name), unicodedata.normalize("NFD", name))
    plain = [re.sub(r"[^-\w.]", "", form.strip().replace(" ", "_")) for form in forms]
    return list(dict.fromkeys(name_key(form) for form in plain))


def _index(folder: Path, chosen: Path | None) -> ImageIndex:
    if chosen is not None:
        require_folder(chosen)
        return ImageIndex(chosen, recursive=True)
    return ImageIndex(folder / "images" if (folder / "images").is_dir() else folder)


def _labels(tasks: list[Task], options: ReadOptions, raw: Path, problems: Problems) -> LabelMap:
    used = {label for task in tasks for points in task.observers.values() for label, _ in points}
    if not used:
        problems.raise_if_strict()
        raise ConversionError(f"{raw}: none of the {len(tasks)} tasks holds a point")
    return options.label_map(used)


def _add(
    task: Task, path: Path, images: dict[Path, RawImage], raw: Path, problems: Problems
) -> None:
    image = images.setdefault(path, RawImage(shown_name(path, raw), path.stem, path=path))
    for observer, points in task.observers.items():
        if observer in image.observers:
            text = f"{observer} has labelled this image in {image.observers[observer].shown} too"
            problems.error(task.shown, "", "", f"{text}; keep one of the two")
            continue
        size = task.sizes[observer]
        image.observers[observer] = Labelled(task.shown, tuple(points), size, percent=True)
