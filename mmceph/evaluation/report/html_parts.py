"""The building blocks of a report's page: cards, tables, lists, figures, as HTML text."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from .plot_captions import CAPTIONS
from .rows import Row, has_mm, text


def cards(report: Mapping[str, Any]) -> str:
    """The figures a reader looks for first."""
    overall, baselines = report["overall"], report["baselines"]
    if not has_mm(report):
        found = [_card(f"{text(overall['mre_px'])} px", "mean radial error, spacing unknown", True)]
        unit, key = "px", "mre_px"
    else:
        unit, key = "mm", "mre_mm"
        ends = overall["mre_mm_ci95"]
        interval = "" if ends is None else f", 95 % CI {text(ends[0])} to {text(ends[1])}"
        found = [_card(f"{text(overall[key])} mm", f"mean radial error{interval}", True)]
        threshold, rate = next(iter(overall["sdr"].items()))
        found.append(_card(f"{text(rate, 1)} %", f"found within {threshold} mm"))
    for name, label in (
        ("inter_observer", "between the observers"),
        ("mean_shape", "the mean shape alone"),
    ):
        if baselines[name] is not None:
            found.append(_card(f"{text(baselines[name][key])} {unit}", label))
    for name, label in (("difficult", "difficult landmarks"), ("healthy", "healthy landmarks")):
        if report["groups"][name] is not None:
            found.append(_card(f"{text(report['groups'][name][key])} {unit}", label))
    found.append(_card(str(report["num_images"]), f"images, {overall['n']} points"))
    return f'<div class="cards">{"".join(found)}</div>'


def _card(figure: str, label: str, main: bool = False) -> str:
    style = "card main" if main else "card"
    return f'<div class="{style}"><b>{escape(figure)}</b><span>{escape(label)}</span></div>'


def table(
    titles: Sequence[str],
    rows: Iterable[Row],
    summary: Sequence[Row] = (),
    *,
    first: str = "landmark",
    groups: Mapping[str, str | None] | None = None,
    words: bool = False,
) -> str:
    """A table that sorts by a click on a title; summary rows stay below.

    Args:
        titles: Column titles without the first one's.
        rows: The rows that sort.
        summary: The rows that stay.
        first: Title of the first column.
        groups: By label the group to mark it with.
        words: Whether the last column holds words instead of figures.
    """
    marks = groups or {}
    heads = [f'<th scope="col">{escape(title)}</th>' for title in [first, *titles]]
    if words:
        heads[-1] = heads[-1].replace("<th ", '<th class="words" ')
    head = "".join(heads)
    bodies = [f"<tbody>{''.join(_row(row, marks, words) for row in rows)}</tbody>"]
    if summary:
        bodies.append(f"<tbody>{''.join(_row(row, {}, words) for row in summary)}</tbody>")
    return (
        f'<div class="scroll"><table class="sort"><thead><tr>{head}</tr></thead>'
        f"{''.join(bodies)}</table></div>"
    )


def _row(row: Row, groups: Mapping[str, str | None], words: bool) -> str:
    group = groups.get(row.label)
    style = f"{row.kind} hard" if group == "difficult" else row.kind
    tag = "" if not group else f'<span class="tag {group}">{group}</span>'
    cells = [f"<td>{escape(row.label)}{tag}</td>"]
    cells += [f"<td>{escape(cell)}</td>" for cell in row.cells]
    if words:
        cells[-1] = f'<td class="words">{escape(row.cells[-1])}</td>'
    return f'<tr class="{style}">{"".join(cells)}</tr>'


def bullets(lines: Sequence[str]) -> str:
    """A list; nothing for no lines."""
    if not lines:
        return ""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def figure(plots: Mapping[str, bytes], name: str) -> str:
    """A plot inside the page with its caption; nothing where it was not drawn."""
    if name not in plots:
        return ""
    label = Path(name).stem.replace("_", " ")
    source = base64.b64encode(plots[name]).decode("ascii")
    caption = f"<figcaption>{escape(CAPTIONS[name])}</figcaption>" if name in CAPTIONS else ""
    image = f'<img alt="{escape(label)}" src="data:image/png;base64,{source}">'
    return f"<figure>{image}{caption}</figure>"


def facts(pairs: Mapping[str, Any]) -> str:
    """Names and values in two columns; what is None is left out."""
    rows = (
        f"<dt>{escape(str(key))}</dt><dd>{escape(str(value))}</dd>"
        for key, value in pairs.items()
        if value is not None
    )
    return f"<dl>{''.join(rows)}</dl>"


def folded(summary: str, content: str) -> str:
    """Something long behind a line that opens it."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"
