"""A folder of images and labelme files, of one observer or several, to cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .case import Case, Point
from .images import ImageIndex, ImageInfo, read_image_info, relative_file_name
from .labelme import LabelmeFile, read_labelme
from .labels import LabelMap, label_number, make_label_map
from .observer_points import resolve_points
from .pairing import find_image
from .problems import ConversionError, Problems
from .review import review_cases

Progress = Callable[[Sequence[Any], str], Iterable[Any]]
"""Wraps a sequence to show progress; the text says what is being done."""

SINGLE_OBSERVER = "labelme"


def _no_progress(items: Sequence[Any], _text: str) -> Iterable[Any]:
    return items


@dataclass(frozen=True)
class LabelmeOptions:
    """How to read a labelme folder; see ``tools/dataset_converters/labelme.py``.

    Attributes:
        make_labels: Chooses the label map from the labels found.
        spacing: mm per px along x and y for every image, or None if unknown.
        device: The X-ray machine of all the images, if it was one.
        on_duplicate: What to do with a label given at two places.
        tolerance: Two places of one label this near (px) are one.
    """

    make_labels: Callable[[Iterable[str]], LabelMap] = make_label_map
    spacing: tuple[float, float] | None = None
    device: str | None = None
    on_duplicate: str = "error"
    tolerance: float = 3.0


@dataclass(frozen=True)
class LabelmeFolder:
    """Where the parts of a raw folder lie.

    Attributes:
        root: The raw folder.
        images: Folder with the images.
        observers: By observer, the labelme files.
    """

    root: Path
    images: Path
    observers: dict[str, list[Path]]


@dataclass
class LabelmeResult:
    """What came of a raw folder.

    Attributes:
        cases: The images with points; ``file_name`` is relative to the output folder.
        labels: The label map that was used.
        sources: Image file by ``file_name``.
        num_images: Images found.
        num_files: Labelme files found, by observer.
    """

    cases: list[Case]
    labels: LabelMap
    sources: dict[str, Path] = field(default_factory=dict)
    num_images: int = 0
    num_files: dict[str, int] = field(default_factory=dict)


def find_layout(raw: Path) -> LabelmeFolder:
    """Find images and labelme files under ``raw``.

    Known layouts: ``images/`` with ``labelme/<observer>/*.json``, ``images/`` with
    ``labelme/*.json``, or images and files side by side in ``raw`` or in ``raw/images``.

    Raises:
        ConversionError: ``raw`` is no folder, or it has no labelme files in these places.
    """
    if not raw.is_dir():
        raise ConversionError(f"{raw}: no such folder")
    images = raw / "images" if (raw / "images").is_dir() else raw
    labels = raw / "labelme"
    observers: dict[str, list[Path]] = {}
    if labels.is_dir():
        for folder in sorted(path for path in labels.iterdir() if path.is_dir()):
            observers[folder.name] = _json_files(folder)
        direct = _json_files(labels)
        if direct and SINGLE_OBSERVER in observers:
            raise ConversionError(
                f"{labels}: files lie both here and in {SINGLE_OBSERVER}/; "
                "move the files here to a folder named after their observer"
            )
        observers[SINGLE_OBSERVER] = direct or observers.get(SINGLE_OBSERVER, [])
    else:
        observers[SINGLE_OBSERVER] = _json_files(raw) or _json_files(images)
    observers = {name: files for name, files in observers.items() if files}
    if not observers:
        raise ConversionError(
            f"{raw}: no labelme files; expected labelme/<observer>/*.json or labelme/*.json "
            "beside images/, or images and .json files side by side"
        )
    return LabelmeFolder(raw, images, observers)


def convert_labelme(
    raw: Path,
    out: Path,
    options: LabelmeOptions,
    problems: Problems,
    progress: Progress = _no_progress,
) -> LabelmeResult:
    """Read a raw folder into cases; nothing is written.

    Args:
        raw: The raw folder; see :func:`find_layout`.
        out: The data root the cases' ``file_name`` shall be relative to.
        options: How to read it.
        problems: Where problems are noted.
        progress: Shows progress.

    Raises:
        ConversionError: The layout or the labels cannot be understood, or problems were found and
            ``problems`` does not skip them.
    """
    layout = find_layout(raw)
    read: list[tuple[str, LabelmeFile]] = []
    todo = [(name, path) for name, files in layout.observers.items() for path in files]
    for observer, path in progress(todo, "Reading labels"):
        content = read_labelme(path, _shown(path, raw), problems)
        if content is not None:
            read.append((observer, content))
    if not any(content.points for _, content in read):
        problems.raise_if_strict()
        raise ConversionError(f"{raw}: none of the {len(todo)} labelme files holds a point")
    labels = options.make_labels(label for _, content in read for label, _ in content.points)
    _warn_of_short_numbering(read, labels, problems)

    index = ImageIndex(layout.images)
    by_image = _pair(read, index, raw, problems)
    infos = _image_infos(by_image, raw, problems, progress)
    cases, sources = [], {}
    for image, info in infos.items():
        observers = _observers(by_image[image], info, labels, raw, problems, options)
        file_name = relative_file_name(image, out)
        sources[file_name] = image
        cases.append(
            Case(
                file_name=file_name,
                width=info.width,
                height=info.height,
                observers=observers,
                spacing=options.spacing,
                spacing_source="user" if options.spacing else None,
                device=options.device,
                subject=image.stem,
            )
        )
    for image in index.paths:
        if image not in by_image:
            problems.warning(_shown(image, raw), "", "", "has no usable labelme file; left out")
    digests = {relative_file_name(image, out): info.digest for image, info in infos.items()}
    shown = {name: _shown(path, raw) for name, path in sources.items()}
    cases = review_cases(cases, labels.landmark_set, digests, shown, problems)
    problems.raise_if_strict()
    if not cases:
        raise ConversionError(f"{raw}: no image is left; see the problems listed")
    counts = {name: len(files) for name, files in layout.observers.items()}
    return LabelmeResult(cases, labels, sources, len(index.paths), counts)


def _warn_of_short_numbering(
    read: list[tuple[str, LabelmeFile]], labels: LabelMap, problems: Problems
) -> None:
    """Numbers that stop early hint at the wrong set, which would misname every point."""
    numbers = [label_number(label) for _, content in read for label, _ in content.points]
    highest = max((n for n in numbers if n is not None), default=0)
    total = len(labels.landmark_set)
    if labels.numbered and not labels.names and 0 < highest < total:
        problems.warning(
            "all files",
            "",
            "label",
            f"labels are numbered up to {highest}, but {labels.landmark_set.name} has {total} "
            "landmarks; make sure that it is the right set",
        )


def _json_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() == ".json" and p.is_file())


def _shown(path: Path, raw: Path) -> str:
    return path.relative_to(raw).as_posix()


def _pair(
    read: list[tuple[str, LabelmeFile]], index: ImageIndex, raw: Path, problems: Problems
) -> dict[Path, dict[str, LabelmeFile]]:
    by_image: dict[Path, dict[str, LabelmeFile]] = {}
    for observer, content in read:
        shown = _shown(content.path, raw)
        image = find_image(content, index, raw, shown, problems)
        if image is None:
            continue
        files = by_image.setdefault(image, {})
        if observer in files:
            problems.error(
                shown,
                f"observer {observer}",
                "imagePath",
                f"{image.name} is labelled in {files[observer].path.name} already; remove one",
            )
            continue
        files[observer] = content
    return dict(sorted(by_image.items()))


def _image_infos(
    by_image: dict[Path, dict[str, LabelmeFile]],
    raw: Path,
    problems: Problems,
    progress: Progress,
) -> dict[Path, ImageInfo]:
    infos = {}
    for image in progress(list(by_image), "Reading images"):
        try:
            infos[image] = read_image_info(image)
        except ConversionError as error:
            problems.error(_shown(image, raw), "", "", str(error))
    return infos


def _observers(
    files: dict[str, LabelmeFile],
    info: ImageInfo,
    labels: LabelMap,
    raw: Path,
    problems: Problems,
    options: LabelmeOptions,
) -> dict[str, dict[str, Point]]:
    size = (info.width, info.height)
    observers = {}
    for observer, content in files.items():
        shown = _shown(content.path, raw)
        if content.size is not None and content.size != size:
            problems.error(
                shown,
                "",
                "imageWidth/imageHeight",
                f"{content.size[0]}x{content.size[1]}, but the image has {size[0]}x{size[1]} px; "
                "label it again at that size or put the original image back",
            )
            continue
        points = resolve_points(
            content.points, size, labels, shown, problems, options.on_duplicate, options.tolerance
        )
        if points:
            observers[observer] = points
        else:
            problems.warning(shown, "", "shapes", "holds no landmark; left out")
    return observers
