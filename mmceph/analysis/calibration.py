"""Which millimetres to trust: one policy for explicit sizes, rulers, DICOM and resolutions.

The order is explicit > ruler > DICOM > image DPI (only when asked) > none. A wrong millimetre is
worse than none: a doubtful ruler is not used, a scale that makes a face no human has is passed
over, and a calibration without a source has no spacing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mmceph.errors import MmcephError

from .plausibility import NOT_CHECKED, Place, check_scale
from .ruler_reading import (
    MARK_DISTANCE_MM,
    RulerPolicy,
    RulerReading,
    judge_ruler,
    relative_difference,
)

if TYPE_CHECKING:  # at run time this module needs neither OpenCV nor Pillow
    from mmceph.imaging import PixelSize

__all__ = [
    "CONFLICT",
    "MARK_DISTANCE_MM",
    "Calibration",
    "RulerPolicy",
    "RulerReading",
    "choose_calibration",
    "judge_ruler",
]

#: Two sources that differ by more than this share are in conflict.
CONFLICT = 0.03

_MM_PER_INCH = 25.4
_NOT_SQUARE = 0.001  # pixels whose sides differ by less are square
_NOTES = {
    "stated": "the file does not say whether its pixel size holds at the patient or the detector",
    "detector": (
        "the pixel size is that of the detector: lengths of the patient come out too long by the "
        "magnification, which the file does not state"
    ),
    "nominal": "a resolution is what a scanner or an editor wrote; the X-ray may have another",
}


@dataclass(frozen=True)
class Calibration:
    """The pixel size that was chosen, and what spoke against it.

    Attributes:
        spacing: mm per px along x and y; None: no millimetres, angles and ratios only.
        standard_error: Of mm per px, where the source states one.
        source: ``"explicit"``, ``"ruler (ticks)"``, ``"ruler (marks)"``,
            ``"DICOM PixelSpacing (GEOMETRY)"`` and the like, ``"image DPI"``; None without one.
        warnings: Conflicts with both figures, abstentions with their reasons, doubts.
        refused: Where every source makes a face that no human has, or the user's own does, its
            pixel size, of which only the pixels' form is of use; ``spacing`` is None then.
    """

    spacing: tuple[float, float] | None
    standard_error: float | None = None
    source: str | None = None
    warnings: tuple[str, ...] = ()
    refused: tuple[float, float] | None = None

    def as_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        values = asdict(self)
        values["spacing"] = None if self.spacing is None else list(self.spacing)
        values["warnings"] = list(self.warnings)
        values["refused"] = None if self.refused is None else list(self.refused)
        return values


@dataclass(frozen=True)
class _Source:
    spacing: tuple[float, float]
    name: str
    error: float | None = None
    note: str | None = None

    def __str__(self) -> str:
        x, y = self.spacing
        figure = f"{x:.4f}" if x == y else f"{x:.4f} x {y:.4f}"
        return f"{self.name}: {figure} mm per px"


def choose_calibration(
    *,
    explicit: float | Sequence[float] | None = None,
    ruler: RulerReading | None = None,
    dicom: Sequence[PixelSize] | None = None,
    dpi: float | Sequence[float] | bool | None = None,
    points: Mapping[str, Place | None] | None = None,
) -> Calibration:
    """Choose the pixel size of a picture.

    Args:
        explicit: What the user states, mm per px: one number, or x and y.
        ruler: What was read from the ruler; an abstention becomes a warning.
        dicom: The sizes the file states (``CephImage.pixel_sizes``), the most trustworthy first.
            Nominal ones, the resolution of a PNG or JPEG among them, are left out here.
        dpi: Asks for the picture's resolution as the last resort: True for what the file states
            (the nominal one in ``dicom``), or dots per inch, one number or x and y.
        points: The picture's landmarks, px, by which every source is checked: see
            :func:`mmceph.analysis.plausibility.check_scale`. None: nothing is checked.

    Returns:
        The first source of the order that makes a possible face; the ones passed over are
        warnings, and so is every other one that differs by more than 3 %. An impossible explicit
        size is refused, and no other is taken in its place.

    Raises:
        MmcephError: A size that is no positive number.

    Example:
        >>> print(choose_calibration(explicit=0.1, dpi=200).warnings[0])
        explicit says 0.1000 mm per px, image DPI 0.1270: they differ by 27.0 %; explicit is used
        >>> choose_calibration().spacing is None
        True
    """
    warnings: list[str] = []
    stated = tuple(dicom or ())
    sources = []
    if explicit is not None:
        sources.append(_Source(_pair(explicit, "the pixel size"), "explicit"))
    if ruler is not None and ruler.accepted:
        sources.append(_from_ruler(ruler, stated))
    elif ruler is not None:
        warnings.append(f"the ruler is not used: {ruler.reason}")
    sources += _from_file(stated, points)
    if dpi is not None and dpi is not False:
        sources += _from_dpi(dpi, stated, warnings)
    if not sources:
        return Calibration(None, warnings=tuple(warnings))
    possible = [source for source in sources if not _doubts(source, points)]
    if explicit is not None and sources[0] not in possible:
        return _refused(sources[0], possible, points, warnings)
    instead = f"; {possible[0]} is used" if possible else ""
    for source in sources:
        if source not in possible:
            doubts = _doubts(source, points)
            warnings.append(f"{source} is impossible and not used: {doubts}{instead}")
    if not possible:
        return Calibration(None, warnings=tuple(warnings), refused=sources[0].spacing)
    chosen = possible[0]
    if points is not None and not check_scale(points, chosen.spacing).checked:
        warnings.append(NOT_CHECKED)
    if chosen.note:
        warnings.append(f"{chosen.name}: {chosen.note}")
    warnings += [text for other in possible[1:] if (text := _conflict(chosen, other))]
    return Calibration(chosen.spacing, chosen.error, chosen.name, tuple(warnings))


def _doubts(source: _Source, points: Mapping[str, Place | None] | None) -> str:
    """What makes a source impossible; empty where it may be right."""
    return "" if points is None else ", ".join(check_scale(points, source.spacing).doubts)


def _refused(
    stated: _Source,
    possible: Sequence[_Source],
    points: Mapping[str, Place | None] | None,
    warnings: Sequence[str],
) -> Calibration:
    """What the user states cannot be; another source in its place would go unnoticed."""
    reason = f"{stated} is impossible, so there are no millimetres: {_doubts(stated, points)}"
    if possible:
        reason += f"; without it {possible[0]} would be used"
    return Calibration(None, warnings=(reason, *warnings), refused=stated.spacing)


def _from_file(
    stated: tuple[PixelSize, ...], points: Mapping[str, Place | None] | None
) -> list[_Source]:
    """The file's most trustworthy size, and before it those that are more so and impossible."""
    found = []
    for size in stated:
        if size.kind != "nominal":
            found.append(_Source(size.spacing, size.source, note=_NOTES.get(size.kind)))
            if not _doubts(found[-1], points):
                break
    return found


