"""ISBI 2015: bitmaps and one text file per image from each of two doctors, to cases.

Source of the format: the challenge's data at https://figshare.com, article 3471833.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from mmceph.landmarks import get_landmark_set

from .case import Point
from .collect import collect
from .images import ImageIndex
from .json_file import brief, read_text
from .layout import files_with, find_root, require_folder, shown_name, subfolder, subfolders
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions

LANDMARKS = get_landmark_set("isbi19")
NOMINAL_SPACING = (0.1, 0.1)
NUM_CLASSES = 8

OBSERVERS = ("senior", "junior")
ALONE = "observer"
"""Who placed the points where no folder says so."""
_ANNOTATIONS = ("AnnotationsByMD", "AnnotationByMD", "Annotations", "Annotation")
_IMAGES = ("RawImage", "RawImages", "Raw", "Images", "Image")
FOLDERS = {
    "train": ("TrainingData", "Training", "TrainData", "train"),
    "val": ("Test1Data", "Test1", "Testing1", "val"),
    "test": ("Test2Data", "Test2", "Testing2", "test"),
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
        raw: Folder with ``RawImage`` and ``AnnotationsByMD``, or with the folders in these.
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
        raise ConversionError(
            f"{raw}: has neither AnnotationsByMD/ nor 400_senior/ and 400_junior/ with NNN.txt; it "
            "is not the folder of ISBI 2015"
        )
    images = _images(root, raw, options.images, problems)
    files: dict[str, int] = {}
    texts = _texts(root)
    for observer in OBSERVERS if ALONE not in texts else ():
        if observer not in texts:
            problems.warning(
                "all files", f"observer {observer}", "", f"no 400_{observer}/*.txt found"
            )
    for observer, paths in texts.items():
        files[observer] = len(paths)
        for path in progress(paths, f"Reading {observer}"):
            _add(path, observer, images, raw, problems)
    labelled = [image for image in images.values() if image.observers]
    for image in images.values():
        if not image.observers:
            problems.warning(image.shown, "", "", "has no usable points; left out")
    labels = options.native_label_map(LANDMARKS, problems)
    found = collect(labelled, labels, out, options, problems, progress)
    found.num_images, found.num_files = len(images), files
    found.originals = [path for paths in texts.values() for path in paths]
    return found


def holds_isbi2015(folder: Path) -> bool:
    """Whether a folder is laid out as the published data set."""
    return _root(folder) is not None


def _root(raw: Path) -> Path | None:
    """The folder with the doctors' files, in AnnotationsByMD/ or in folders of its own."""
    return find_root(raw, lambda level: bool(_texts(level)))


def _texts(level: Path) -> dict[str, list[Path]]:
    """The doctors' files of a folder by observer; empty where it is not laid out like that."""
    annotations = subfolder(level, *_ANNOTATIONS)
    found: dict[str, list[Path]] = {}
    for parent in (annotations, level) if annotations is not None else (level,):
        for folder in subfolders(parent) if not found else ():
            observer = next((name for name in OBSERVERS if name in folder.name.casefold()), "")
            paths = files_with(folder, ".txt", recursive=True) if observer else []
            if any(_number(path.stem) is not None for path in paths):
                found.setdefault(observer, []).extend(paths)
    if not found and annotations is not None:
        paths = files_with(annotations, ".txt", recursive=True)
        paths = [path for path in paths if _number(path.stem) is not None]
        found = {ALONE: paths} if any(map(_holds_points, paths[:3])) else {}
    return {observer: found[observer] for observer in (*OBSERVERS, ALONE) if observer in found}


def _holds_points(path: Path) -> bool:
    try:
        parse_points(read_text(path, note=lambda _: None))
    except ConversionError:
        return False
    return True


def parse_points(text: str) -> tuple[tuple[tuple[str, Point], ...], list[int]]:
    """Read a doctor's file: 19 lines ``x,y`` (px), or with a blank between, and 8 class codes.

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
        words = [word for word in re.split(r"[,;\s]+", line) if word]
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
    if chosen is not None:
        require_folder(chosen)
    bases = [chosen] if chosen is not None else [subfolder(root, *_IMAGES) or root, raw]
    images: dict[int, RawImage] = {}
    for base in bases:
        for split, folder in _parts(base):
            _add_images(folder, split, images, raw, problems)
        if images:
            return images
    raise ConversionError(f"{bases[0]}: holds no images named 001 to 400")


def _parts(base: Path) -> list[tuple[str | None, Path]]:
    """The folders of the organisers' parts, wherever they lie; or the folder itself."""
    level = [base]
    for _ in range(3):
        found = [
            (split, folder)
            for parent in level
            for split, names in FOLDERS.items()
            if (folder := subfolder(parent, *names)) is not None
        ]
        if found:
            return [(split, folder) for split, folder in found]
        level = [folder for parent in level for folder in subfolders(parent)]
    return [(None, base)]


def _add_images(
    folder: Path, split: str | None, images: dict[int, RawImage], raw: Path, problems: Problems
) -> None:
    index = ImageIndex(folder, recursive=True)
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
