"""A folder of images and labelme files, of one observer or several, to cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mmceph.errors import some_names

from .collect import collect
from .embedded import EmbeddedPicture, distinct_pictures, read_embedded
from .images import ImageIndex
from .labelme import MUST_BE_POINT, LabelmeFile, read_labelme
from .labelme_layout import LabelmeFolder, find_layout, meaning_of_folders
from .labels import LabelMap
from .layout import shown_name
from .pairing import Match, match_image
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions

_Read = tuple[str, LabelmeFile]
"""An observer and one of his files."""


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
    # What an earlier run wrote is no part of the raw data, even where it lies among them.
    ours = [out / "annotations"] if out.resolve() == raw.resolve() else [out]
    layout = find_layout(raw, options.images, ours)
    read = _read_files(layout, raw, options, problems, progress)
    num_files = sum(map(len, layout.observers.values()))
    if not any(content.points for _, content in read):
        _note_other_shapes(read, None, raw, problems)
        problems.raise_if_strict()
        raise ConversionError(f"{raw}: none of the {num_files} labelme files holds a point")
    labels = options.label_map(label for _, content in read for label, _ in content.points)
    _note_other_shapes(read, labels, raw, problems)

    index = ImageIndex(layout.images, recursive=True, leave_out=ours)
    index.note_links(raw, problems)
    if layout.nested and _are_apart([content.path for _, content in read], index.paths):
        layout = replace(layout, apart=True)
    paired = _pair(read, index, layout, options.pair_by, problems)
    images = paired.images(raw)
    if layout.nested:
        _read_folders(paired, images, raw, problems)
    for image in index.paths:
        if image not in paired.files:
            text = "has no usable labelme file; left out"
            problems.warning(shown_name(image, raw), "", "", text)
    found = collect(images, labels, out, options, problems, progress)
    found.num_images = len({*index.paths, *paired.files}) + len(paired.inside)
    found.num_files = {name: len(files) for name, files in layout.observers.items()}
    found.originals = [path for files in layout.observers.values() for path in files]
    used = {case.file_name for case in found.cases}
    found.embedded = {name: path for name, path in paired.sources().items() if name in used}
    return found


def _are_apart(files: Sequence[Path], images: Sequence[Path]) -> bool:
    """Whether many files and their images have folders of their own, as json/ and pictures/."""
    folders = {path.parent for path in files}
    return len(folders) < len(files) and not folders & {path.parent for path in images}


def _read_files(
    layout: LabelmeFolder, raw: Path, options: ReadOptions, problems: Problems, progress: Progress
) -> list[_Read]:
    todo = [(name, path) for name, files in layout.observers.items() for path in files]
    strangers: list[str] | None = [] if layout.nested else None
    read = []
    for observer, path in progress(todo, "Reading labels"):
        shown = shown_name(path, raw)
        content = read_labelme(path, shown, problems, options.ignore, strangers)
        if content is not None:
            read.append((observer, content))
    if strangers:
        text = f"{len(strangers)} .json file(s) that are no labelme files passed over: "
        problems.warning("all files", "", "", text + some_names(strangers, shown=3))
    return read


def _note_other_shapes(
    read: Sequence[_Read], labels: LabelMap | None, raw: Path, problems: Problems
) -> None:
    """Say which shapes were left out; one that bears a landmark's label was meant as a point."""
    kinds: Counter[str] = Counter()
    for _, content in read:
        shown = shown_name(content.path, raw)
        meant = content.misdrawn(lambda label: labels is None or labels.landmark(label) is not None)
        for label, kind in meant:
            text = MUST_BE_POINT.format(kind)
            problems.error(shown, f"label {label}", "shape_type", text)
        kinds.update(f"{label} ({kind})" for label, kind in content.others)
        kinds.subtract(f"{label} ({kind})" for label, kind in meant)
    kinds = +kinds
    if kinds:
        text = ", ".join(f"{name} {count}" for name, count in sorted(kinds.items())[:5])
        more = f" and {len(kinds) - 5} more" if len(kinds) > 5 else ""
        problems.warning("all files", "", "shapes", f"no points, left out: {text}{more}")


