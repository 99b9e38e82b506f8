"""Reading a JSON or text file of unknown quality."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, TypeGuard

from mmceph.io import text
from mmceph.io.text import ALL_IMAGES, ONE_IMAGE, Note, TextError

from .problems import ConversionError

__all__ = [
    "ALL_IMAGES",
    "ONE_IMAGE",
    "brief",
    "is_number",
    "read_json",
    "read_text",
    "stated_size",
]


def read_text(path: Path, limit: int = ONE_IMAGE, note: Note | None = None) -> str:
    """Return a file's text in whatever encoding; see :func:`mmceph.io.text.read_text`.

    Raises:
        ConversionError: It cannot be read, is empty or too large, or is no text.
    """
    try:
        return text.read_text(path, limit, note)
    except TextError as error:
        raise ConversionError(str(error)) from error


def read_json(path: Path, limit: int = ONE_IMAGE, note: Note | None = None) -> Any:
    """Return what a JSON file holds; see :func:`mmceph.io.text.read_json`.

    Raises:
        ConversionError: As for :func:`read_text`, or it is no JSON.
    """
    try:
        return text.read_json(path, limit, note)
    except TextError as error:
        raise ConversionError(str(error)) from error


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a JSON value is a finite number (true and false are none)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def stated_size(entry: dict[str, Any], width: str, height: str) -> tuple[int, int] | None:
    """Return the image size in px stated under two keys, or None where one is not there.

    Raises:
        ConversionError: One of them is no size.
    """
    values = []
    for key in (width, height):
        value = entry.get(key)
        if value is None:
            return None
        if not is_number(value) or value != int(value) or value <= 0:
            raise ConversionError(f"{key} is {brief(value)}, which is no size in px")
        values.append(int(value))
    return values[0], values[1]


def brief(value: Any) -> str:
    """Return a value as it may stand in a message."""
    try:
        written = repr(value)
    except ValueError:  # an integer of too many digits to be written
        return "a number of thousands of digits"
    return written if len(written) <= 60 else written[:57] + "..."
