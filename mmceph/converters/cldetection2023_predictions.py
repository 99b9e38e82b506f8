"""The prediction file of the CL-Detection2023 challenge, read and written.

Source of the format: https://github.com/cwwang1979/CL_detection2023_reference_docker
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmceph.io import json_bytes, json_with, write_own_file
from mmceph.landmarks import find_canonical_name

from .case import Point
from .cldetection2023 import LANDMARKS, parse_point
from .json_file import ALL_IMAGES, brief, is_number, read_json
from .problems import ConversionError


def read_predictions(path: str | Path) -> dict[int, dict[str, Point]]:
    """Read a prediction file (``orthodontic-landmarks.json``).

    Returns:
        By 1-based image number, by landmark: x and y in px.

    Raises:
        ConversionError: The file is not in the challenge's form; the message names the entry.
    """
    path = Path(path)
    content = _read(path)
    entries = content.get("points") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ConversionError(f"{path}: has no list 'points'; it is no prediction file")
    found: dict[int, dict[str, Point]] = {}
    for position, entry in enumerate(entries):
        try:
            image, name, point = parse_point(entry)
        except ConversionError as error:
            raise ConversionError(f"{path}, points[{position}]: {error}") from error
        points = found.setdefault(image, {})
        if name in points:
            raise ConversionError(f"{path}, points[{position}]: image {image} has {name} already")
        points[name] = point
    return found


def challenge_form(predictions: Mapping[int, Mapping[str, Point]]) -> dict[str, Any]:
    """Return predictions as the challenge wants them.

    Args:
        predictions: By 1-based image number, by landmark: x and y in px.

    Raises:
        ConversionError: An image lacks one of the 38 landmarks.
    """
    points: list[dict[str, Any]] = []
    for image in sorted(predictions):
        places = {find_canonical_name(name) or name: p for name, p in predictions[image].items()}
        missing = [name for name in LANDMARKS.names if name not in places]
        if missing:
            raise ConversionError(f"image {image}: no prediction for {', '.join(missing)}")
        for number, name in enumerate(LANDMARKS.names, 1):
            x, y = places[name]
            points.append({"name": str(number), "point": [float(x), float(y), image]})
    return {
        "name": "Orthodontic landmarks",
        "type": "Multiple points",
        "points": points,
        "version": {"major": 1, "minor": 0},
    }


def write_predictions(predictions: Mapping[int, Mapping[str, Point]], path: str | Path) -> Path:
    """Write predictions as the challenge wants them; see :func:`challenge_form`.

    Raises:
        ConversionError: An image lacks one of the 38 landmarks.
        OwnershipError: Something else lies there.
    """
    known = json_with("name", "type", "points", "version")
    content = json_bytes(challenge_form(predictions))
    return write_own_file(path, content, "challenge predictions", recognise=known)


def from_report(path: str | Path) -> dict[int, dict[str, Point]]:
    """Read the ``predictions.json`` of ``tools/test.py`` on converted challenge images.

    The image number is what the converter named the picture by (``images/007.png`` is 7).

    Raises:
        ConversionError: It is no such file, or an image's name is no number.
    """
    path = Path(path)
    content = _read(path)
    names = content.get("landmark_names") if isinstance(content, dict) else None
    images = content.get("images") if isinstance(content, dict) else None
    if not isinstance(names, list) or not isinstance(images, list):
        raise ConversionError(f"{path}: is no predictions.json of tools/test.py")
    found: dict[int, dict[str, Point]] = {}
    for position, entry in enumerate(images):
        file = entry.get("file") if isinstance(entry, dict) else None
        number = re.fullmatch(r"(?:.*[/\\])?0*([1-9][0-9]{0,6})\.\w+", str(file))
        if number is None:
            raise ConversionError(f"{path}, images[{position}]: {brief(file)} names no number")
        points = entry.get("keypoints")
        if (
            not isinstance(points, list)
            or len(points) != len(names)
            or not all(map(_is_pair, points))
        ):
            raise ConversionError(f"{path}, {file}: keypoints are not {len(names)} pairs of px")
        if int(number[1]) in found:
            raise ConversionError(f"{path}, {file}: image {number[1]} comes twice")
        found[int(number[1])] = {
            str(name): (float(x), float(y)) for name, (x, y) in zip(names, points, strict=True)
        }
    return found


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


def _read(path: Path) -> Any:
    try:
        return read_json(path, ALL_IMAGES)
    except ConversionError as error:
        raise ConversionError(f"{path}: {error}") from error
