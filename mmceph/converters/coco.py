"""Cases to the one canonical form: a COCO-keypoints dict (DESIGN.md, section 4)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mmceph.landmarks import LandmarkSet, landmarks_info

from .case import Case, Point
from .problems import ConversionError

_DECIMALS = 3  # a thousandth of a pixel: far below any observer's hand


def build_coco(
    cases: Sequence[Case],
    landmark_set: LandmarkSet,
    info: Mapping[str, Any] | None = None,
    ids: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Build the canonical COCO-keypoints dict.

    A landmark's place is the mean of the observers who gave it; one that nobody gave is
    ``0, 0, 0``. Each observer's own points are kept under ``observers``.

    Args:
        cases: The images with their points (px of the original image).
        landmark_set: Which landmarks to write, in this order. Points of others are left out.
        info: More entries for the ``info`` block.
        ids: Image id by ``file_name``; counted from 1 if left out.

    Raises:
        ConversionError: A case is not usable: no size, a name given twice, a point or spacing that
            is not a finite number.
    """
    if ids is None:
        ids = {case.file_name: i for i, case in enumerate(cases, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    seen: set[str] = set()
    for case in cases:
        _check(case, seen)
        image_id = ids[case.file_name]
        images.append(_image(case, image_id))
        annotations.append(_annotation(case, image_id, landmark_set.names))
    return {
        "info": {
            "description": "canonical cephalogram annotations of mmceph",
            **landmarks_info(landmark_set),
            **(info or {}),
        },
        "images": images,
        "annotations": annotations,
        "categories": [
            {
                "id": 1,
                "name": "cephalogram",
                "keypoints": list(landmark_set.names),
                "skeleton": [],
            }
        ],
    }


def flat_keypoints(points: Mapping[str, Point], names: Sequence[str]) -> list[float]:
    """Return ``x, y, v`` for each name in turn: v is 2 where the point is given, else 0, 0, 0."""
    flat: list[float] = []
    for name in names:
        if name in points:
            x, y = points[name]
            flat += [round(float(x), _DECIMALS), round(float(y), _DECIMALS), 2]
        else:
            flat += [0, 0, 0]
    return flat


def _image(case: Case, image_id: int) -> dict[str, Any]:
    return {
        "id": image_id,
        "file_name": case.file_name,
        "width": int(case.width),
        "height": int(case.height),
        "spacing": None if case.spacing is None else [float(s) for s in case.spacing],
        "spacing_source": case.spacing_source if case.spacing is not None else None,
        "device": case.device,
        "subject": case.subject,
    }


def _annotation(case: Case, image_id: int, names: Sequence[str]) -> dict[str, Any]:
    consensus = {name: point for name in names if (point := case.consensus(name)) is not None}
    keypoints = flat_keypoints(consensus, names)
    return {
        **case.extra,
        "id": image_id,
        "image_id": image_id,
        "category_id": 1,
        "keypoints": keypoints,
        "num_keypoints": len(consensus),
        "bbox": [0, 0, int(case.width), int(case.height)],
        "area": int(case.width) * int(case.height),
        "iscrowd": 0,
        "observers": {
            observer: flat_keypoints(points, names) for observer, points in case.observers.items()
        },
    }


def _check(case: Case, seen: set[str]) -> None:
    if case.file_name in seen:
        raise ConversionError(f"{case.file_name}: the image comes twice; keep one of the two")
    seen.add(case.file_name)
    if case.width <= 0 or case.height <= 0:
        raise ConversionError(f"{case.file_name}: image size {case.width}x{case.height} is empty")
    spacing = case.spacing
    if spacing is not None and not (
        len(spacing) == 2 and all(math.isfinite(s) and s > 0 for s in spacing)
    ):
        raise ConversionError(
            f"{case.file_name}: spacing {spacing} must be two positive numbers of mm per px, "
            "or null where it is not known"
        )
    given = {**case.observers, **({} if case.truth is None else {"truth": case.truth})}
    for observer, points in given.items():
        for name, point in points.items():
            if not all(math.isfinite(value) for value in point):
                raise ConversionError(
                    f"{case.file_name}, {observer}, {name}: {point} is no point; leave it out"
                )
