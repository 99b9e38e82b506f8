"""Single elements of a DICOM data set, read so that what one of them lacks is not fatal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def numbers(dataset: Any, name: str) -> list[float]:
    """The finite numbers an element holds, in order; none where it is missing or no number.

    Decimal commas, which some vendors write, are taken for points.

    Args:
        dataset: The pydicom data set.
        name: The element's keyword.
    """
    found = []
    for value in _values(dataset, name):
        try:
            number = float(str(value).strip("\0 ").replace(",", "."))
        except ValueError:
            return []
        if not math.isfinite(number):
            return []
        found.append(number)
    return found


def text(dataset: Any, name: str) -> str:
    """The first word an element holds, in capitals; empty where there is none."""
    return next((str(value).strip("\0 ").upper() for value in _values(dataset, name)), "")


def look_up_table(dataset: Any, item: Any) -> tuple[NDArray[np.float64], int, int]:
    """The entries of a look-up table, the value of the first, and the bits of an entry.

    Raises:
        ValueError: There are fewer entries than it says, or an entry has no such number of bits.
    """
    count, first, bits = (int(value) for value in item.LUTDescriptor)
    count = count or 65536  # which 16 bits cannot say
    data = item.LUTData
    if isinstance(data, bytes):
        # One byte an entry is against the standard and in use.
        order = ">" if getattr(dataset, "original_encoding", (None, True))[1] is False else "<"
        data = np.frombuffer(data, np.uint8 if len(data) <= count + 1 else f"{order}u2")
    table = np.atleast_1d(np.asarray(data, np.float64)).reshape(-1)[:count]
    if table.size < count or not 8 <= bits <= 16:
        raise ValueError(f"look-up table of {table.size} entries, {count} x {bits} bits stated")
    return table, first, bits


def _values(dataset: Any, name: str) -> Iterable[Any]:
    try:
        value = dataset.get(name)
    except (ValueError, TypeError):  # pydicom turns a number's text into one when it is asked
        value = _as_written(dataset, name)
    if value is None or value == "":
        return ()
    single = isinstance(value, (str, bytes, int, float)) or not isinstance(value, Iterable)
    return (value,) if single else value


def _as_written(dataset: Any, name: str) -> list[str] | None:
    """The parts of an element's text that pydicom could not turn into its kind of value."""
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(name)
    element = dataset.get_item(tag) if tag is not None and tag in dataset else None
    raw = getattr(element, "value", None)
    return raw.decode("ascii", "replace").split("\\") if isinstance(raw, bytes) else None
