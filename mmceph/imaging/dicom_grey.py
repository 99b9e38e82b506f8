"""Stored DICOM values -> the grey values a viewer shows (PS3.3 C.11.1 and C.11.2)."""

from __future__ import annotations

from typing import Any

import numpy as np


def display_values(
    dataset: Any, stored: np.ndarray, percentiles: tuple[float, float] | None, top: int
) -> np.ndarray:
    """Apply modality transform, VOI table or window, and photometric inversion.

    Args:
        dataset: The pydicom data set.
        stored: Stored values (h, w).
        percentiles: The window where the file has none; None for the range of its values.
        top: The brightest value: 255 gives uint8, 65535 uint16.

    Returns:
        (h, w), 0..top.
    """
    values = _modality(dataset, stored)
    share = _voi(dataset, values)
    if share is None:
        low, high = _range(values, percentiles)
        share = (values - low) / max(high - low, 1e-9)
    grey = np.clip(share, 0.0, 1.0) * top
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = top - grey
    return grey.round().astype(np.uint8 if top == 255 else np.uint16)


def _modality(dataset: Any, stored: np.ndarray) -> np.ndarray:
    """Values after the modality transform, float32."""
    if dataset.get("ModalityLUTSequence"):
        table, first, _ = _table(dataset.ModalityLUTSequence[0])
        return _look_up(stored, table, first)
    values = stored.astype(np.float32)
    slope = float(dataset.get("RescaleSlope") or 1)
    intercept = float(dataset.get("RescaleIntercept") or 0)
    if (slope, intercept) != (1.0, 0.0):
        values = values * np.float32(slope) + np.float32(intercept)
    return values


def _voi(dataset: Any, values: np.ndarray) -> np.ndarray | None:
    """Share of full brightness by the file's first VOI table or window; None without either."""
    if dataset.get("VOILUTSequence"):
        table, first, bits = _table(dataset.VOILUTSequence[0])
        return _look_up(values, table, first) / np.float32(2**bits - 1)
    center, width = _first(dataset, "WindowCenter"), _first(dataset, "WindowWidth")
    if center is None or width is None or width <= 0:
        return None
    function = str(dataset.get("VOILUTFunction") or "LINEAR").upper()
    if function == "SIGMOID":
        return 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - center) / width, -80.0, 80.0)))
    if function == "LINEAR_EXACT" or width <= 1:
        return (values - center) / width + 0.5
    return (values - (center - 0.5)) / (width - 1.0) + 0.5


def _table(item: Any) -> tuple[np.ndarray, int, int]:
    """The entries of a look-up table, the value of the first, and the bits of an entry."""
    descriptor = [int(value) for value in item.LUTDescriptor]
    count, first, bits = descriptor[0] or 65536, descriptor[1], descriptor[2]
    data = item.LUTData
    if isinstance(data, bytes):
        data = np.frombuffer(data, np.uint8 if len(data) == count else "<u2")
    table = np.asarray(data, np.float32).reshape(-1)[:count]
    if table.size < count or not 8 <= bits <= 16:
        raise ValueError(f"look-up table of {table.size} entries, {count} x {bits} bits stated")
    return table, first, bits


def _look_up(values: np.ndarray, table: np.ndarray, first: int) -> np.ndarray:
    index = np.rint(values).astype(np.int64) - first
    return table[index.clip(0, table.size - 1)]


def _range(values: np.ndarray, percentiles: tuple[float, float] | None) -> tuple[float, float]:
    if percentiles is None:
        return float(values.min()), float(values.max())
    low, high = np.percentile(values, percentiles, method="inverted_cdf")
    return float(low), float(high)


def _first(dataset: Any, name: str) -> float | None:
    """The first of one or several numbers; None where there is none."""
    value = dataset.get(name)
    if value is None or (hasattr(value, "__len__") and not isinstance(value, str) and not value):
        return None
    try:
        number = float(value)
    except TypeError:
        number = float(value[0])
    return number if np.isfinite(number) else None
