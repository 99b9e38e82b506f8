"""The rows every table of a report shows, so that print, Markdown and HTML cannot differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOT_KNOWN = "-"


@dataclass(frozen=True)
class Row:
    """One printed row.

    Attributes:
        label: What the figures are of.
        kind: "landmark", "group", "device", "overall" or "baseline".
        cells: Figures as text, in the order of :func:`header`.
        difficult: Whether it is a difficult landmark.
    """

    label: str
    kind: str
    cells: tuple[str, ...]
    difficult: bool = False


def text(value: float | None, digits: int = 2) -> str:
    """A figure as printed; a dash where it is not known."""
    return NOT_KNOWN if value is None else f"{value:.{digits}f}"


def has_mm(report: Mapping[str, Any]) -> bool:
    """Whether any figure of the report is in millimetres."""
    return report["overall"]["mre_mm"] is not None


def has_fewer_mm(report: Mapping[str, Any]) -> bool:
    """Whether some errors are in millimetres and others in px only."""
    return 0 < report["overall"]["n_mm"] < report["overall"]["n"]


def header(report: Mapping[str, Any]) -> list[str]:
    """Column titles of the figures, without the label's."""
    titles = ["n", "n mm"] if has_fewer_mm(report) else ["n"]
    if has_mm(report):
        titles += ["MRE mm", "SD", "median", "P95"]
        titles += [f"SDR{key}" for key in report["overall"]["sdr"]]
    titles.append("MRE px")
    return titles + [title for title, _ in _beside(report)]


def landmark_rows(report: Mapping[str, Any]) -> list[Row]:
    """One row per landmark, with the baselines' means beside it."""
    rows = []
    for name, figures in report["landmarks"].items():
        beside = [baseline["landmarks"].get(name) for _, baseline in _beside(report)]
        hard = figures["group"] == "difficult"
        rows.append(Row(name, "landmark", _cells(report, figures, beside), hard))
    return rows


def summary_rows(report: Mapping[str, Any]) -> list[Row]:
    """Groups, overall and baselines, in this order."""
    blank = [None for _ in _beside(report)]
    rows = [
        Row(label, "group", _cells(report, figures, blank))
        for label, figures in report["groups"].items()
        if figures is not None
    ]
    overall = [baseline for _, baseline in _beside(report)]
    rows.append(Row("overall", "overall", _cells(report, report["overall"], overall)))
    for key, label in (("inter_observer", "between observers"), ("mean_shape", "mean shape")):
        if report["baselines"][key] is not None:
            figures = report["baselines"][key]
            rows.append(Row(label, "baseline", _cells(report, figures, blank)))
    return rows


def device_header(report: Mapping[str, Any]) -> list[str]:
    """Column titles of the figures per device, without the label's."""
    beside = len(_beside(report))
    titles = header(report)
    return ["images", *(titles[:-beside] if beside else titles)]


def device_rows(report: Mapping[str, Any]) -> list[Row]:
    """One row per X-ray device; none where no device is known."""
    return [
        Row(label, "device", (str(figures["num_images"]), *_cells(report, figures, [])))
        for label, figures in report["per_device"].items()
    ]


def headline(report: Mapping[str, Any]) -> str:
    """The overall result in one line, with its interval."""
    overall, count = report["overall"], report["num_images"]
    images = f"{count} image{'' if count == 1 else 's'}"
    if not has_mm(report):
        return f"MRE {text(overall['mre_px'])} px over {images}; spacing unknown, so no mm"
    known = sum(row["mre_mm"] is not None for row in report["images"])
    if known < count:
        images = f"{known} of {images} with millimetres"
    ends = overall["mre_mm_ci95"]
    interval = (
        "no interval from one image"
        if ends is None
        else f"95 % CI {text(ends[0])} to {text(ends[1])}, bootstrap over images"
    )
    found = ", ".join(f"{key} mm {text(rate, 1)} %" for key, rate in overall["sdr"].items())
    spread = f"SD {text(overall['sd_mm'])} pooled, {text(overall['sd_mm_image'])} between images"
    return f"MRE {text(overall['mre_mm'])} mm ({interval}; {spread}; {images})\nSDR {found}"


def _beside(report: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The baselines there are, shown beside every landmark."""
    titles = (("observers", "inter_observer"), ("mean shape", "mean_shape"))
    baselines = report["baselines"]
    return [(title, baselines[key]) for title, key in titles if baselines[key] is not None]


def _cells(
    report: Mapping[str, Any],
    figures: Mapping[str, Any],
    beside: Sequence[Mapping[str, Any] | None],
) -> tuple[str, ...]:
    cells = [str(figures[key]) for key in (("n", "n_mm") if has_fewer_mm(report) else ("n",))]
    unit = "mre_px"
    if has_mm(report):
        unit = "mre_mm"
        cells += [text(figures[key]) for key in ("mre_mm", "sd_mm", "median_mm", "p95_mm")]
        cells += [text(rate, 1) for rate in figures["sdr"].values()]
    cells.append(text(figures["mre_px"]))
    return (*cells, *(text(None if other is None else other[unit]) for other in beside))


def compare_header(part: Mapping[str, Any]) -> list[str]:
    """Column titles of the comparison, without the label's."""
    unit = part["unit"]
    return ["n", f"before {unit}", f"after {unit}", "difference", "95 % CI", "moved px"]


def compare_rows(part: Mapping[str, Any]) -> list[Row]:
    """Before and after per landmark, then the groups and overall."""
    named = [(name, "landmark", row) for name, row in part["landmarks"].items()]
    named += [(name, "group", row) for name, row in part["groups"].items() if row is not None]
    named.append(("overall", "overall", part["overall"]))
    return [Row(name, kind, _compare_cells(row)) for name, kind, row in named]


def _compare_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    ends = row["ci95"]
    interval = NOT_KNOWN if ends is None else f"{_signed(ends[0])} to {_signed(ends[1])}"
    change = NOT_KNOWN if row["difference"] is None else _signed(row["difference"])
    moved = row["max_shift_px"]
    # "0" only for bit-identical predictions; the smallest real shift still shows as one.
    if moved is None:
        shift = NOT_KNOWN
    elif moved == 0:
        shift = "0"
    else:
        shift = f"{moved:.0f}" if moved >= 10 else f"{moved:.2g}"
    return (str(row["n"]), text(row["before"]), text(row["after"]), change, interval, shift)


def compare_lines(part: Mapping[str, Any]) -> list[str]:
    """What the comparison rests on, in sentences."""
    after = part.get("after", "this run")
    lines = [f"Before: {part['other']}; after: {after}; {part['num_images']} images in common."]
    left = part["only_here"], part["only_there"]
    if any(left):
        lines.append(f"Left out: {left[0]} images only in this run, {left[1]} only in the other.")
    if part["basis"] == "report":
        lines.append(
            "The other run has no predictions.json beside its report: no interval per landmark, "
            "and its landmark means are over all of its own images."
        )
        if part["landmarks_only_there"]:
            lines.append("Its image means count landmarks that this run lacks: not compared.")
    else:
        lines.append(
            "Both runs are scored on the annotations of the one after. Intervals are paired over "
            "images, one per landmark, not corrected for the number of landmarks."
        )
    if part["truth_differs"]:
        lines.append("The two runs were tested with different annotations of the same images.")
    return lines


def _signed(value: float) -> str:
    """With its sign, and no minus before a rounded zero."""
    shown = f"{value:+.2f}"
    return "0.00" if shown in ("-0.00", "+0.00") else shown
