"""COCO key points of any origin, checked and brought into the canonical form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .case import Point
from .collect import collect
from .images import ImageIndex
from .json_file import ALL_IMAGES, brief, is_number, read_json, stated_size
from .layout import files_with, require_folder, shown_name
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


def read_coco(
    raw: Path,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
    """Read COCO key point files; nothing is written.

    Files called train.json, val.json and test.json keep that split.

    Args:
        raw: A JSON file, or a folder with some (or with ``annotations/``).
        out: The data root.
        options: How to read it; ``images`` is where images may lie besides ``raw``.
        problems: Where problems are noted.
        progress: Shows progress.

    Raises:
        ConversionError: A file is no COCO file, or problems were found and ``problems`` does not
            skip them.
    """
    root, paths = find_files(raw)
    finder = _Finder(root, options.images)
    images: dict[Path, RawImage] = {}
    names: list[str] = []
    count = 0
    for path in paths:
        shown = shown_name(path, raw)
        file = _load(path, shown)
        names += [name for name in file.names if name not in names]
        repeated = _repeats(file)
        if repeated:
            problems.warning(shown, "", "info.split", f"repeats {repeated}; left out")
            continue
        split = path.stem if path.stem in SPLITS and len(paths) > 1 else None
        annotations = _by_image(file, shown, problems)
        count += len(file.images)
        for number, entry in enumerate(progress(file.images, f"Reading {path.name}")):
            item = f"images[{number}]"
            try:
                image = _image(entry, file, annotations, finder, shown)
            except ConversionError as error:
                problems.error(shown, item, "", str(error))
                continue
            if image is None:
                text = f"{brief(entry.get('file_name'))} has no annotation; left out"
                problems.warning(shown, item, "", text)
            elif image.path in images:
                problems.error(shown, item, "", f"{image.shown} comes twice; keep one")
            else:
                assert image.path is not None
                image.split = split
                images[image.path] = image
    if not images:
        problems.raise_if_strict()
        raise ConversionError(f"{raw}: no image with an annotation was found")
    labels = options.label_map(names)
    found = collect(list(images.values()), labels, out, options, problems, progress)
    found.num_images, found.num_files = count, {"COCO": len(paths)}
    found.originals = paths
    return found


def find_files(raw: Path) -> tuple[Path, list[Path]]:
    """Return the data root and the COCO files.

    Raises:
        ConversionError: There are none.
    """
    if raw.is_file():
        folder, paths = raw.parent, [raw]
    else:
        require_folder(raw)
        folder = raw / "annotations" if (raw / "annotations").is_dir() else raw
        paths = files_with(folder, ".json")
        paths = [path for path in paths if path.name != "conversion_report.json"]
        own = [path for path in paths if path.stem in SPLITS]
        paths = sorted(own, key=lambda path: SPLITS.index(path.stem)) or paths
    if not paths:
        raise ConversionError(f"{raw}: holds no COCO file (.json)")
    return (folder.parent if folder.name == "annotations" else folder), paths


@dataclass
class _File:
    info: dict[str, Any]
    images: list[dict[str, Any]]
    annotations: list[dict[str, Any]]
    names: list[str]


def _load(path: Path, shown: str) -> _File:
    try:
        content = read_json(path, ALL_IMAGES)
        if not isinstance(content, dict):
            raise ConversionError("holds no JSON object; it is no COCO file")
        for key in ("images", "annotations", "categories"):
            entries = content.get(key)
            if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
                raise ConversionError(f"{key} is no list of objects; it is no COCO file")
        categories = [c for c in content["categories"] if "keypoints" in c]
        names = categories[0]["keypoints"] if categories else None
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            raise ConversionError("categories[0].keypoints is no list of landmark names")
        if len(set(names)) != len(names):
            raise ConversionError("categories[0].keypoints: a name stands twice")
    except ConversionError as error:
        raise ConversionError(f"{shown}: {error}") from error
    info = content.get("info")
    return _File(
        info if isinstance(info, dict) else {}, content["images"], content["annotations"], names
    )


def _repeats(file: _File) -> str:
    """Return which split a test file of ours repeats, for lack of test images."""
    split = file.info.get("split")
    return split if isinstance(split, str) and split.startswith("val (") else ""


def _by_image(file: _File, shown: str, problems: Problems) -> dict[Any, dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    ids = {image.get("id") for image in file.images if _is_id(image.get("id"))}
    for number, annotation in enumerate(file.annotations):
        item = f"annotations[{number}]"
        image_id = annotation.get("image_id")
        if not _is_id(image_id) or image_id not in ids:
            problems.error(shown, item, "image_id", f"{brief(image_id)} is no image's id")
        elif image_id in found:
            problems.error(shown, item, "", f"image {image_id} has two annotations; keep one")
        else:
            found[image_id] = annotation
    return found


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


class _Finder:
    """Finds images below the data root or the folder given, and nowhere else."""

    def __init__(self, root: Path, images: Path | None) -> None:
        self.roots = [root] if images is None else [images, root]
        self.index = ImageIndex(images, recursive=True) if images else None

    def find(self, written: Any) -> Path:
        if not isinstance(written, str) or not written or "\0" in written:
            raise ConversionError(f"file_name is {brief(written)}, not the name of an image")
        outside = False
        for root in self.roots:
            try:
                path = (root / written.replace("\\", "/")).resolve()
                inside = path.is_relative_to(root.resolve())
                if inside and path.is_file():
                    return path
            except (OSError, ValueError, RuntimeError):  # a name that no file can have
                inside = True
            outside = outside or not inside
        named = self.index.named(Path(written.replace("\\", "/")).name) if self.index else None
        if named is not None:
            return named
        where = f"points outside {self.roots[-1]}" if outside else f"is not in {self.roots[0]}"
        raise ConversionError(f"file_name {brief(written)} {where}; give --images DIR with it")


def _image(
    entry: dict[str, Any],
    file: _File,
    annotations: dict[Any, dict[str, Any]],
    finder: _Finder,
    shown: str,
) -> RawImage | None:
    identity = entry.get("id")
    if not _is_id(identity):
        raise ConversionError(f"id is {brief(identity)}, not a number or text")
    annotation = annotations.get(identity)
    if annotation is None:
        return None
    path = finder.find(entry.get("file_name"))
    size = stated_size(entry, "width", "height")
    shown = f"{shown}, {path.name}"
    image = RawImage(shown, path.stem, path=path)
    image.spacing = _spacing(entry)
    image.truth = Labelled(shown, _points(annotation.get("keypoints"), file.names, ""), size)
    observers = annotation.get("observers") or {}
    if not isinstance(observers, dict):
        raise ConversionError(f"observers is {brief(observers)}, not an object")
    for observer, flat in observers.items():
        points = _points(flat, file.names, f" of observer {observer}")
        image.observers[observer] = Labelled(f"{shown}, observer {observer}", points)
    texts = {key: entry.get(key) for key in _IMAGE_KEYS if isinstance(entry.get(key), str)}
    image.device, image.subject = texts.get("device"), texts.get("subject")
    image.spacing_source = texts.get("spacing_source", "file") if image.spacing else None
    known = {k: v for k, v in annotation.items() if k not in _ANNOTATION_KEYS}
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


def _points(flat: Any, names: Sequence[str], whose: str) -> tuple[tuple[str, Point], ...]:
    if not isinstance(flat, list) or len(flat) != 3 * len(names) or not all(map(is_number, flat)):
        raise ConversionError(
            f"keypoints{whose} are not 3 x {len(names)} finite numbers (x, y, v of each landmark)"
        )
    triples = zip(names, flat[::3], flat[1::3], flat[2::3], strict=True)
    return tuple((name, (float(x), float(y))) for name, x, y, v in triples if v > 0)


def _is_plain(value: Any) -> bool:
    """Whether a value of the file can be kept: plain JSON without NaN, and not deep."""
    if value is None or isinstance(value, (bool, str)) or is_number(value):
        return not isinstance(value, str) or value.isprintable()
    if isinstance(value, list):
        return len(value) <= 10**4 and all(is_number(entry) for entry in value)
    if isinstance(value, dict):
        return all(str(key).isprintable() and _is_plain(entry) for key, entry in value.items())
    return False
