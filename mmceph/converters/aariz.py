"""Aariz: three folders of images with one JSON file per image and observer, to cases.

Source of the format: https://doi.org/10.6084/m9.figshare.27986417.v1
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmceph.landmarks import get_landmark_set

from .case import Point
from .collect import collect
from .images import ImageIndex
from .json_file import brief, is_number, read_json
from .layout import files_with, find_root, require_folder, shown_name, subfolder
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions
from .subjects import read_table

LANDMARKS = get_landmark_set("aariz29")
SPLITS = {"train": ("train",), "val": ("valid", "val"), "test": ("test",)}
OBSERVERS = {"senior": "Senior Orthodontists", "junior": "Junior Orthodontists"}
DEVICES = "cephalogram_machine_mappings.csv"
_DEVICE_COLUMNS = ("cephalogram_id", "machine", "pixel_size")


@dataclass(frozen=True)
class Device:
    """What the table says of one image: the machine, and mm per px where it is usable."""

    machine: str | None
    pixel_size: float | None


def read_aariz(
    raw: Path,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
    """Read the data set's folder; nothing is written.

    The stage of the cervical vertebrae is kept as ``cvm_stage`` of the annotation.

    Args:
        raw: Folder with ``train``, ``valid`` and ``test`` (or ``Train``, ``Valid``, ``Test``).
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
            f"{raw}: has no train/Annotations/Cephalometric Landmarks/; it is not the Aariz folder"
        )
    devices = _read_devices(root, raw, problems)
    everywhere = ImageIndex(options.images, recursive=True) if options.images else None
    if everywhere is not None:
        everywhere.note_links(raw, problems)
    images: list[RawImage] = []
    files = dict.fromkeys(OBSERVERS, 0)
    originals = [root / DEVICES]
    count = 0
    for split in SPLITS:
        folder = _annotations(root, split)
        if folder is None:
            problems.warning("all files", "", split, "the folder of this split is not there")
            continue
        index = everywhere or _image_index(root, split, raw, problems)
        todo = _label_files(folder)
        parts = []
        for stem, by_observer in progress(sorted(todo.items()), f"Reading {split}"):
            for observer in by_observer:
                files[observer] += 1
            originals += by_observer.values()
            parts.append(_image(stem, split, by_observer, index, raw, problems))
        known = [image for image in parts if image is not None]
        for image in known:
            _add_device(image, devices, problems)
            _add_stage(image, folder.parent, problems)
        count += len(known) if everywhere else len(index.paths)
        if everywhere is None:
            _report_unlabelled(index, known, raw, problems)
        images += known
    labels = options.native_label_map(LANDMARKS, problems)
    found = collect(images, labels, out, options, problems, progress)
    found.num_images, found.num_files, found.originals = count, files, originals
    return found


def holds_aariz(folder: Path) -> bool:
    """Whether a folder is laid out as the published data set."""
    return _root(folder) is not None


def _root(raw: Path) -> Path | None:
    return find_root(raw, lambda level: any(_annotations(level, split) for split in SPLITS))


def parse_landmarks(content: Any) -> tuple[tuple[str, Point], ...]:
    """Read an observer's file: landmarks joined by their symbol.

    Returns:
        Symbol and place (px) of each landmark, in file order.

    Raises:
        ConversionError: It is not in this form; the message names the entry.
    """
    entries = content.get("landmarks") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ConversionError("has no list 'landmarks'; it is no file of Aariz")
    points = []
    for number, entry in enumerate(entries, 1):
        symbol = entry.get("symbol") if isinstance(entry, dict) else None
        if not isinstance(symbol, str) or not symbol.strip():
            raise ConversionError(f"landmark {number} has no symbol: {brief(entry)}")
        value = entry.get("value")
        x, y = (value.get("x"), value.get("y")) if isinstance(value, dict) else (None, None)
        if not is_number(x) or not is_number(y):
            raise ConversionError(f"landmark {number} ({symbol}): {brief(value)} is no x and y")
        points.append((symbol.strip(), (float(x), float(y))))
    return tuple(points)


def _annotations(root: Path, split: str) -> Path | None:
    part = subfolder(root, *SPLITS[split])
    annotations = subfolder(part, "Annotations") if part else None
    return subfolder(annotations, "Cephalometric Landmarks") if annotations else None


