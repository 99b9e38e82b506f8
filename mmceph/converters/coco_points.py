"""The landmarks of COCO annotations, however they are spread over categories and annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mmceph.landmarks import find_canonical_name

from .case import Point
from .json_file import brief, is_number
from .problems import ConversionError, Problems

Points = tuple[tuple[str, Point], ...]


@dataclass
class Category:
    """What annotations of one category hold.

    Attributes:
        name: Its name.
        labels: The label of each key point; None where the file does not say.
    """

    name: str
    labels: tuple[str, ...] | None = None


@dataclass
class ImagePoints:
    """What a file says of one image.

    Attributes:
        points: Label and place (px) of each visible key point of all its annotations.
        categories: Which categories gave points.
        annotation: The first annotation with points, for what else it holds.
        labels: The labels of that annotation's key points.
    """

    points: list[tuple[str, Point]] = field(default_factory=list)
    categories: list[Any] = field(default_factory=list)
    annotation: dict[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


class NoKeyPoints(ConversionError):
    """A COCO file that does not say what its key points are, if it has any."""


def read_categories(content: dict[str, Any]) -> dict[Any, Category]:
    """Return the categories by id, with the labels of their key points.

    Where each landmark has a category of its own, the category's name is the label, unless the key
    points' names are different from each other and more of them are landmarks.

    Raises:
        NoKeyPoints: No category has any.
        ConversionError: A category's key points are no names.
    """
    found: dict[Any, Category] = {}
    for number, entry in enumerate(content["categories"]):
        labels = _labels(entry.get("keypoints"), f"categories[{number}].keypoints")
        name = entry.get("name")
        key = entry.get("id") if _is_id(entry.get("id")) else f"categories[{number}]"
        found[key] = Category(name.strip() if isinstance(name, str) else "", labels)
    with_one = {
        annotation.get("category_id")
        for annotation in content["annotations"]
        if _is_id(annotation.get("category_id"))
        and isinstance(annotation.get("keypoints"), list)
        and len(annotation["keypoints"]) == 3
    }
    single = [
        category
        for key, category in found.items()
        if (category.labels is None and key in with_one)
        or (category.labels is not None and len(category.labels) == 1)
    ]
    if len(single) > 1 or any(category.labels is None for category in single):
        _name_single(single)
    if not any(category.labels for category in found.values()):
        raise NoKeyPoints(
            "categories[0].keypoints is no list of landmark names; write them there in the order "
            "of the key points"
        )
    return found


def read_points(
    content: dict[str, Any], categories: dict[Any, Category], shown: str, problems: Problems
) -> dict[Any, ImagePoints]:
    """Return what the annotations say of each image, by the image's id.

    Annotations of several categories are laid together; one without a visible key point, such as a
    box, is left out with a note.

    Args:
        content: The COCO file.
        categories: Its categories.
        shown: How to call the file in messages.
        problems: Where annotations that cannot be used are noted as errors.
    """
    ids = {image.get("id") for image in content["images"] if _is_id(image.get("id"))}
    found: dict[Any, ImagePoints] = {}
    empty: Counter[str] = Counter()
    for number, annotation in enumerate(content["annotations"]):
        item = f"annotations[{number}]"
        image_id = annotation.get("image_id")
        if not _is_id(image_id) or image_id not in ids:
            problems.error(shown, item, "image_id", f"{brief(image_id)} is no image's id")
            continue
        flat = annotation.get("keypoints")
        if flat is None or flat == []:
            empty["without key points"] += 1
            continue
        try:
            key, labels = _category(annotation, categories)
            points = visible_points(flat, labels)
        except ConversionError as error:
            problems.error(shown, item, "", str(error))
            continue
        if not points:
            empty["whose key points are all marked as missing"] += 1
            continue
        image = found.setdefault(image_id, ImagePoints(annotation=annotation, labels=labels))
        if key in image.categories and len(labels) > 1:
            problems.error(shown, item, "", f"image {image_id} has two annotations; keep one")
            continue
        image.categories.append(key)
        image.points += points
    for what, count in empty.items():
        problems.warning(shown, "annotations", "", f"{count} {what} left out")
    return found


def visible_points(flat: Any, labels: Sequence[str], whose: str = "") -> Points:
    """Return label and place of the key points whose visibility is above 0.

    Raises:
        ConversionError: They are not three finite numbers for each label.
    """
    if not isinstance(flat, list) or len(flat) != 3 * len(labels) or not all(map(is_number, flat)):
        raise ConversionError(
            f"keypoints{whose} are not 3 x {len(labels)} finite numbers (x, y, v of each landmark)"
        )
    triples = zip(labels, flat[::3], flat[1::3], flat[2::3], strict=True)
    return tuple((label, (float(x), float(y))) for label, x, y, v in triples if v > 0)


def _labels(written: Any, where: str) -> tuple[str, ...] | None:
    if written is None or written == []:
        return None
    if not isinstance(written, list) or not all(isinstance(name, str) for name in written):
        raise ConversionError(f"{where} is no list of landmark names")
    if len(set(written)) != len(written):
        raise ConversionError(f"{where}: a name stands twice")
    return tuple(written)


def _name_single(categories: Sequence[Category]) -> None:
    """Choose what names the one key point of each category: the category, or the key point."""
    own = [category.labels[0] if category.labels else "" for category in categories]
    names = [category.name for category in categories]
    known, known_names = (
        sum(find_canonical_name(text) is not None for text in texts) for texts in (own, names)
    )
    by_points = len(set(own)) == len(own) and all(own) and known > known_names
    for category, label, name in zip(categories, own, names, strict=True):
        category.labels = (label if by_points else name,)
    if not by_points and (not all(names) or len(set(names)) < len(names)):
        raise ConversionError(
            "each landmark has a category of its own, but these have no names or one name twice"
        )


def _category(
    annotation: dict[str, Any], categories: dict[Any, Category]
) -> tuple[Any, tuple[str, ...]]:
    """Return an annotation's category and its labels.

    Where only one category has key points, an annotation of no other with any means that one.
    """
    written = annotation.get("category_id")
    category = categories.get(written) if _is_id(written) else None
    if category is not None and category.labels:
        return written, category.labels
    able = [(key, other.labels) for key, other in categories.items() if other.labels]
    if len(able) == 1:
        key, labels = able[0]
        assert labels is not None
        return key, labels
    what = "names no key points" if category is not None else "is not there"
    raise ConversionError(f"category_id {brief(written)}: that category {what}")


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)
