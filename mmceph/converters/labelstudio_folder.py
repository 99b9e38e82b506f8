"""A Label Studio export and the images it speaks of, to cases."""

from __future__ import annotations

import re
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

from .collect import collect
from .images import ImageIndex
from .labels import LabelMap
from .labelstudio import Task, read_export
from .layout import files_with, require_folder, shown_name
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions

_HASH = re.compile(r"[0-9a-f]{8}-")


def read_labelstudio(
    raw: Path,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
    """Read an export; nothing is written.

    Args:
        raw: The exported JSON file, or a folder with it and the images (or ``images/``).
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
        tasks += read_export(path, shown_name(path, raw), problems)
    index = _index(exports[0].parent, options.images)
    index.note_links(raw, problems)
    finder = ImageFinder(index)
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
    require_folder(raw)
    found = files_with(raw, ".json")
    if not found:
        raise ConversionError(f"{raw}: holds no export (.json); give the exported file")
    return found


class ImageFinder:
    """Finds the image of a task among those of a folder, and nowhere else.

    Args:
        index: The images there are.
    """

    def __init__(self, index: ImageIndex) -> None:
        self.index = index
        self._by_stored: dict[str, list[Path]] = {}
        for path in index.paths:
            self._by_stored.setdefault(_stored_name(path.name), []).append(path)

    def find(self, task: Task, problems: Problems) -> Path | None:
        """Return a task's image, or None (noted as an error)."""
        names = [*image_names(task.image), *(image_names(task.upload) if task.upload else ())]
        for name in names:
            paths = self.index.all_named(name) or self._by_stored.get(name.casefold(), [])
            exact = [path for path in paths if path.name == name]
            paths = exact if len(exact) == 1 else paths
            if len(paths) == 1:
                return paths[0]
            if paths:
                where = " and ".join(str(path) for path in paths[:3])
                problems.error(task.shown, "", "data.image", f"fits {where}; keep one of them")
                return None
        text = (
            f"no such image in {self.index.folder}, and the export alone holds none; "
            "give their folder with --images DIR"
        )
        problems.error(task.shown, "", "data.image", text)
        return None


def image_names(written: str) -> list[str]:
    """Return the file names that a task's image may have, likeliest first.

    Args:
        written: An address, a path or a name, perhaps with percent escapes and with the eight
            hexadecimal digits that an upload puts before the name.

    Example:
        >>> image_names("/data/upload/1/1a2b3c4d-my%20film.png")
        ['1a2b3c4d-my%20film.png', '1a2b3c4d-my film.png', 'my%20film.png', 'my film.png']
        >>> image_names("/data/local-files/?d=set%2F7.bmp")[0]
        '7.bmp'
    """
    local = written.partition("?d=")[2].partition("&")[0]
    plain = re.split(r"[?#]", written, maxsplit=1)[0]
    forms = [unquote(local)] if local else [written, plain, unquote(plain)]
    # PureWindowsPath splits at both kinds of slash, whatever system wrote the file.
    names = [PureWindowsPath(form).name for form in forms]
    names += [_HASH.sub("", name, count=1) for name in names if _HASH.match(name)]
    return [name for name in dict.fromkeys(names) if name]


def _stored_name(name: str) -> str:
    """Return what an upload makes of a file name: no blanks, no special characters."""
    return re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_")).casefold()


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
