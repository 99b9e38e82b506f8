"""Predictions and annotations of the same images, joined by file and by landmark name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..datasets.canonical import CanonicalFile, reordered
from ..errors import some_names
from ..io import one_form
from ..landmarks import LandmarkSet, find_canonical_name, suggestion
from .errors import EvaluationError
from .prediction_files import PredictedImage, PredictionFile
from .records import CephRecord, annotation_fields, compared_points

_SHOWN = 8


@dataclass(frozen=True)
class Joined:
    """What two files come to.

    Attributes:
        records: One per annotated image; NaN where a landmark is not predicted.
        left_out: Images that cannot be compared, as {"file", "reason"}.
        notes: What is missing or extra, in sentences; warnings begin with "WARNING: ".
    """

    records: list[CephRecord]
    left_out: list[dict[str, str]]
    notes: list[str]


def join(
    predictions: PredictionFile,
    annotations: CanonicalFile,
    landmark_set: LandmarkSet,
    data_root: Path | None = None,
) -> Joined:
    """Lay predictions over annotations.

    An image is found by its whole name, else by its file name alone, else by that without its
    suffix, else by its number ("7" is ``007.png``), each only where it fits one image.

    Args:
        predictions: The predictions.
        annotations: The true points.
        landmark_set: The landmarks to compare, in the report's order.
        data_root: Folder the annotations' file names start from, for the pictures.

    Raises:
        EvaluationError: No image or no landmark is in both, one image is predicted twice, or no
            image has an annotation.
        AnnotationError: The annotations lack a landmark of the set.
    """
    columns, _ = annotations.columns(landmark_set)
    keys = [find_canonical_name(name) or name for name in landmark_set.names]
    by_image, strangers = _match(predictions, [image["file_name"] for image in annotations.images])
    _require_a_landmark(predictions, keys, landmark_set.name)
    records, left_out = (
        [],
        [{"file": name, "reason": "predicted, but not in the annotations"} for name in strangers],
    )
    for image in annotations.images:
        annotation = reordered(annotations, image, columns)
        if annotation is None:
            left_out.append({"file": image["file_name"], "reason": "no annotation: not scored"})
            continue
        found = by_image.get(image["file_name"], PredictedImage(image["file_name"]))
        records.append(_record(annotation, found, keys, data_root))
    if not records:
        raise EvaluationError(f"{annotations.path}: none of its images has an annotation")
    notes = _notes(predictions, records, landmark_set, keys)
    notes += [f"WARNING: {annotations.path}: {note}" for note in annotations.notes]
    return Joined(records, left_out, notes)


def _record(
    annotation: dict[str, Any], found: PredictedImage, keys: Sequence[str], data_root: Path | None
) -> CephRecord:
    nowhere = (np.nan, np.nan)
    marks = np.array(annotation["keypoints"], np.float64).reshape(-1, 3)
    file = annotation["file_name"]
    return CephRecord(
        file=file,
        image_size=(annotation["width"], annotation["height"]),
        predicted=np.array([found.points.get(key, nowhere) for key in keys], np.float64),
        scores=np.array([found.scores.get(key, 1.0) for key in keys], np.float64),
        truth=marks[:, :2],
        visible=marks[:, 2] > 0,
        image_path=None if data_root is None else str(data_root / file),
        **annotation_fields(annotation),
    )


def _match(
    predictions: PredictionFile, files: Sequence[str]
) -> tuple[dict[str, PredictedImage], list[str]]:
    """Predictions by annotated file, and the names of those that fit none."""
    tables = [_unique(files, key) for key in (_whole, _name, _stem, _number)]
    by_file: dict[str, PredictedImage] = {}
    strangers = []
    for image in predictions.images:
        keys = (_whole(image.image), _name(image.image), _stem(image.image), _number(image.image))
        hits = (table.get(key) for table, key in zip(tables, keys, strict=True) if key)
        file = next((hit for hit in hits if hit), None)
        if file is None:
            strangers.append(image.image)
        elif file in by_file:
            raise EvaluationError(
                f"{predictions.path}: {by_file[file].image!r} and {image.image!r} are both taken "
                f"for the image {file}; keep one, or name images as the annotations do"
            )
        else:
            by_file[file] = image
    if not by_file:
        raise EvaluationError(
            f"{predictions.path}: none of its {len(predictions.images)} images (the first is "
            f"{predictions.images[0].image!r}) is in the annotations (the first there is "
            f"{files[0] if files else 'none'!r}); images are joined by file name"
        )
    return by_file, strangers


def _unique(files: Sequence[str], key: Any) -> dict[str, str]:
    """File by key, only for keys of one file."""
    keys = [key(file) for file in files]
    count = Counter(keys)
    return {k: file for k, file in zip(keys, files, strict=True) if k and count[k] == 1}


def _whole(name: str) -> str:
    return one_form(name.replace("\\", "/"))


def _name(name: str) -> str:
    return PurePosixPath(_whole(name)).name


def _stem(name: str) -> str:
    return PurePosixPath(_whole(name)).stem


def _number(name: str) -> str:
    """The number an image is called by, without leading zeros; empty for any other name."""
    stem = _stem(name)
    return str(int(stem)) if stem.isascii() and stem.isdigit() else ""


def _require_a_landmark(predictions: PredictionFile, keys: Sequence[str], set_name: str) -> None:
    named = {name for image in predictions.images for name in image.points}
    if not named & set(keys):
        first = next(iter(sorted(named)))
        raise EvaluationError(
            f"{predictions.path}: none of its landmarks ({some_names(sorted(named), _SHOWN)}) is "
            f"one of {set_name}{suggestion(first, keys)}; landmarks are joined by name"
        )


def _notes(
    predictions: PredictionFile,
    records: Sequence[CephRecord],
    landmark_set: LandmarkSet,
    keys: Sequence[str],
) -> list[str]:
    named = {name for image in predictions.images for name in image.points}
    missing = [n for n, key in zip(landmark_set.names, keys, strict=True) if key not in named]
    extra = sorted(named - set(keys))
    notes = [f"Predictions: {predictions.kind}, {len(predictions.images)} images."]
    if missing:
        notes.append(f"Landmarks without any prediction: {', '.join(missing)}.")
    if extra:
        notes.append(f"Predicted landmarks that are not in {landmark_set.name}, passed over: "
                     f"{', '.join(extra)}.")  # fmt: skip
    strange = _strange_unit(records)
    notes += [f"WARNING: {note}" for note in predictions.notes]
    return [*notes, strange] if strange else notes


def _strange_unit(records: Sequence[CephRecord]) -> str | None:
    """A warning where most points lie outside the image, or all in its first corner."""
    compared = compared_points(records)
    points = np.stack([r.predicted for r in records])[compared]
    sizes = np.repeat([r.image_size for r in records], compared.sum(axis=1), axis=0)
    if not len(points):
        return None
    outside = ((points < 0) | (points > sizes)).any(axis=1).mean()
    if (np.abs(points) <= 2.0).all():
        guess = "all predicted points lie within 2 px of the corner: are they fractions?"
    elif outside > 0.5:
        guess = f"{100 * outside:.0f} % of the predicted points lie outside their image"
    else:
        return None
    return f"WARNING: {guess} They must be px of the original image."
