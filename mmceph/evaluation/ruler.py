"""How well rulers were read: places, scale and abstentions, beside a constant answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmceph.analysis.calibration import MARK_DISTANCE_MM, RulerReading, judge_ruler
from mmceph.functional.summary import summarise
from mmceph.io import json_bytes, json_with, require_own_file, write_own_file

_LENGTH_MM = 75.0  # about Sella to Nasion, the length whose error is easiest to picture

_WHAT = "ruler figures"
_KNOWN = json_with("schema", "figures", "images")


@dataclass(frozen=True, eq=False)
class RulerRecord:
    """One image's ruler as it is and as it was read.

    Attributes:
        file: File name as in the annotations.
        image_size: (width, height) in px.
        marks: True P1 and P2 in px, shape (2, 2); None for an image without a ruler.
        reading: What was read.
        spacing: True mm per px along x and y; without it the true marks give the scale.
    """

    file: str
    image_size: tuple[int, int]
    marks: np.ndarray | None
    reading: RulerReading
    spacing: tuple[float, float] | None = None

    @property
    def mm_per_px(self) -> float:
        """The true scale along the ruler; NaN without a ruler."""
        if self.marks is None:
            return float("nan")
        line = self.marks[1] - self.marks[0]
        if self.spacing is None:
            return MARK_DISTANCE_MM / float(np.hypot(*line))
        return float(np.hypot(*(line * self.spacing)) / np.hypot(*line))


@dataclass(frozen=True)
class RulerFigures:
    """Figures over many images; NaN where there is nothing to take them from.

    Errors of place are over all images with a ruler where marks were given at all; errors of the
    scale over the accepted readings among them.

    Attributes:
        with_ruler: Images with a ruler.
        without_ruler: Images without one.
        p1_px: Mean radial error of P1, px.
        p2_px: The same of P2.
        p1_mm: Mean radial error of P1, mm.
        p2_mm: The same of P2.
        along_px: Mean error of both along the line P1-P2, px.
        scale_pct: Mean error of mm per px, percent.
        scale_pct_median: Its median.
        scale_pct_p95: Its 95th percentile.
        scale_pct_max: The largest one.
        length_error_mm: What the mean scale error makes of a length of 75 mm, in mm.
        length_error_mm_p95: The same of the 95th percentile.
        accepted: Accepted readings of images with a ruler.
        by_ticks: How many of them rest on the ticks.
        abstained_pct: Share of the images with a ruler that were not read.
        abstained_pct_without: Share of the images without one that were rightly not read.
    """

    with_ruler: int
    without_ruler: int
    p1_px: float
    p2_px: float
    p1_mm: float
    p2_mm: float
    along_px: float
    scale_pct: float
    scale_pct_median: float
    scale_pct_p95: float
    scale_pct_max: float
    length_error_mm: float
    length_error_mm_p95: float
    accepted: int
    by_ticks: int
    abstained_pct: float
    abstained_pct_without: float


def scale_error_pct(found: float, true: float) -> float:
    """Error of a scale in percent, without its sign.

    Example:
        >>> round(scale_error_pct(0.1295, 0.127), 2)
        1.97
    """
    return abs(found / true - 1.0) * 100.0


def ruler_figures(records: Sequence[RulerRecord]) -> RulerFigures:
    """Sum up how rulers were read.

    Args:
        records: The images.

    Returns:
        The figures.
    """
    there = [record for record in records if record.marks is not None]
    absent = [record for record in records if record.marks is None]
    radial, millimetres, along = _place_errors(there)
    accepted = [record for record in there if record.reading.accepted]
    errors = [scale_error_pct(_scale(record), record.mm_per_px) for record in accepted]
    scale = summarise(errors)
    return RulerFigures(
        with_ruler=len(there),
        without_ruler=len(absent),
        p1_px=summarise(radial[:, 0]).mean,
        p2_px=summarise(radial[:, 1]).mean,
        p1_mm=summarise(millimetres[:, 0]).mean,
        p2_mm=summarise(millimetres[:, 1]).mean,
        along_px=summarise(along).mean,
        scale_pct=scale.mean,
        scale_pct_median=scale.median,
        scale_pct_p95=scale.p95,
        scale_pct_max=max(errors, default=float("nan")),
        length_error_mm=_LENGTH_MM * scale.mean / 100,
        length_error_mm_p95=_LENGTH_MM * scale.p95 / 100,
        accepted=len(accepted),
        by_ticks=sum(record.reading.method == "ticks" for record in accepted),
        abstained_pct=_share(len(there) - len(accepted), len(there)),
        abstained_pct_without=_share(
            sum(not record.reading.accepted for record in absent), len(absent)
        ),
    )


def constant_records(records: Sequence[RulerRecord], fractions: np.ndarray) -> list[RulerRecord]:
    """The same images, all read as the mean of the training images' marks.

    Args:
        records: The images.
        fractions: Mean marks, shape (2, 2), as fractions of width and height.

    Returns:
        Records whose readings were taken as they are: a constant answer never abstains.
    """
    answers = []
    for record in records:
        p1, p2 = (_pair(mark) for mark in np.asarray(fractions) * record.image_size)
        read = judge_ruler(p1, p2, (1.0, 1.0))
        scale = MARK_DISTANCE_MM / float(np.hypot(p1[0] - p2[0], p1[1] - p2[1]))
        read = replace(read, mm_per_px=scale, method="marks", reason=None)
        answers.append(replace(record, reading=read))
    return answers


_ROWS = (
    ("P1, mean error", "p1_px", "px"),
    ("P2, mean error", "p2_px", "px"),
    ("P1, mean error", "p1_mm", "mm"),
    ("P2, mean error", "p2_mm", "mm"),
    ("along the ruler", "along_px", "px"),
    ("scale, mean error", "scale_pct", "%"),
    ("scale, median", "scale_pct_median", "%"),
    ("scale, 95th percentile", "scale_pct_p95", "%"),
    ("scale, largest", "scale_pct_max", "%"),
    ("on 75 mm, mean error", "length_error_mm", "mm"),
    ("on 75 mm, 95th percentile", "length_error_mm_p95", "mm"),
    ("abstained", "abstained_pct", "%"),
    ("abstained without ruler", "abstained_pct_without", "%"),
)


def format_ruler_table(columns: dict[str, RulerFigures]) -> str:
    """A plain table: a row a figure, a column an answer (``"model"``, ``"constant"``).

    Raises:
        ValueError: There is no column.
    """
    if not columns:
        raise ValueError("a table needs at least one column")
    first = next(iter(columns.values()))
    widths = [max(10, len(name)) for name in columns]
    names = "  ".join(f"{name:>{width}}" for name, width in zip(columns, widths, strict=True))
    lines = [
        f"Ruler: {first.with_ruler} images with one, {first.without_ruler} without",
        f"{'':32}{names}",
    ]
    for label, field, unit in _ROWS:
        values = [getattr(figures, field) for figures in columns.values()]
        if all(np.isnan(values)):
            continue
        cells = "  ".join(
            f"{'-' if np.isnan(value) else f'{value:.2f}':>{width}}"
            for value, width in zip(values, widths, strict=True)
        )
        lines.append(f"{label:<28}{unit:<4}{cells}")
    counts = "  ".join(
        f"{f'{f.accepted} ({f.by_ticks})':>{width}}"
        for f, width in zip(columns.values(), widths, strict=True)
    )
    lines.append(f"{'accepted (by ticks)':<32}{counts}")
    return "\n".join(lines)


def write_ruler_report(
    path: str | Path, columns: Mapping[str, RulerFigures], records: Sequence[RulerRecord] = ()
) -> Path:
    """Write figures and single readings as JSON; see :func:`ruler_report_content`.

    Raises:
        OwnershipError: Something else lies there.
    """
    content = json_bytes(ruler_report_content(columns, records))
    return write_own_file(path, content, _WHAT, recognise=_KNOWN)


def require_ruler_report(path: str | Path) -> None:
    """See, before the work, that :func:`write_ruler_report` can write there.

    Raises:
        OwnershipError: Something else lies there.
    """
    require_own_file(path, _WHAT, recognise=_KNOWN)


def ruler_report_content(
    columns: Mapping[str, RulerFigures], records: Sequence[RulerRecord] = ()
) -> dict[str, Any]:
    """Figures and the single images as plain values for strict JSON; NaN becomes null.

    Args:
        columns: Figures by answer, as for :func:`format_ruler_table`.
        records: The single images of the first answer.
    """
    figures = {name: {k: _json(v) for k, v in asdict(f).items()} for name, f in columns.items()}
    images = [
        {
            "file": record.file,
            "true_mm_per_px": _json(record.mm_per_px),
            "true_marks": None if record.marks is None else record.marks.tolist(),
            **asdict(record.reading),
        }
        for record in records
    ]
    return {"schema": 1, "figures": figures, "images": images}


def _place_errors(records: Sequence[RulerRecord]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Radial errors (N, 2) in px and in mm, and errors along the ruler (N, 2) in px."""
    radial, millimetres, along = (np.full((len(records), 2), np.nan) for _ in range(3))
    for row, record in enumerate(records):
        if record.marks is None or record.reading.p1 is None or record.reading.p2 is None:
            continue
        wrong = np.array([record.reading.p1, record.reading.p2]) - record.marks
        line = record.marks[1] - record.marks[0]
        spacing = (record.mm_per_px,) * 2 if record.spacing is None else record.spacing
        radial[row] = np.hypot(*wrong.T)
        millimetres[row] = np.hypot(*(wrong * spacing).T)
        along[row] = np.abs(wrong @ (line / np.hypot(*line)))
    return radial, millimetres, along


def _scale(record: RulerRecord) -> float:
    assert record.reading.mm_per_px is not None
    return record.reading.mm_per_px


def _share(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else float("nan")


def _pair(values: np.ndarray) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
