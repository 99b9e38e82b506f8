"""From what a reader found to checked cases: the part that all formats share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mmceph.analysis.human_range import FACE_LENGTHS
from mmceph.analysis.plausibility import check_scale, describe_scale, scales_by_device
from mmceph.errors import some_names
from mmceph.imaging import PixelSize

from .case import Case, Point
from .images import ImageInfo, read_image_info, relative_file_name
from .labels import LabelMap
from .observer_points import resolve_points
from .placeholders import Tracing, take_out_placeholders
from .problems import ConversionError, Problems, printable
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions
from .review import report_leaks, review_cases
from .subjects import assign_subjects

_DOUBTS = {
    "stated": "it does not say whether that holds at the patient or at the detector",
    "detector": "that is the detector's, so lengths come out too long by the magnification",
}


def collect(
    images: Sequence[RawImage],
    labels: LabelMap,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
    """Decode the images, resolve their labels, and look everything over; nothing is written.

    Args:
        images: What the reader found.
        labels: What the labels mean.
        out: The data root the cases' ``file_name`` shall be relative to.
        options: How to read.
        problems: Where problems are noted.
        progress: Shows progress.

    Raises:
        ConversionError: No image is left, or problems were found and are not to be skipped.
    """
    found = RawData([], labels.landmark_set, num_images=len(images))
    images = _placed(images, labels, problems)
    shown: dict[str, str] = {}
    digests: dict[str, str] = {}
    sizes: list[PixelSize] = []
    for image in progress(images, "Reading images"):
        file_name = _file_name(image, out, problems)
        info = _info(image, problems)
        if file_name is None or info is None:
            continue
        case = _case(image, file_name, info, labels, options, problems)
        if case is None:
            continue
        if file_name in shown:
            problems.error(image.shown, "", "", f"is {shown[file_name]} once more; remove one")
            continue
        if info.pixel_size is not None and case.spacing_source == info.pixel_size.source:
            if doubts := _doubts(case):
                text = f"{case.spacing_source} {_said(case)} {doubts}; mm per px stay unknown"
                problems.warning(image.shown, "", "spacing", text)
                case = replace(case, spacing=None, spacing_source=None)
            else:
                sizes.append(info.pixel_size)
        found.cases.append(case)
        shown[file_name], digests[file_name] = image.shown, info.digest
        if image.path is not None:
            found.sources[file_name] = image.path
        if image.split is not None:
            found.home[file_name] = image.split
    _note_shared_stems(images, found.cases, shown, problems)
    found.cases = assign_subjects(found.cases, options.subjects, problems)
    found.cases = review_cases(found.cases, labels.landmark_set, digests, shown, problems)
    report_leaks(found.cases, found.home, shown, problems)
    _note_stated_sizes(sizes, problems)
    _check_scales(found.cases, problems)
    problems.raise_if_strict()
    if not found.cases:
        raise ConversionError("no image is left; see the problems listed")
    return found


def _placed(images: Sequence[RawImage], labels: LabelMap, problems: Problems) -> list[RawImage]:
    """Take out labels to ignore, and points that nobody placed."""
    parts = [
        (number, name, labelled)
        for number, image in enumerate(images)
        for name, labelled in (*image.observers.items(), (None, image.truth))
        if labelled is not None
    ]
    tracings = [
        Tracing(
            labelled.shown,
            [(label, place) for label, place in labelled.points if label not in labels.ignore],
            name or "",
        )
        for _, name, labelled in parts
    ]
    found = take_out_placeholders(tracings, landmark=labels.landmark)
    for text in labels.numbering.notes() if labels.numbering else ():
        problems.warning("all files", "", "label", text)
    for label, text in found.notes:
        problems.warning("all files", f"label {label}", "", text)
    for tracing, text in found.shares:
        problems.error(tracing.shown, "", "points", text)
    cleaned = [replace(image, observers=dict(image.observers)) for image in images]
    for (number, name, labelled), points in zip(parts, found.points, strict=True):
        placed = replace(labelled, points=tuple(points))
        if name is None:
            cleaned[number].truth = placed
        else:
            cleaned[number].observers[name] = placed
    return cleaned


def _file_name(image: RawImage, out: Path, problems: Problems) -> str | None:
    if image.file_name is not None:
        return image.file_name
    assert image.path is not None
    name = relative_file_name(image.path, out)
    try:
        name.encode()
    except UnicodeEncodeError:  # bytes that are no text, which JSON cannot hold
        problems.error(image.shown, "", "", "the path is no valid Unicode text; rename the file")
        return None
    return name


def _info(image: RawImage, problems: Problems) -> ImageInfo | None:
    if image.info is not None or image.path is None:
        return image.info
    try:
        info = read_image_info(image.path)
    except ConversionError as error:
        problems.error(image.shown, "", "", str(error))
        return None
    for note in info.notes:
        problems.warning(image.shown, "", "", note)
    return info


def _case(
    image: RawImage,
    file_name: str,
    info: ImageInfo,
    labels: LabelMap,
    options: ReadOptions,
    problems: Problems,
) -> Case | None:
    observers = {
        printable(observer): points
        for observer, labelled in image.observers.items()
        if (points := _points(labelled, info, labels, options, problems))
    }
    truth = None
    if image.truth is not None:
        truth = _points(image.truth, info, labels, options, problems)
    spacing, source = _spacing(image, info, options)
    return Case(
        file_name=file_name,
        width=info.width,
        height=info.height,
        observers=observers,
        spacing=spacing,
        spacing_source=source,
        device=printable(options.device or image.device or "") or None,
        subject=printable(image.subject or image.stem),
        truth=truth,
        extra=image.extra,
    )


def _spacing(
    image: RawImage, info: ImageInfo, options: ReadOptions
) -> tuple[tuple[float, float] | None, str | None]:
    """Return mm per px and its source: the user's, the data set's, or the image file's own."""
    if options.spacing:
        return options.spacing, "user"
    if image.spacing:
        return image.spacing, printable(image.spacing_source or "") or None
    if info.pixel_size is not None:
        return info.pixel_size.spacing, info.pixel_size.source
    return None, None


