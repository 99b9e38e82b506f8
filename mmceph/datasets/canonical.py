"""Reading the canonical COCO JSON, with one clear error for whatever is not right in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mmengine.fileio import exists, get
from numpy.typing import NDArray

from mmceph.converters.coco import flat_keypoints
from mmceph.converters.placeholders import Tracing, take_out_placeholders
from mmceph.errors import AnnotationError, some_names
from mmceph.formats.annotation_set import check_file
from mmceph.formats.item import brief
from mmceph.io.text import TextError, decode_text, parse_json
from mmceph.landmarks import LandmarkSet, find_canonical_name, flag_for_annotations, suggestion

_LARGEST_ID = 2**53
_LARGEST_PX = 1e12
CONVERT = "write it with a converter of tools/dataset_converters (labelme.py, ...)"


@dataclass(frozen=True)
class CanonicalFile:
    """A checked canonical file.

    Attributes:
        path: Where it lies.
        names: The landmark names of ``categories[0].keypoints``.
        categories: The categories as they are.
        images: The images, in file order.
        annotations: The one annotation of each image by image id, without the points that nobody
            placed.
        notes: What was taken out of them, and what else is to be known, in sentences.
    """

    path: str
    names: tuple[str, ...]
    categories: list[dict[str, Any]]
    images: list[dict[str, Any]]
    annotations: dict[Any, dict[str, Any]]
    notes: tuple[str, ...] = ()

    def columns(self, landmark_set: LandmarkSet) -> tuple[list[int], list[str]]:
        """Return where each landmark of a set stands in this file, and which names are over.

        Raises:
            AnnotationError: The file lacks a landmark of the set.
        """
        place = {find_canonical_name(name) or name: i for i, name in enumerate(self.names)}
        columns, missing = [], []
        for name in landmark_set.names:
            column = place.pop(find_canonical_name(name) or name, None)
            if column is None:
                missing.append(name)
            else:
                columns.append(column)
        over = [self.names[i] for i in place.values()]
        if missing:
            also = f", and has {some_names(over, 8)} besides" if over else ""
            near = suggestion(missing[0], self.names)
            flag = flag_for_annotations(self.path, self.names)
            raise AnnotationError(
                f"{self.path}: lacks {some_names(missing, 8)} of {landmark_set.name}'s "
                f"{len(landmark_set)} landmarks{also}{near}{' For' if near else '; for'} the "
                f"{len(self.names)} that it has give {flag}"
            )
        return columns, over


def read_canonical(path: str) -> CanonicalFile:
    """Read and check an annotation file.

    Args:
        path: The file, or an address mmengine's file backends know.

    Raises:
        FileNotFoundError: There is no such file.
        AnnotationError: It is not in the canonical form; the message names the file, what is wrong
            and what to do.
    """
    if not path or not exists(path):
        raise FileNotFoundError(
            f"annotation file {path!r} does not exist; check data_root and ann_file, or {CONVERT}"
        )
    try:
        data = get(path)
        found = decode_text(data)
        content = parse_json(found.text)
    except TextError as error:
        raise _bad(path, str(error)) from error
    if not isinstance(content, dict):
        raise _bad(path, "the file holds no JSON object")
    for key in ("images", "annotations", "categories"):
        if not isinstance(content.get(key), list) or not all(
            isinstance(entry, dict) for entry in content[key]
        ):
            raise _bad(path, f"{key!r} is missing or is no list of objects")
    names = _names(path, content["categories"])
    images = content["images"]
    ids: set[Any] = set()
    for number, image in enumerate(images):
        _check_image(path, f"images[{number}]", image)
        if image["id"] in ids:
            raise _bad(path, f"images[{number}].id {image['id']} stands twice")
        ids.add(image["id"])
    annotations: dict[Any, dict[str, Any]] = {}
    for number, annotation in enumerate(content["annotations"]):
        _check_annotation(path, f"annotations[{number}]", annotation, len(names))
        image_id = annotation["image_id"]
        if image_id not in ids:
            raise _bad(path, f"annotations[{number}].image_id {image_id} is no image's id")
        if image_id in annotations:
            raise _bad(path, f"annotations[{number}]: image {image_id} has two annotations")
        annotations[image_id] = annotation
    by_id = {image["id"]: image["file_name"] for image in images}
    notes = [note for note in (check_file(path, data, content), found.note) if note]
    notes += _take_out_placeholders(path, names, by_id, annotations)
    return CanonicalFile(path, names, content["categories"], images, annotations, tuple(notes))


def other_boxes(file: CanonicalFile) -> list[str]:
    """The names of the images whose annotation has a box that is not the whole image."""
    found = []
    for image in file.images:
        annotation = file.annotations.get(image["id"], {})
        whole = [0, 0, image["width"], image["height"]]
        if annotation.get("bbox", whole) != whole:
            found.append(image["file_name"])
    return found


def reordered(
    file: CanonicalFile, image: dict[str, Any], columns: Sequence[int]
) -> dict[str, Any] | None:
    """Return an image's annotation in another landmark order, with what the report needs.

    Args:
        file: The canonical file.
        image: One of its images.
        columns: The wanted landmarks' places in the file.

    Returns:
        A COCO annotation (keypoints flat, x y v in px; the box is the whole image) with
        ``file_name``, ``width``, ``height``, ``spacing``, ``spacing_source``, ``device``,
        ``subject`` and ``observers`` (by name a list of K triples); None for an image without
        annotation.
    """
    annotation = file.annotations.get(image["id"])
    if annotation is None:
        return None
    points = _points(annotation["keypoints"])[list(columns)]
    width, height = image["width"], image["height"]
    spacing = image.get("spacing")
    return {
        "id": annotation["id"],
        "image_id": image["id"],
        "category_id": annotation.get("category_id", 1),
        "keypoints": points.reshape(-1).tolist(),
        "num_keypoints": int((points[:, 2] > 0).sum()),
        # Not the file's box: the extent of the landmarks would give the truth away in tests, and
        # prediction, which has no box, would show the model another picture.
        "bbox": [0, 0, width, height],
        "area": width * height,
        "iscrowd": annotation.get("iscrowd", 0),
        "file_name": image["file_name"],
        "width": width,
        "height": height,
        "spacing": [spacing, spacing] if isinstance(spacing, (int, float)) else spacing,
        "spacing_source": image.get("spacing_source"),
        "device": image.get("device"),
        "subject": image.get("subject"),
        "observers": {
            name: _points(flat)[list(columns)].tolist()
            for name, flat in (annotation.get("observers") or {}).items()
        },
    }


def _bad(path: str, what: str) -> AnnotationError:
    return AnnotationError(f"{path}: {what}; the file is not in mmceph's canonical form, {CONVERT}")


def _points(flat: Sequence[float]) -> NDArray[np.float64]:
    """Return flat x y v as an array of shape (K, 3); a missing point is 0, 0, 0."""
    points = np.asarray(flat, dtype=np.float64).reshape(-1, 3)
    return np.where(points[:, 2:] > 0, points, 0.0)


def _take_out_placeholders(
    path: str, names: Sequence[str], files: dict[Any, str], annotations: dict[Any, dict[str, Any]]
) -> list[str]:
    """Make points that nobody placed missing in each annotation, and say which.

    Raises:
        AnnotationError: An annotation holds shares of the picture instead of px.
    """
    places: list[tuple[Any, str | None]] = []
    tracings = []
    for image_id, annotation in annotations.items():
        flats = {None: annotation["keypoints"], **(annotation.get("observers") or {})}
        for observer, flat in flats.items():
            triples = np.asarray(flat, dtype=np.float64).reshape(-1, 3)
            points = [
                (name, (float(x), float(y)))
                for name, (x, y, visible) in zip(names, triples, strict=True)
                if visible > 0
            ]
            places.append((image_id, observer))
            tracings.append(Tracing(files[image_id], points, observer or ""))
    found = take_out_placeholders(tracings)
    for tracing, text in found.shares:
        raise AnnotationError(f"{path}: {tracing.shown}: {text}")
    for (image_id, observer), tracing, kept in zip(places, tracings, found.points, strict=True):
        if len(kept) == len(tracing.points):
            continue
        flat = flat_keypoints(dict(kept), names)
        annotation = annotations[image_id]
        if observer is None:
            annotation = {**annotation, "keypoints": flat}
        else:
            annotation = {**annotation, "observers": {**annotation["observers"], observer: flat}}
        annotations[image_id] = annotation
    return [f"{label} {text}" for label, text in found.notes]


def _names(path: str, categories: list[dict[str, Any]]) -> tuple[str, ...]:
    names = categories[0].get("keypoints") if categories else None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise _bad(path, "categories[0].keypoints is no list of landmark names")
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(find_canonical_name(name) or name, name)
        if other is not name or names.count(name) > 1:
            raise _bad(path, f"categories[0].keypoints: {other!r} and {name!r} are one landmark")
    return tuple(names)


def _check_image(path: str, item: str, image: dict[str, Any]) -> None:
    if not _is_whole(image.get("id"), -_LARGEST_ID):
        raise _bad(path, f"{item}.id is {brief(image.get('id'))}, not a whole number")
    if not isinstance(image.get("file_name"), str) or not image["file_name"]:
        raise _bad(path, f"{item}.file_name is {brief(image.get('file_name'))}")
    for key in ("width", "height"):
        if not _is_whole(image.get(key), 1):
            raise _bad(path, f"{item}.{key} is {brief(image.get(key))}, no size in px")
    spacing = image.get("spacing")
    if spacing is None:
        return
    values = spacing if isinstance(spacing, list) else [spacing, spacing]
    if len(values) != 2 or not all(_is_spacing(value) for value in values):
        shown = values if len(values) == 2 else brief(spacing)
        raise _bad(path, f"{item}.spacing is {shown}, neither null nor [sx, sy] in mm per px")


def _check_annotation(path: str, item: str, annotation: dict[str, Any], count: int) -> None:
    for key in ("id", "image_id"):
        if not _is_whole(annotation.get(key), -_LARGEST_ID):
            raise _bad(path, f"{item}.{key} is {brief(annotation.get(key))}, not a whole number")
    for place, flat in _flat_lists(path, item, annotation):
        try:
            values = np.asarray(flat, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            values = np.empty(0)
        if values.shape != (3 * count,) or not (np.abs(values) <= _LARGEST_PX).all():
            raise _bad(
                path, f"{place} is not 3 x {count} finite numbers (x, y, v of each landmark)"
            )


def _flat_lists(path: str, item: str, annotation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield f"{item}.keypoints", annotation.get("keypoints")
    observers = annotation.get("observers") or {}
    if not isinstance(observers, dict):
        raise _bad(path, f"{item}.observers is no object of points by observer")
    for name, flat in observers.items():
        yield f"{item}.observers.{name}", flat


def _is_spacing(value: Any) -> bool:
    """Whether a value can be mm per px at all; whether it is right is seen on the picture."""
    return type(value) in (int, float) and 1e-6 <= value <= 1e6


def _is_whole(value: Any, least: int) -> bool:
    return type(value) is int and least <= value <= _LARGEST_ID
