"""Reading a JSON or text file of unknown quality."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, TypeGuard

from .problems import ConversionError

ONE_IMAGE = 64 * 2**20
"""Bytes that a file about one image may have; it may hold the image itself."""
ALL_IMAGES = 256 * 2**20
"""Bytes that a file about all the images may have."""


def read_bytes(path: Path, limit: int = ONE_IMAGE) -> bytes:
    """Return a file's bytes.

    Raises:
        ConversionError: It cannot be read, is empty or larger than ``limit``.
    """
    try:
        size = path.stat().st_size
        if size > limit:
            raise ConversionError(
                f"has {size / 2**20:.0f} MB, more than the {limit // 2**20} MB of any such file"
            )
        data = path.read_bytes()
    except OSError as error:
        raise ConversionError(f"cannot be read ({error.strerror})") from error
    if not data.strip():
        raise ConversionError("is empty; get it again, or remove it")
    return data


def read_text(path: Path, limit: int = ONE_IMAGE) -> str:
    """Return a UTF-8 file's text, without a byte-order mark.

    Raises:
        ConversionError: As for :func:`read_bytes`, or it is not UTF-8.
    """
    data = read_bytes(path, limit)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConversionError(
            f"is not UTF-8 (byte {error.start}); save it again as UTF-8"
        ) from error


def read_json(path: Path, limit: int = ONE_IMAGE) -> Any:
    """Return what a JSON file holds.

    Raises:
        ConversionError: As for :func:`read_text`, or it is no JSON.
    """
    text = read_text(path, limit)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ConversionError("is nested too deeply to be an annotation file") from error
    except ValueError as error:
        raise ConversionError(f"is no valid JSON ({error})") from error


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
        text = repr(value)
    except ValueError:  # an integer of too many digits to be written
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."
