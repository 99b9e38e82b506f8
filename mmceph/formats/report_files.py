"""``report.json`` and ``predictions.json`` of a test, as they must be to be read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import MmcephError
from .item import FormatError, Item, open_json

SCHEMA = 1
_HINT = "it is damaged, or none that tools/test.py or eval_metric.py wrote"
_FIGURES = ("mre_mm", "mre_px", "sd_mm")


def read_report(path: str | Path, error: type[MmcephError] = FormatError) -> dict[str, Any]:
    """Read a report.json.

    Returns:
        Its content: ``landmarks`` holds an object of figures by name, ``images`` rows of ``file``
        and ``mre_mm``.

    Raises:
        MmcephError: Of the class ``error``: what mmceph reads of it is not what it must be.
    """
    report = open_json(path, error, schema=SCHEMA, hint=_HINT)
    _check_figures(report["landmarks"])
    _check_images(report["images"])
    if (baselines := report.get("baselines")) is not None:
        for baseline in baselines.entries().values():
            if baseline.value is not None:
                _check_figures(baseline["landmarks"])
    if (checksum := report.get("checkpoint_sha256")) is not None:
        checksum.text()
    return report.value


def _check_figures(landmarks: Item) -> None:
    rows = landmarks.entries()
    if not rows:
        landmarks.fail("is empty")
    for row in rows.values():
        for key in _FIGURES:
            if (figure := row.get(key)) is not None:
                figure.number(0.0)
        if (count := row.get("n")) is not None:
            count.whole()
        if (group := row.get("group")) is not None:
            group.text(("difficult", "healthy"))


def _check_images(images: Item) -> None:
    seen: set[str] = set()
    for row in images:
        _once(row["file"], seen)
        if (mean := row.nullable("mre_mm")) is not None:
            mean.number(0.0)


def read_predictions(path: str | Path, error: type[MmcephError] = FormatError) -> dict[str, Any]:
    """Read a predictions.json.

    Returns:
        Its content: ``landmark_names`` (K) and rows of ``file``, ``width``, ``height``,
        ``spacing`` (null or two), ``keypoints`` (K, 2; null where there is none), ``scores`` (K)
        and ``truth`` (K, 3), px.

    Raises:
        MmcephError: Of the class ``error``: what mmceph reads of it is not what it must be.
    """
    predictions = open_json(path, error, schema=SCHEMA, hint=_HINT)
    count = len(predictions["landmark_names"].names())
    seen: set[str] = set()
    for row in predictions["images"]:
        _once(row["file"], seen)
        for key in ("width", "height"):
            row[key].whole(1)
        if (spacing := row.nullable("spacing")) is not None:
            spacing.spacing()
        for point in row["keypoints"].items(count):
            for value in point.items(2):
                if value.value is not None:
                    value.number()
        row["scores"].numbers(count)
        for mark in row["truth"].items(count):
            mark.numbers(3)
    if (checksum := predictions.get("checkpoint_sha256")) is not None:
        checksum.text()
    return predictions.value


def _once(file: Item, seen: set[str]) -> None:
    if file.name() in seen:
        file.fail(f"is {file.value!r} again")
    seen.add(file.value)