def _from_ruler(ruler: RulerReading, stated: tuple[PixelSize, ...]) -> _Source:
    assert ruler.mm_per_px is not None
    assert ruler.p1 is not None
    assert ruler.p2 is not None
    # Where pixels are not square, what a px is worth depends on the ruler's direction. A nominal
    # size may be wrong as a whole; the form of the pixels is then still the best that is known.
    best = next((size for size in stated if size.kind != "nominal"), None)
    form = best or next(iter(stated), None)
    ratio = 1.0 if form is None else form.spacing[0] / form.spacing[1]
    across, up = ruler.p2[0] - ruler.p1[0], ruler.p2[1] - ruler.p1[1]
    y = ruler.mm_per_px * (math.hypot(across, up) / math.hypot(ratio * across, up))
    error = ruler.standard_error
    note = None
    if form is not None and abs(ratio - 1.0) > _NOT_SQUARE:
        note = f"{form.source} says that a px is {ratio:.3g} times as wide as high; that is kept"
    return _Source(
        (ratio * y, y),
        f"ruler ({ruler.method})",
        None if error is None else error * y / ruler.mm_per_px,
        note,
    )


def _from_dpi(
    dpi: float | Sequence[float], stated: tuple[PixelSize, ...], warnings: list[str]
) -> list[_Source]:
    if dpi is True:
        size = next((size for size in stated if size.kind == "nominal"), None)
        if size is None:
            warnings.append("image DPI: the file states no resolution")
            return []
        return [_Source(size.spacing, "image DPI", note=_NOTES["nominal"])]
    x, y = _pair(dpi, "the resolution")
    return [_Source((_MM_PER_INCH / x, _MM_PER_INCH / y), "image DPI", note=_NOTES["nominal"])]


def _pair(value: float | Sequence[float], what: str) -> tuple[float, float]:
    try:
        numbers = [float(value)] * 2  # type: ignore[arg-type]
    except TypeError:
        numbers = [float(number) for number in value]  # type: ignore[union-attr]
    if len(numbers) != 2 or not all(math.isfinite(number) and number > 0 for number in numbers):
        raise MmcephError(f"{what} is {value}; give one positive number, or two for x and y")
    return numbers[0], numbers[1]


def _conflict(chosen: _Source, other: _Source) -> str | None:
    axis = max(
        (0, 1), key=lambda axis: relative_difference(chosen.spacing[axis], other.spacing[axis])
    )
    first, second = chosen.spacing[axis], other.spacing[axis]
    difference = relative_difference(first, second)
    if difference <= CONFLICT:
        return None
    return (
        f"{chosen.name} says {first:.4f} mm per px, {other.name} {second:.4f}: they differ by "
        f"{100 * difference:.1f} %; {chosen.name} is used"
    )