def _image_index(root: Path, split: str, raw: Path, problems: Problems) -> ImageIndex:
    part = subfolder(root, *SPLITS[split])
    assert part is not None
    folder = subfolder(part, "Cephalograms", "Cephalogram", "images")
    if folder is None:
        raise ConversionError(f"{part}: has no Cephalograms/; unpack the archive again")
    index = ImageIndex(folder)
    index.note_links(raw, problems)
    return index


def _label_files(folder: Path) -> dict[str, dict[str, Path]]:
    """Return each image's files by observer, by the image's name without suffix."""
    found: dict[str, dict[str, Path]] = {}
    for observer, name in OBSERVERS.items():
        part = subfolder(folder, name)
        for path in files_with(part, ".json") if part else ():
            found.setdefault(path.stem, {})[observer] = path
    return found


def _image(
    stem: str,
    split: str,
    files: dict[str, Path],
    index: ImageIndex,
    raw: Path,
    problems: Problems,
) -> RawImage | None:
    first = shown_name(next(iter(files.values())), raw)
    paths = index.with_stem(stem)
    if len(paths) != 1:
        names = " and ".join(shown_name(path, raw) for path in paths)
        text = f"has several images: {names}" if paths else "has no image; unpack the archive again"
        problems.error(first, "", "", text)
        return None
    image = RawImage(shown_name(paths[0], raw), stem, path=paths[0], split=split)
    for observer, path in files.items():
        shown = shown_name(path, raw)
        try:
            content = read_json(path, note=problems.noting(shown))
            image.observers[observer] = Labelled(shown, parse_landmarks(content))
        except ConversionError as error:
            problems.error(shown, "", "", str(error))
            continue
        stated = content.get("ceph_id")
        if isinstance(stated, str) and stated != stem:
            problems.warning(shown, "", "ceph_id", f"is {brief(stated)}; the file's name was taken")
    return image


def _read_devices(root: Path, raw: Path, problems: Problems) -> dict[str, Device]:
    path = root / DEVICES
    shown = shown_name(path, raw)
    if not path.is_file():
        problems.warning(shown, "", "", "is not there: devices and mm per px are unknown")
        return {}
    try:
        rows = read_table(path, _DEVICE_COLUMNS, problems.noting(shown))
    except ConversionError as error:
        problems.error(shown, "", "", str(error))
        return {}
    devices: dict[str, Device] = {}
    for number, row in enumerate(rows, 2):
        written = row.get("pixel_size", "")
        try:
            size = float(written)
        except ValueError:
            size = 0.0
        if not 0 < size < 10:
            text = f"is {brief(written)}, no mm per px; this image is in px only"
            problems.error(shown, f"row {number}", "pixel_size", text)
            size = 0.0
        devices[row.get("cephalogram_id", "")] = Device(row.get("machine") or None, size or None)
    return devices


def _add_device(image: RawImage, devices: dict[str, Device], problems: Problems) -> None:
    device = devices.get(image.stem)
    if device is None:
        if devices:
            text = "is not in the table of devices; in px only"
            problems.warning(image.shown, "", "", text)
        return
    image.device = device.machine
    if device.pixel_size is not None:
        image.spacing = (device.pixel_size, device.pixel_size)
        image.spacing_source = "nominal"


def _add_stage(image: RawImage, annotations: Path, problems: Problems) -> None:
    folder = subfolder(annotations, "CVM Stages")
    path = folder / f"{image.stem}.json" if folder else None
    if path is None or not path.is_file():
        return
    try:
        content = read_json(path)
    except ConversionError as error:
        problems.warning(f"{image.shown}, CVM stage", "", "", str(error))
        return
    stage = content.get("cvm_stage") if isinstance(content, dict) else None
    value = stage.get("value") if isinstance(stage, dict) else stage
    if is_number(value) and value in (1, 2, 3, 4, 5, 6):
        image.extra["cvm_stage"] = int(value)
    else:
        text = f"is {brief(stage)}, none of 1 to 6; left out"
        problems.warning(f"{image.shown}, CVM stage", "", "cvm_stage", text)


def _report_unlabelled(
    index: ImageIndex, known: list[RawImage], raw: Path, problems: Problems
) -> None:
    paths = {image.path for image in known}
    for path in index.paths:
        if path not in paths:
            problems.warning(shown_name(path, raw), "", "", "has no usable landmarks; left out")
