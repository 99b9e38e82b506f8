"""A folder of images and labelme files, of one observer or several, to cases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .collect import collect
from .images import ImageIndex
from .labelme import LabelmeFile, read_labelme
from .layout import files_with, require_folder, shown_name, subfolders
from .pairing import find_image
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions

SINGLE_OBSERVER = "labelme"


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


def find_layout(raw: Path, images: Path | None = None) -> LabelmeFolder:
    """Find images and labelme files under ``raw``.

    Known layouts: ``images/`` with ``labelme/<observer>/*.json``, ``images/`` with
    ``labelme/*.json``, or images and files side by side in ``raw`` or in ``raw/images``.

    Args:
        raw: The raw folder.
        images: Where the images are, if elsewhere.

    Raises:
        ConversionError: ``raw`` is no folder, or it has no labelme files in these places.
    """
    require_folder(raw)
    images = images or (raw / "images" if (raw / "images").is_dir() else raw)
    require_folder(images)
    labels = raw / "labelme"
    observers: dict[str, list[Path]] = {}
    if labels.is_dir():
        for folder in subfolders(labels):
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


def read_labelme_folder(
    raw: Path,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
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
    layout = find_layout(raw, options.images)
    read: list[tuple[str, LabelmeFile]] = []
    todo = [(name, path) for name, files in layout.observers.items() for path in files]
    for observer, path in progress(todo, "Reading labels"):
        content = read_labelme(path, shown_name(path, raw), problems)
        if content is not None:
            read.append((observer, content))
    if not any(content.points for _, content in read):
        problems.raise_if_strict()
        raise ConversionError(f"{raw}: none of the {len(todo)} labelme files holds a point")
    labels = options.label_map(label for _, content in read for label, _ in content.points)

    index = ImageIndex(layout.images)
    index.note_links(raw, problems)
    by_image = _pair(read, index, raw, problems)
    images = [
        RawImage(
            shown=shown_name(image, raw),
            stem=image.stem,
            path=image,
            observers={
                observer: Labelled(shown_name(content.path, raw), content.points, content.size)
                for observer, content in files.items()
            },
        )
        for image, files in by_image.items()
    ]
    for image in index.paths:
        if image not in by_image:
            text = "has no usable labelme file; left out"
            problems.warning(shown_name(image, raw), "", "", text)
    found = collect(images, labels, out, options, problems, progress)
    found.num_images = len(index.paths)
    found.num_files = {name: len(files) for name, files in layout.observers.items()}
    found.originals = [path for _, path in todo]
    return found


def _json_files(folder: Path) -> list[Path]:
    return files_with(folder, ".json")


def _pair(
    read: list[tuple[str, LabelmeFile]], index: ImageIndex, raw: Path, problems: Problems
) -> dict[Path, dict[str, LabelmeFile]]:
    by_image: dict[Path, dict[str, LabelmeFile]] = {}
    for observer, content in read:
        shown = shown_name(content.path, raw)
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