@dataclass
class _Paired:
    """Which image each file belongs to.

    Attributes:
        files: By image, by observer, the labelme file.
        inside: By name, pictures that lie inside labelme files.
        by_inside: By such a name, by observer, the labelme file.
    """

    files: dict[Path, dict[str, LabelmeFile]] = field(default_factory=dict)
    inside: dict[str, EmbeddedPicture] = field(default_factory=dict)
    by_inside: dict[str, dict[str, LabelmeFile]] = field(default_factory=dict)

    def images(self, raw: Path) -> list[RawImage]:
        """The images in order, those inside labelme files last."""
        found = [
            RawImage(shown_name(path, raw), path.stem, _labelled(files, raw), path=path)
            for path, files in sorted(self.files.items())
        ]
        for name, files in sorted(self.by_inside.items()):
            picture = self.inside[name]
            shown = f"{shown_name(picture.source, raw)} (imageData)"
            image = RawImage(shown, Path(name).stem, _labelled(files, raw), info=picture.info)
            image.file_name = f"images/{name}"
            found.append(image)
        return found

    def folders(self) -> list[Path]:
        """The folder of each of the images, in the same order."""
        return [
            *(path.parent for path in sorted(self.files)),
            *(self.inside[name].source.parent for name in sorted(self.by_inside)),
        ]

    def sources(self) -> dict[str, Path]:
        """Labelme file by where the picture inside it shall lie."""
        return {f"images/{name}": picture.source for name, picture in self.inside.items()}


def _labelled(files: dict[str, LabelmeFile], raw: Path) -> dict[str, Labelled]:
    return {
        observer: Labelled(shown_name(content.path, raw), content.points, content.size)
        for observer, content in files.items()
    }


def _pair(
    read: Sequence[_Read],
    index: ImageIndex,
    layout: LabelmeFolder,
    pair_by: str,
    problems: Problems,
) -> _Paired:
    paired = _Paired()
    inside: list[_Read] = []
    for observer, content in read:
        match = match_image(content, index, layout.root, pair_by, layout.apart)
        if match.path is not None:
            _note(match, content, layout.root, problems)
            files = paired.files.setdefault(match.path, {})
            _add(files, observer, content, match.path.name, layout.root, problems)
        elif match.absent and content.holds_picture:
            inside.append((observer, content))
        else:
            _note(match, content, layout.root, problems)
    _pair_inside(inside, paired, index, layout.root, problems)
    return paired


def _pair_inside(
    read: Sequence[_Read], paired: _Paired, index: ImageIndex, raw: Path, problems: Problems
) -> None:
    """Take the pictures inside labelme files whose image lies nowhere else."""
    pictures, owners = [], []
    for observer, content in read:
        try:
            pictures.append(read_embedded(content.path, content.image_path))
            owners.append((observer, content))
        except ConversionError as error:
            problems.error(shown_name(content.path, raw), "", "imageData", str(error))
    named = distinct_pictures(pictures, [path.name for path in index.paths])
    for (observer, content), picture in zip(owners, named, strict=True):
        paired.inside.setdefault(picture.name, picture)
        files = paired.by_inside.setdefault(picture.name, {})
        _add(files, observer, content, picture.name, raw, problems)
    if owners:
        text = f"{len(owners)} picture(s) inside labelme files are written to OUT/images"
        problems.warning("all files", "", "imageData", text)


def _add(
    files: dict[str, LabelmeFile],
    observer: str,
    content: LabelmeFile,
    image: str,
    raw: Path,
    problems: Problems,
) -> None:
    if observer in files:
        first = files[observer].path
        there = first.name if first.parent == content.path.parent else shown_name(first, raw)
        problems.error(
            shown_name(content.path, raw),
            f"observer {observer}",
            "imagePath",
            f"{image} is labelled in {there} already; remove one",
        )
        return
    files[observer] = content


def _note(match: Match, content: LabelmeFile, raw: Path, problems: Problems) -> None:
    if match.text:
        note = problems.error if match.path is None else problems.warning
        note(shown_name(content.path, raw), "", "imagePath", match.text)


def _read_folders(
    paired: _Paired, images: Sequence[RawImage], raw: Path, problems: Problems
) -> None:
    folders = paired.folders()
    meaning = meaning_of_folders(folders, raw)
    for image, folder in zip(images, folders, strict=True):
        image.split, image.subject = meaning.split.get(folder), meaning.subject.get(folder)
    if meaning.note:
        problems.warning("all files", "", "folders", meaning.note)
