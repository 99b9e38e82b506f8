"""CL-Detection2023: a stack of pictures (.mha) and one JSON file of points, to cases.

Source of the format: https://github.com/cwwang1979/CL-detection2023
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmceph.errors import some_names
from mmceph.landmarks import get_landmark_set

from .case import Point
from .collect import collect
from .json_file import ALL_IMAGES, brief, is_number, read_json
from .layout import files_with, find_root, require_folder, shown_name
from .metaimage import iterate_slices, read_metaimage
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions
from .unpack import Pixels, as_grey, crop_padding, write_png

OBSERVER = "cldetection2023"
TRUTH, STACK = "train-gt.json", "train_stack.mha"
LANDMARKS = get_landmark_set("cldetection38")


@dataclass
class StackLabels:
    """What the ground truth says of one picture.

    Attributes:
        points: Landmark and place (px) of each point, in file order.
        scales: The mm per px stated with the points.
    """

    points: list[tuple[str, Point]] = field(default_factory=list)
    scales: set[float] = field(default_factory=set)


def read_cldetection2023(
    raw: Path,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
    """Read the training set; with ``options.pictures``, unpack it to ``OUT/images/NNN.png``.

    NNN is the 1-based number that the challenge counts images by. Each picture is decompressed,
    cropped and written before the next is touched, so memory does not grow with the stack.

    Args:
        raw: Folder with ``train_stack.mha`` and ``train-gt.json``.
        out: The data root.
        options: How to read it; ``images`` may be the stack or its folder.
        problems: Where problems are noted.
        progress: Shows progress.

    Raises:
        ConversionError: The files cannot be understood, or problems were found and ``problems``
            does not skip them.
    """
    truth_path, stack_path = find_files(raw, options.images)
    stated = read_points(truth_path, shown_name(truth_path, raw), problems)
    shown = shown_name(stack_path, raw)
    stack = read_metaimage(stack_path)
    _check_ids(stated, stack.size[2], shown_name(truth_path, raw), problems)
    # Before the long part: nothing is unpacked that a strict conversion refuses anyway.
    problems.raise_if_strict()
    images: list[RawImage] = []
    slices = iterate_slices(stack)
    last = max((number for number in stated if number <= stack.size[2]), default=0)
    for number in progress(range(1, last + 1), "Unpacking images"):
        pixels = next(slices)
        if number in stated:
            image = _image(pixels, number, stated[number], options)
            if image is None:
                problems.error(f"{shown}, image {number}", "", "", "is black all over; left out")
            else:
                images.append(image)
    labels = options.native_label_map(LANDMARKS, problems)
    found = collect(images, labels, out, options, problems)
    found.num_images = stack.size[2]
    found.num_files = {"stack": 1, "ground truth": 1}
    found.originals = [truth_path, stack_path]
    return found


def holds_cldetection2023(folder: Path) -> bool:
    """Whether a folder holds the challenge's training set under its published names."""
    return all(_root(folder, name) is not None for name in (TRUTH, STACK))


def _root(raw: Path, name: str) -> Path | None:
    return find_root(raw, lambda level: (level / name).is_file())


def find_files(raw: Path, images: Path | None = None) -> tuple[Path, Path]:
    """Return the ground truth and the stack.

    Args:
        raw: Folder with both, or the ground truth itself.
        images: The stack or its folder, if it is not in ``raw``.

    Raises:
        ConversionError: One of them is not there, or there are several.
    """
    truth = raw if raw.is_file() else _one_of(raw, TRUTH, ".json")
    folder = images or (raw.parent if raw.is_file() else raw)
    return truth, folder if folder.is_file() else _one_of(folder, STACK, ".mha", ".mhd")


def _one_of(folder: Path, name: str, *suffixes: str) -> Path:
    require_folder(folder)
    root = _root(folder, name)
    if root is not None:
        return root / name
    found = files_with(folder, *suffixes)
    if len(found) != 1:
        what = "no" if not found else "several"
        raise ConversionError(
            f"{folder}: {name} is not there, and {what} {'/'.join(suffixes)} file"
        )
    return found[0]


