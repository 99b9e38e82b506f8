"""ISBI 2015: bitmaps and one text file per image from each of two doctors, to cases.

Source of the format: the challenge's data at https://figshare.com, article 3471833.
"""

from __future__ import annotations

import math
from pathlib import Path

from mmceph.landmarks import get_landmark_set

from .case import Point
from .collect import collect
from .images import ImageIndex
from .json_file import brief, read_text
from .layout import files_with, find_root, require_folder, shown_name, subfolder
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions

LANDMARKS = get_landmark_set("isbi19")
NOMINAL_SPACING = (0.1, 0.1)
NUM_CLASSES = 8

OBSERVERS = {"senior": ("400_senior", "senior"), "junior": ("400_junior", "junior")}
FOLDERS = {
    "train": ("TrainingData", "Training", "train"),
    "val": ("Test1Data", "Test1", "val"),
    "test": ("Test2Data", "Test2", "test"),
}
_LAST = {"train": 150, "val": 300, "test": 400}


def read_isbi2015(
    raw: Path,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
    """Read the challenge's folder; nothing is written.

    Training data become ``train``, Test1 ``val`` and Test2 ``test``. The class codes that follow
    the points are kept as ``classes`` of the annotation, by observer.

    Args:
        raw: Folder with ``RawImage`` and ``AnnotationsByMD``.
        out: The data root.
        options: How to read it.
        problems: Where problems are noted.
        progress: Shows progress.

    Raises:
        ConversionError: The layout cannot be understood, or problems were found and ``problems``
            does not skip them.
    """
    require_folder(raw)
    root = _root(raw)
    if root is None:
        raise ConversionError(f"{raw}: has no AnnotationsByMD/; it is not the folder of ISBI 2015")
    images = _images(root, raw, options.images, problems)
    files: dict[str, int] = {}
    originals: list[Path] = []
    annotations = subfolder(root, "AnnotationsByMD")
    assert annotations is not None
    for observer, names in OBSERVERS.items():
        folder = subfolder(annotations, *names)
        texts = files_with(folder, ".txt") if folder else []
        files[observer] = len(texts)
        if not texts:
            problems.warning("all files", f"observer {observer}", "", f"no {names[0]}/*.txt found")
        for path in progress(texts, f"Reading {observer}"):
            _add(path, observer, images, raw, problems)
        originals += texts
    if not any(files.values()):
        raise ConversionError(f"{annotations}: holds no 400_senior/*.txt or 400_junior/*.txt")
    labelled = [image for image in images.values() if image.observers]
    for image in images.values():
        if not image.observers:
            problems.warning(image.shown, "", "", "has no usable points; left out")
    labels = options.native_label_map(LANDMARKS, problems)
    found = collect(labelled, labels, out, options, problems, progress)
    found.num_images, found.num_files, found.originals = len(images), files, originals
    return found


def holds_isbi2015(folder: Path) -> bool:
    """Whether a folder is laid out as the published data set."""
    return _root(folder) is not None


def _root(raw: Path) -> Path | None:
    return find_root(raw, lambda level: subfolder(level, "AnnotationsByMD") is not None)


def parse_points(text: str) -> tuple[tuple[tuple[str, Point], ...], list[int]]:
    """Read a doctor's file: 19 lines ``x,y`` (px) and 8 class codes.

    Returns:
        Landmark and place of each point, and the class codes (empty where there are none).

    Raises:
        ConversionError: It is not in this form.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    count = len(LANDMARKS)
    if len(lines) not in (count, count + NUM_CLASSES):
        raise ConversionError(
            f"has {len(lines)} lines, not {count} points and {NUM_CLASSES} class codes"
        )
    points = []
    for number, (name, line) in enumerate(zip(LANDMARKS.names, lines, strict=False), 1):
        words = line.split(",")
        try:
            x, y = (float(word) for word in words)
        except ValueError:
            raise ConversionError(f"line {number} ({name}) is {brief(line)}, not x,y") from None
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ConversionError(f"line {number} ({name}) is {brief(line)}, not finite")
        points.append((name, (x, y)))
    codes = lines[count:]
    if not all(code.isascii() and code.isdigit() and len(code) < 4 for code in codes):
        raise ConversionError(f"the class codes {brief(codes)} are not whole numbers")
    return tuple(points), [int(code) for code in codes]


def _images(root: Path, raw: Path, chosen: Path | None, problems: Problems) -> dict[int, RawImage]:
    """Return the images by number, each with its split."""
    base = chosen or subfolder(root, "RawImage") or root
    require_folder(base)
    parts = {split: subfolder(base, *names) for split, names in FOLDERS.items()}
    folders: list[tuple[str | None, Path]] = [(s, f) for s, f in parts.items() if f is not None]
    images: dict[int, RawImage] = {}
    for split, folder in folders or [(None, base)]:
        index = ImageIndex(folder)
        index.note_links(raw, problems)
        for path in index.paths:
            shown = shown_name(path, raw)
            number = _number(path.stem)
            if number is None or not 1 <= number <= max(_LAST.values()):
                problems.warning(shown, "", "", "is not named by a number of 1 to 400; left out")
            elif number in images:
                problems.error(shown, "", "", f"{images[number].shown} has the same number")
            else:
                images[number] = RawImage(
                    shown=shown,
                    stem=path.stem,
                    path=path,
                    spacing=NOMINAL_SPACING,
                    spacing_source="nominal",
                    split=split or next(s for s, last in _LAST.items() if number <= last),
                )
    if not images:
        raise ConversionError(f"{base}: holds no images named 001 to 400")
    return images


def _number(stem: str) -> int | None:
    return int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 6 else None


def _add(
    path: Path, observer: str, images: dict[int, RawImage], raw: Path, problems: Problems
) -> None:
    shown = shown_name(path, raw)
    number = _number(path.stem)
    if number is None or number not in images:
        problems.error(shown, "", "", "has no image of that number; left out")
        return
    image = images[number]
    if observer in image.observers:
        problems.error(shown, "", "", f"{image.observers[observer].shown} has the same number")
        return
    try:
        points, classes = parse_points(read_text(path, note=problems.noting(shown)))
    except ConversionError as error:
        problems.error(shown, "", "", str(error))
        return
    image.observers[observer] = Labelled(shown, points)
    if classes:
        image.extra.setdefault("classes", {})[observer] = classes
