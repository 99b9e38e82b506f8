"""COCO key points of any origin, checked and brought into the canonical form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmceph.errors import AnnotationError, some_names
from mmceph.formats.annotation_set import check_file

from .coco_layout import CocoPath, ImageFinder, find_files, splits_of, subject_of
from .coco_points import (
    Category,
    ImagePoints,
    NoKeyPoints,
    read_categories,
    read_points,
    visible_points,
)
from .collect import collect
from .json_file import ALL_IMAGES, brief, is_number, read_json, stated_size
from .layout import shown_name
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions
from .split import SPLITS

_IMAGE_KEYS = ("device", "subject", "spacing_source")
_ANNOTATION_KEYS = frozenset(
    [
        "id",
        "image_id",
        "category_id",
        "keypoints",
        "num_keypoints",
        "bbox",
        "area",
        "iscrowd",
        "observers",
    ]
)


@dataclass(frozen=True)
class _File:
    """A COCO file that holds key points."""

    place: CocoPath
    shown: str
    info: dict[str, Any]
    images: list[dict[str, Any]]
    categories: dict[Any, Category]
    content: dict[str, Any]

    @property
    def labels(self) -> list[str]:
        """The labels of all its key points."""
        return [label for category in self.categories.values() for label in category.labels or ()]


def read_coco(
    raw: Path,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
    """Read COCO key point files; nothing is written.

    Of several files those with key points count. Where all of these are named after splits (or
    their folders are), they keep them.

    Args:
        raw: A JSON file, or a folder with some, in ``annotations/`` or in folders of splits.
        out: The data root.
        options: How to read it; ``images`` is where images may lie besides ``raw``.
        problems: Where problems are noted.
        progress: Shows progress.

    Raises:
        ConversionError: A file is no COCO file, or problems were found and ``problems`` does not
            skip them.
    """
    ours = [] if out.resolve() == raw.resolve() else [out]
    files = _load_all(find_files(raw, ours), raw, problems)
    splits = splits_of(file.place for file in files)
    finders: dict[Path, ImageFinder] = {}
    images: dict[Path, RawImage] = {}
    count = 0
    for file in files:
        if repeated := _repeats(file):
            problems.warning(file.shown, "", "info.split", f"repeats {repeated}; left out")
            continue
        root = file.place.root
        if root not in finders:
            finders[root] = ImageFinder(root, options.images, raw, ours, problems)
        found = read_points(file.content, file.categories, file.shown, problems)
        count += len(file.images)
        split = splits.get(file.place.path)
        for number, entry in enumerate(progress(file.images, f"Reading {file.place.path.name}")):
            item = f"images[{number}]"
            try:
                image = _image(entry, found, finders[root], file.shown)
            except ConversionError as error:
                problems.error(file.shown, item, "", str(error))
                continue
            if image is None:
                text = f"{brief(entry.get('file_name'))} has no annotation; left out"
                problems.warning(file.shown, item, "", text)
                continue
            assert image.path is not None
            if image.path in images:
                problems.error(file.shown, item, "", f"{image.shown} comes twice; keep one")
                continue
            image.split = split
            images[image.path] = image
    if not images:
        problems.raise_if_strict()
        raise ConversionError(f"{raw}: no image with an annotation was found")
    labels = options.label_map(label for file in files for label in file.labels)
    data = collect(list(images.values()), labels, out, options, problems, progress)
    data.num_images, data.num_files = count, {"COCO": len(files)}
    data.originals = [file.place.path for file in files]
    return data


def _load_all(places: Sequence[CocoPath], raw: Path, problems: Problems) -> list[_File]:
    """Read the files with key points; others beside them are passed over with a note."""
    files = []
    others: list[tuple[str, ConversionError]] = []
    for place in places:
        shown = shown_name(place.path, raw)
        try:
            content = read_json(place.path, ALL_IMAGES, problems.noting(shown))
            _check(content)
            if note := check_file(place.path, content=content):
                problems.warning(shown, "", "", note)
            categories = read_categories(content)
        except ConversionError as error:
            if isinstance(error, NoKeyPoints) and place.path.stem not in SPLITS:
                others.append((shown, error))
                continue
            raise ConversionError(f"{shown}: {error}") from error
        except AnnotationError as error:  # which names the file
            raise ConversionError(str(error)) from error
        info = content.get("info")
        info = info if isinstance(info, dict) else {}
        files.append(_File(place, shown, info, content["images"], categories, content))
    if not files:
        shown, reason = others[0]
        raise ConversionError(f"{shown}: {reason}") from reason
    if others:
        names = some_names([shown for shown, _ in others], shown=3)
        text = f"{len(others)} file(s) that name no key points passed over: {names}"
        problems.warning("all files", "", "", text)
    return files


def _check(content: Any) -> None:
    if not isinstance(content, dict):
        raise NoKeyPoints("holds no JSON object; it is no COCO file")
    for key in ("images", "annotations", "categories"):
        entries = content.get(key)
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            raise NoKeyPoints(f"{key} is no list of objects; it is no COCO file")


def _repeats(file: _File) -> str:
    """Return which split a test file of ours repeats, for lack of test images."""
    split = file.info.get("split")
    return split if isinstance(split, str) and split.startswith("val (") else ""


def _image(
    entry: dict[str, Any], found: dict[Any, ImagePoints], finder: ImageFinder, shown: str
) -> RawImage | None:
    identity = entry.get("id")
    if not isinstance(identity, (int, str)) or isinstance(identity, bool):
        raise ConversionError(f"id is {brief(identity)}, not a number or text")
    points = found.get(identity)
    if points is None:
        return None
    path = finder.find(entry.get("file_name"))
    size = stated_size(entry, "width", "height")
    shown = f"{shown}, {path.name}"
    image = RawImage(shown, path.stem, path=path)
    image.spacing = _spacing(entry)
    image.truth = Labelled(shown, tuple(points.points), size)
    observers = points.annotation.get("observers") or {}
    if not isinstance(observers, dict):
        raise ConversionError(f"observers is {brief(observers)}, not an object")
    for observer, flat in observers.items():
        seen = visible_points(flat, points.labels, f" of observer {observer}")
        image.observers[observer] = Labelled(f"{shown}, observer {observer}", seen)
    texts = {key: entry.get(key) for key in _IMAGE_KEYS if isinstance(entry.get(key), str)}
    image.device = texts.get("device")
    image.subject = texts.get("subject") or subject_of(path.stem)
    image.spacing_source = texts.get("spacing_source", "file") if image.spacing else None
    known = {k: v for k, v in points.annotation.items() if k not in _ANNOTATION_KEYS}
    image.extra = {k: v for k, v in known.items() if k.isprintable() and _is_plain(v)}
    return image


def _spacing(entry: dict[str, Any]) -> tuple[float, float] | None:
    written = entry.get("spacing")
    if written is None:
        return None
    values = written if isinstance(written, list) else [written, written]
    if len(values) != 2 or not all(is_number(value) and value > 0 for value in values):
        raise ConversionError(f"spacing is {brief(written)}, neither null nor mm per px")
    return float(values[0]), float(values[1])


def _is_plain(value: Any) -> bool:
    """Whether a value of the file can be kept: plain JSON without NaN, and not deep."""
    if value is None or isinstance(value, (bool, str)) or is_number(value):
        return not isinstance(value, str) or value.isprintable()
    if isinstance(value, list):
        return len(value) <= 10**4 and all(is_number(entry) for entry in value)
    if isinstance(value, dict):
        return all(str(key).isprintable() and _is_plain(entry) for key, entry in value.items())
    return False