def read_points(path: Path, shown: str, problems: Problems) -> dict[int, StackLabels]:
    """Read the ground truth.

    Args:
        path: The file.
        shown: How to call it in messages.
        problems: Where entries that are not usable are noted; they are left out.

    Returns:
        Points and scales by 1-based image number.

    Raises:
        ConversionError: The file as a whole cannot be used.
    """
    try:
        content = read_json(path, ALL_IMAGES, problems.noting(shown))
        entries = content.get("points") if isinstance(content, dict) else None
        if not isinstance(entries, list) or not entries:
            raise ConversionError("has no list 'points'; it is no file of the challenge")
    except ConversionError as error:
        raise ConversionError(f"{shown}: {error}") from error
    found: dict[int, StackLabels] = {}
    for position, entry in enumerate(entries):
        try:
            number, name, point = parse_point(entry)
            scale = _scale(entry.get("scale"))
        except ConversionError as error:
            problems.error(shown, f"points[{position}]", "", str(error))
            continue
        labels = found.setdefault(number, StackLabels())
        labels.points.append((name, point))
        if scale is not None:
            labels.scales.add(scale)
    for number in [n for n, labels in found.items() if len(labels.scales) > 1]:
        scales = " and ".join(f"{scale:g}" for scale in sorted(found[number].scales))
        problems.error(shown, f"image {number}", "scale", f"is given as {scales} mm per px")
        found[number].scales.clear()
    return found


def parse_point(entry: Any) -> tuple[int, str, Point]:
    """Return the 1-based image number, the landmark and the place (px) of an entry of ``points``.

    Raises:
        ConversionError: It is none.
    """
    if not isinstance(entry, dict):
        raise ConversionError(f"is {brief(entry)}, not an object")
    written = entry.get("name")
    number = None
    if isinstance(written, str) and written.strip().isascii() and len(written) < 5:
        number = int(written) if written.strip().isdigit() else None
    elif is_number(written) and written == int(written):
        number = int(written)
    if number is None or not 1 <= number <= len(LANDMARKS):
        raise ConversionError(f"name is {brief(written)}, not a number of 1 to {len(LANDMARKS)}")
    place = entry.get("point")
    if not isinstance(place, list) or len(place) != 3 or not all(map(is_number, place)):
        raise ConversionError(f"point is {brief(place)}, not [x, y, image] of finite numbers")
    x, y, image = place
    if image != int(image) or image < 1:
        raise ConversionError(f"point is {brief(place)}; the images are counted from 1")
    return int(image), LANDMARKS.names[number - 1], (float(x), float(y))


def _scale(written: Any) -> float | None:
    if written is None:
        return None
    try:
        value = float(written) if isinstance(written, str) or is_number(written) else math.nan
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ConversionError(f"scale is {brief(written)}, no positive number of mm per px")
    return value


def _check_ids(stated: dict[int, StackLabels], count: int, shown: str, problems: Problems) -> None:
    for number in sorted(number for number in stated if number > count):
        text = f"is not in the stack, which has {count}; is it the stack of these points?"
        problems.error(shown, f"image {number}", "", text)
    without = [str(number) for number in range(1, min(count, 10**5) + 1) if number not in stated]
    if without:
        text = f"{len(without)} image(s) of the stack have no points; left out: "
        problems.warning(shown, "", "", text + some_names(without, shown=10))
    unscaled = [str(number) for number in sorted(stated) if not stated[number].scales]
    if unscaled:
        text = f"{len(unscaled)} image(s) have no scale; in px only: {', '.join(unscaled[:10])}"
        problems.warning(shown, "", "scale", text)


def _image(
    pixels: Pixels, number: int, labels: StackLabels, options: ReadOptions
) -> RawImage | None:
    pixels = as_grey(crop_padding(pixels, [point for _, point in labels.points]))
    if not pixels.size:
        return None
    name = f"image {number}"
    file_name = f"images/{number:03d}.png"
    scale = next(iter(labels.scales), None)
    return RawImage(
        shown=name,
        stem=f"{number:03d}",
        observers={OBSERVER: Labelled(name, tuple(labels.points))},
        file_name=file_name,
        info=write_png(pixels, file_name, options.pictures),
        spacing=None if scale is None else (scale, scale),
        spacing_source=None if scale is None else "nominal",
    )
