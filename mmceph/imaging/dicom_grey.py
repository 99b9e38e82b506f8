"""Stored DICOM values -> the grey values a viewer shows (PS3.3 C.11.1, C.11.2 and C.11.6).

Every step goes by the value alone, so it is computed once for each value that occurs and then
looked up for the pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .ceph_image import ImageReadError
from .dicom_elements import look_up_table, numbers, text
from .tables import count_values, look_up, weighted_percentiles

_MOST_VALUES = 1 << 20  # 16 bits of a detector make 65,536
_LEAST_INSIDE = 0.1
_LEAST_SPAN = 1 / 8
_EDGE = 1 / 510  # nearer to black or white than this is black or white in 8 bits


def display_values(
    dataset: Any, stored: np.ndarray, percentiles: tuple[float, float] | None, top: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Apply modality transform, VOI table or window, and presentation; padding becomes black.

    A window that leaves less than a tenth of the picture between black and white, or spreads it
    over less than an eighth of the brightness, is passed over for the next. Without one, values of
    8 bits stay as they are, others are spread over the brightness by the percentiles. The picture
    is turned round once for MONOCHROME1, PresentationLUTShape INVERSE, or both, which say the same
    of one picture (PS3.3 C.8.11.3).

    Args:
        dataset: The pydicom data set.
        stored: Stored values (h, w), integers.
        percentiles: The window where the file has none; None for the range of its values.
        top: The brightest value: 255 gives uint8, 65535 uint16.

    Returns:
        (h, w) of 0..top, and what was not taken as the file says it, a line each.

    Raises:
        ImageReadError: The file asks for what no viewer could show; the file is not named.
        ValueError: A table or a number is damaged.
    """
    low, high = int(stored.min()), int(stored.max())
    if high - low >= _MOST_VALUES:
        raise ImageReadError(f"grey values from {low} to {high}; export with at most 16 bits")
    raw = np.arange(low, high + 1)
    counts = count_values(stored, low, raw.size)
    padding = _padding(dataset, raw)
    if not counts[~padding].any():  # all of it: then it says nothing
        padding[:] = False
    counts[padding] = 0
    share, notes = _brightness(dataset, _modality(dataset, raw), counts, percentiles)
    share = _presentation(dataset, np.clip(share, 0.0, 1.0))
    share[padding] = 0.0
    table = (share * top).round().astype(np.uint8 if top == 255 else np.uint16)
    return look_up(stored, table, low), notes


def _padding(dataset: Any, raw: np.ndarray) -> np.ndarray:
    """Which stored values stand for no picture at all."""
    ends = numbers(dataset, "PixelPaddingValue")[:1]
    if not ends:
        return np.zeros(raw.shape, bool)
    ends += numbers(dataset, "PixelPaddingRangeLimit")[:1]
    padding: np.ndarray = (raw >= min(ends)) & (raw <= max(ends))
    return padding


def _modality(dataset: Any, raw: np.ndarray) -> np.ndarray:
    """Values after the modality transform."""
    if dataset.get("ModalityLUTSequence"):
        table, first, _ = look_up_table(dataset, dataset.ModalityLUTSequence[0])
        return _looked_up(raw, table, first)
    slope = (numbers(dataset, "RescaleSlope") or [1.0])[0] or 1.0
    intercept = (numbers(dataset, "RescaleIntercept") or [0.0])[0]
    return raw * slope + intercept


def _brightness(
    dataset: Any,
    values: np.ndarray,
    counts: np.ndarray,
    percentiles: tuple[float, float] | None,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Share of full brightness by the file's first table or window that shows the picture."""
    passed_over: list[str] = []
    for name, share in _stated(dataset, values):
        if _shows(share, counts):
            return share, tuple(passed_over)
        passed_over.append(f"{name} would show next to nothing of the picture and was not used")
    if _is_plain_8_bit(dataset):
        return values / 255.0, tuple(passed_over)
    found = values[counts > 0]
    low, high = float(found.min()), float(found.max())
    if percentiles is not None:
        low, high = weighted_percentiles(values, counts, percentiles)
    return (values - low) / max(high - low, 1e-9), tuple(passed_over)


def _is_plain_8_bit(dataset: Any) -> bool:
    """Whether the values are those of a screen, as in any other picture of 8 bits."""
    changed = ("ModalityLUTSequence", "RescaleSlope", "RescaleIntercept")
    signed = bool(dataset.get("PixelRepresentation"))
    return (
        numbers(dataset, "BitsStored") == [8.0]
        and not signed
        and not any(name in dataset for name in changed)
    )


def _stated(dataset: Any, values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Names of the file's VOI tables and, after them, windows, and the brightness each gives."""
    found = []
    for item in dataset.get("VOILUTSequence") or ():
        table, first, bits = look_up_table(dataset, item)
        share = _looked_up(values, table, first) / (2**bits - 1)
        found.append(("the file's VOI look-up table", share))
    function = text(dataset, "VOILUTFunction") or "LINEAR"
    pairs = zip(numbers(dataset, "WindowCenter"), numbers(dataset, "WindowWidth"), strict=False)
    for center, width in pairs:
        name = f"the file's window (centre {center:g}, width {width:g})"
        share = _window(values, center, width, function) if width > 0 else np.zeros_like(values)
        found.append((name, share))
    return found


def _window(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    if function == "SIGMOID":
        return 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - center) / width, -80.0, 80.0)))
    if function == "LINEAR_EXACT" or width <= 1:
        return (values - center) / width + 0.5
    return (values - (center - 0.5)) / (width - 1.0) + 0.5


def _shows(share: np.ndarray, counts: np.ndarray) -> bool:
    """Whether enough of the picture is neither black nor white, and not all of one grey."""
    inside = counts[(share > _EDGE) & (share < 1.0 - _EDGE)].sum()
    low, high = weighted_percentiles(np.clip(share, 0.0, 1.0), counts, (0.5, 99.5))
    return bool(inside >= _LEAST_INSIDE * counts.sum()) and high - low >= _LEAST_SPAN


def _presentation(dataset: Any, share: np.ndarray) -> np.ndarray:
    """Brightness (0..1) after the presentation look-up table or shape."""
    if dataset.get("PresentationLUTSequence"):
        table, _, bits = look_up_table(dataset, dataset.PresentationLUTSequence[0])
        return _looked_up(share * (table.size - 1), table, 0) / (2**bits - 1)
    shape = text(dataset, "PresentationLUTShape") or "IDENTITY"
    if shape not in ("IDENTITY", "INVERSE"):
        raise ImageReadError(f"PresentationLUTShape {shape} is not supported; export as grey")
    turned = shape == "INVERSE" or text(dataset, "PhotometricInterpretation") == "MONOCHROME1"
    return 1.0 - share if turned else share


def _looked_up(values: np.ndarray, table: np.ndarray, first: int) -> np.ndarray:
    index = np.rint(values).clip(first, first + table.size - 1).astype(np.int64) - first
    return table[index]
