"""Where the images and labelme files of a raw folder lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .layout import files_with, require_folder, subfolder, subfolders
from .problems import ConversionError
from .split import named_split

SINGLE_OBSERVER = "labelme"
_MOST_OF_ONE_PATIENT = 20  # yearly pictures of a growth study; a folder with more holds many heads


@dataclass(frozen=True)
class LabelmeFolder:
    """Where the parts of a raw folder lie.

    Attributes:
        root: The raw folder.
        images: Folder with the images.
        observers: By observer, the labelme files.
        apart: Images and labelme files have folders of their own.
        nested: The labelme files lie in subfolders, of patients, sites or splits.
    """

    root: Path
    images: Path
    observers: dict[str, list[Path]]
    apart: bool = False
    nested: bool = False


def find_layout(
    raw: Path, images: Path | None = None, leave_out: Iterable[Path] = ()
) -> LabelmeFolder:
    """Find images and labelme files under ``raw``.

    Known layouts: ``images/`` with ``labelme/<observer>/*.json``, ``images/`` with
    ``labelme/*.json``, images and files side by side in ``raw`` or in ``raw/images``, or side by
    side in subfolders, one for each patient, site or split.

    Args:
        raw: The raw folder.
        images: Where the images are, if elsewhere.
        leave_out: Folders that are no part of it.

    Raises:
        ConversionError: ``raw`` is no folder, or it has no labelme files in these places.
    """
    require_folder(raw)
    chosen = images
    images = chosen or subfolder(raw, "images") or raw
    require_folder(images)
    labels = subfolder(raw, "labelme")
    observers = _by_observer(labels) if labels is not None else {}
    if observers:
        return LabelmeFolder(raw, images, observers, apart=True)
    direct = files_with(raw, ".json")
    if direct:
        return LabelmeFolder(raw, images, {SINGLE_OBSERVER: direct}, apart=images != raw)
    beside = files_with(images, ".json")
    if beside:
        return LabelmeFolder(raw, images, {SINGLE_OBSERVER: beside}, apart=False)
    nested = files_with(raw, ".json", recursive=True, leave_out=leave_out)
    if nested:
        found = {SINGLE_OBSERVER: nested}
        return LabelmeFolder(raw, chosen or raw, found, apart=chosen is not None, nested=True)
    raise ConversionError(
        f"{raw}: no labelme files; expected labelme/<observer>/*.json or labelme/*.json "
        "beside images/, or images and .json files side by side, also in a folder for each patient"
    )


def _by_observer(labels: Path) -> dict[str, list[Path]]:
    observers = {
        folder.name: files_with(folder, ".json", recursive=True) for folder in subfolders(labels)
    }
    direct = files_with(labels, ".json")
    if direct and SINGLE_OBSERVER in observers:
        raise ConversionError(
            f"{labels}: files lie both here and in {SINGLE_OBSERVER}/; "
            "move the files here to a folder named after their observer"
        )
    observers[SINGLE_OBSERVER] = direct or observers.get(SINGLE_OBSERVER, [])
    return {name: files for name, files in observers.items() if files}


@dataclass(frozen=True)
class FolderMeaning:
    """What the subfolder of an image says of it.

    Attributes:
        split: By folder, the split it is named after.
        subject: By folder, whose head its images show.
        note: How the folders were read, in a sentence.
    """

    split: dict[Path, str]
    subject: dict[Path, str]
    note: str = ""


def meaning_of_folders(folders: Iterable[Path], raw: Path) -> FolderMeaning:
    """Tell folders of patients from folders of splits and others.

    Folders called train, val (or valid) and test are splits. Folders of few images are one patient
    each, so that no split parts them; where one has many, none is taken for a patient.

    Args:
        folders: The folder of each image, relative to or below ``raw``.
        raw: The raw folder.
    """
    counts = Counter(folder for folder in folders if folder != raw and folder.is_relative_to(raw))
    parts = {folder: folder.relative_to(raw).parts for folder in counts}
    splits = {folder: named_split(names[0]) for folder, names in parts.items()}
    told = []
    home: dict[Path, str] = {}
    if all(splits.values()) and len(set(splits.values())) > 1:
        home = {folder: split for folder, split in splits.items() if split}
        parts = {folder: names[1:] for folder, names in parts.items()}
        told.append("folders named after splits are kept as these")
    patients = {folder: "/".join(names) for folder, names in parts.items() if names}
    if len(set(patients.values())) < 2:
        patients = {}  # as images/ that are apart from json/
    if max((counts[folder] for folder in patients), default=0) > _MOST_OF_ONE_PATIENT:
        patients = {}
        told.append("each image is taken for another subject; --subjects says otherwise")
    elif patients:
        told.append(
            f"each of {len(set(patients.values()))} folders is taken for one subject; --subjects "
            "says otherwise"
        )
    return FolderMeaning(home, patients, "; ".join(told))