def _note_shared_stems(
    images: Sequence[RawImage],
    cases: Sequence[Case],
    shown: Mapping[str, str],
    problems: Problems,
) -> None:
    """Say which images of several folders are one subject because they have one name."""
    alone = {image.shown for image in images if image.subject is None}
    counts = Counter(case.subject for case in cases if shown[case.file_name] in alone)
    names = [subject for subject, count in counts.items() if count > 1 and subject]
    if names:
        text = (
            f"{len(names)} name(s) stand for several images, taken for one subject each: "
            f"{some_names(names, shown=3)}; --subjects says otherwise"
        )
        problems.warning("all files", "", "subject", text)


def _note_stated_sizes(sizes: Sequence[PixelSize], problems: Problems) -> None:
    """Say which millimetres come from the image files, and what they are worth."""
    for (source, kind), count in Counter((size.source, size.kind) for size in sizes).items():
        text = f"mm per px of {count} image(s) from the file's own {source}"
        if kind in _DOUBTS:
            text += f": {_DOUBTS[kind]}"
        problems.warning("all files", "", "spacing", text)


def _points(
    labelled: Labelled,
    info: ImageInfo,
    labels: LabelMap,
    options: ReadOptions,
    problems: Problems,
) -> dict[str, Point]:
    size = (info.width, info.height)
    if labelled.size is not None and labelled.size != size:
        problems.error(
            labelled.shown,
            "",
            "image size",
            f"{labelled.size[0]}x{labelled.size[1]}, but the image has {size[0]}x{size[1]} px; "
            "label it again at that size or put the original image back",
        )
        return {}
    points = labelled.points
    if labelled.percent:
        points = tuple((n, (x / 100 * size[0], y / 100 * size[1])) for n, (x, y) in points)
    resolved = resolve_points(
        points, size, labels, labelled.shown, problems, options.on_duplicate, options.tolerance
    )
    if not resolved:
        problems.warning(labelled.shown, "", "", "holds no landmark; left out")
    return resolved


def _doubts(case: Case) -> str:
    """Why a case's mm per px fit no human; empty where they may be right."""
    if case.spacing is None:
        return ""
    points = {name: case.consensus(name) for length in FACE_LENGTHS for name in length.ends}
    doubts = check_scale(points, case.spacing).doubts
    return f"fits no human: {', '.join(doubts)}" if doubts else ""


def _said(case: Case) -> str:
    return "" if case.spacing is None else f"{case.spacing[0]:g} x {case.spacing[1]:g}"


def _check_scales(cases: Sequence[Case], problems: Problems) -> None:
    for scale in scales_by_device(sella_nasion(cases)):
        if not scale.plausible:
            problems.warning(
                "all files", f"device {scale.device}", "spacing", describe_scale(scale)
            )
    for case in cases:
        if doubts := _doubts(case):
            problems.warning(case.file_name, "", "spacing", f"{_said(case)} {doubts}")


def sella_nasion(
    cases: Sequence[Case],
) -> list[tuple[str | None, tuple[float, float] | None, Point | None, Point | None]]:
    """Return device, spacing, Sella and Nasion of each case, for the plausibility check."""
    return [(c.device, c.spacing, c.consensus("S"), c.consensus("N")) for c in cases]
