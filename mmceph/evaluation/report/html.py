"""The report as one HTML file: plots inside, no network, sortable, prints well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .html_parts import bullets, cards, facts, figure, folded, table
from .html_style import SCRIPT, STYLE
from .left_out import left_out_lines, nothing_line
from .measurements import class_header, class_rows, measurement_lines, value_header, value_rows
from .rows import (
    NOT_KNOWN,
    Row,
    compare_header,
    compare_lines,
    compare_rows,
    device_header,
    device_rows,
    header,
    headline,
    landmark_rows,
    summary_rows,
    text,
)

_WARNING = "WARNING: "


def index_html(report: Mapping[str, Any], notes: Sequence[str], plots: Mapping[str, bytes]) -> str:
    """The self-contained page.

    Args:
        report: The report dict.
        notes: Sentences on how to read it; those that begin with "WARNING: " stand at the top.
        plots: PNG bytes by file name, drawn into the page; may be empty.
    """
    sections = {
        "Landmarks": _landmarks(report),
        "Before and after": _compare(report, plots),
        "Plots": _plots(plots),
        "Worst images": _images(report, plots),
        "Per device": _devices(report),
        "Measurements": _measurements(report),
        "What was left out": bullets(left_out_lines(report, 20) or [nothing_line(report)]),
        "How to read this": bullets([n for n in notes if not n.startswith(_WARNING)]),
        "Environment and config": _environment(report),
    }
    sections = {name: content for name, content in sections.items() if content}
    title = f"Landmark report: {report['dataset']}"
    links = "".join(f'<a href="#{_anchor(name)}">{escape(name)}</a>' for name in sections)
    warnings = [note.removeprefix(_WARNING) for note in notes if note.startswith(_WARNING)]
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="sub">config {escape(report["config"])}</p>',
        f'<p class="sub">predictions of {escape(report["checkpoint"])}</p>',
        f"<nav>{links}</nav>",
        *(f'<p class="warn"><b>Warning.</b> {escape(warning)}</p>' for warning in warnings),
        cards(report),
        *(f'<p class="head">{escape(line)}</p>' for line in headline(report).splitlines()),
    ]
    parts += [
        f'<section><h2 id="{_anchor(name)}">{escape(name)}</h2>\n{content}</section>'
        for name, content in sections.items()
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + f"\n{_FOOTER}\n</main><script>{SCRIPT}</script></body></html>\n"
    )


_FOOTER = (
    "<footer><p>Research use only; not a medical device. The pictures in this file are the tested "
    "images themselves: mind their patients before passing it on.</p></footer>"
)


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _landmarks(report: Mapping[str, Any]) -> str:
    groups = {name: figures["group"] for name, figures in report["landmarks"].items()}
    hint = "A click on a column's title sorts by it. SDR columns are in percent."
    rows = table(header(report), landmark_rows(report), summary_rows(report), groups=groups)
    return f'{rows}<p class="sub screen">{hint}</p>'


def _compare(report: Mapping[str, Any], plots: Mapping[str, bytes]) -> str:
    part = report.get("compare")
    if not part:
        return ""
    rows = compare_rows(part)
    single = [row for row in rows if row.kind == "landmark"]
    groups = {name: figures["group"] for name, figures in report["landmarks"].items()}
    content = [
        f'<p class="verdict">{escape(part["verdict"])}</p>',
        bullets(compare_lines(part)),
        table(compare_header(part), single, rows[len(single) :], groups=groups),
        figure(plots, "change.png"),
    ]
    return "".join(content)


def _plots(plots: Mapping[str, bytes]) -> str:
    pair = "".join(
        figure(plots, name) for name in ("cumulative_error.png", "error_per_landmark.png")
    )
    single = "".join(figure(plots, name) for name in ("error_on_face.png", "error_scatter.png"))
    return f'<div class="pair">{pair}</div>{single}' if pair or single else ""


def _images(report: Mapping[str, Any], plots: Mapping[str, bytes]) -> str:
    """The worst as pictures, every image in a table, the worst first."""
    ranked = sorted(report["images"], key=lambda row: -(row["mre_mm"] or 0.0))
    rows = [
        Row(row["file"], "image", (text(row["mre_mm"]), row["worst"] or NOT_KNOWN))
        for row in ranked
    ]
    listed = table(["MRE mm", "worst landmark"], rows, first="image")
    return figure(plots, "worst_images.png") + folded(f"All {len(rows)} images", listed)


def _devices(report: Mapping[str, Any]) -> str:
    if not report["per_device"]:
        return '<p class="sub">The annotations name no device.</p>'
    return table(device_header(report), device_rows(report), first="device")


def _measurements(report: Mapping[str, Any]) -> str:
    part = report.get("measurements")
    if not part:
        return ""
    parts = [
        bullets(measurement_lines(part)),
        table(value_header(part), value_rows(part), first="measurement"),
    ]
    if part["classes"] is not None:
        rows = class_rows(part)
        parts += [
            "<h3>Classes of the ISBI 2015 challenge</h3>",
            table(class_header(), rows[:-1], rows[-1:], first="ISBI measure", words=True),
        ]
    return "".join(parts)


def _environment(report: Mapping[str, Any]) -> str:
    about = {key: report[key] for key in ("dataset", "config", "checkpoint")}
    content = facts({**about, **report["environment"]})
    if report.get("config_text"):
        content += folded("The whole config", f"<pre>{escape(report['config_text'])}</pre>")
    return content
