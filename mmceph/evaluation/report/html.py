"""The report as one HTML file: plots inside, no network, sortable, prints well."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ...fileio import write_text_atomic
from .measurements import (
    class_header,
    class_rows,
    measurement_lines,
    value_header,
    value_rows,
)
from .rows import (
    Row,
    compare_header,
    compare_lines,
    compare_rows,
    has_mm,
    header,
    landmark_rows,
    summary_rows,
    text,
)

_STYLE = """
body{font:15px/1.45 system-ui,"Segoe UI",Roboto,sans-serif;margin:0}
body{color:#1c2733;background:#f4f6f8}
main{max-width:1120px;margin:0 auto;padding:24px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:32px 0 10px}
.sub{color:#5a6876;margin:0 0 18px;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(136px,1fr));gap:12px}
.card{background:#fff;border:1px solid #dde3e9;border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:23px;font-weight:650;white-space:nowrap}
.card span{color:#5a6876;font-size:13px}
.card.main{border-color:#0072b2;border-width:2px}
.scroll{overflow-x:auto;background:#fff;border:1px solid #dde3e9;border-radius:8px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:5px 10px;text-align:right;white-space:nowrap;border-bottom:1px solid #edf0f3}
th:first-child,td:first-child{text-align:left}
th{background:#f9fafb;cursor:pointer;user-select:none}
.fixed th{cursor:default}
th[aria-sort=ascending]::after{content:" \\25B2"}th[aria-sort=descending]::after{content:" \\25BC"}
tr.hard td:first-child{border-left:4px solid #d55e00}
tr.overall td{font-weight:650;background:#eef6fb}tr.baseline td{color:#5a6876}
tbody+tbody{border-top:2px solid #b9c4ce}
figure{margin:12px 0;background:#fff;border:1px solid #dde3e9;border-radius:8px;padding:8px}
figure img{display:block;max-width:100%;height:auto;margin:0 auto}
.pair{display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start}
.pair figure{flex:1 1 420px;margin:0}
ul{padding-left:20px}footer{color:#5a6876;font-size:13px;margin-top:28px}
@media print{body{background:#fff}main{max-width:none;padding:0}
.scroll{overflow:visible;border:0}table{font-size:10.5px}th,td{padding:2px 5px}
figure,.card,tr{break-inside:avoid}.pair figure{flex:1 1 45%}}
"""

_SCRIPT = """
document.querySelectorAll('table.sort').forEach(table=>{
 const heads=[...table.tHead.rows[0].cells],body=table.tBodies[0];
 heads.forEach((head,column)=>{head.tabIndex=0;
  const sort=()=>{const up=head.getAttribute('aria-sort')!=='ascending';
   heads.forEach(other=>other.removeAttribute('aria-sort'));
   head.setAttribute('aria-sort',up?'ascending':'descending');
   const value=row=>{const cell=row.cells[column].textContent,figure=parseFloat(cell);
    return column===0?cell:(isNaN(figure)?-Infinity:figure)};
   [...body.rows].sort((a,b)=>{const x=value(a),y=value(b),
    order=column===0?x.localeCompare(y):x-y;return up?order:-order})
    .forEach(row=>body.append(row))};
  head.onclick=sort;head.onkeydown=e=>{if(e.key==='Enter')sort()}})});
"""


def write_index_html(
    path: Path, report: Mapping[str, Any], notes: Sequence[str], plots: Mapping[str, bytes]
) -> None:
    """Write the self-contained page.

    Args:
        path: Where to write.
        report: The report dict.
        notes: Sentences on how to read it.
        plots: PNG bytes by file name, drawn into the page; may be empty.
    """
    title = f"Landmark report: {report['dataset']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="sub">{escape(report["config"])} &middot; {escape(report["checkpoint"])}</p>',
        f'<div class="cards">{"".join(_cards(report))}</div>',
        "<h2>Landmarks</h2>",
        _table(header(report), landmark_rows(report), summary_rows(report)),
        _list([*_legend(report), *notes]),
    ]
    if report.get("compare"):
        part = report["compare"]
        rows = compare_rows(part)
        single = [row for row in rows if row.kind == "landmark"]
        parts += [
            "<h2>Before and after</h2>",
            _list(compare_lines(part)),
            _table(compare_header(part), single, rows[len(single) :]),
        ]
    if report.get("measurements"):
        parts += _measurements(report["measurements"])
    parts += _figures(plots)
    parts += [_images(report), _excluded(report), _footer(report)]
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(part for part in parts if part)
        + f"\n</main><script>{_SCRIPT}</script></body></html>\n"
    )
    write_text_atomic(path, page)


def _cards(report: Mapping[str, Any]) -> list[str]:
    overall, baselines = report["overall"], report["baselines"]
    if not has_mm(report):
        cards = [_card(f"{text(overall['mre_px'])} px", "mean radial error, spacing unknown", True)]
        unit, key = "px", "mre_px"
    else:
        unit, key = "mm", "mre_mm"
        ends = overall["mre_mm_ci95"]
        interval = "" if ends is None else f", 95 % CI {text(ends[0])} to {text(ends[1])}"
        cards = [_card(f"{text(overall[key])} mm", f"mean radial error{interval}", True)]
        threshold, rate = next(iter(overall["sdr"].items()))
        cards.append(_card(f"{text(rate, 1)} %", f"found within {threshold} mm"))
    for name, label in (
        ("inter_observer", "between the observers"),
        ("mean_shape", "the mean shape alone"),
    ):
        if baselines[name] is not None:
            cards.append(_card(f"{text(baselines[name][key])} {unit}", label))
    for name, label in (("difficult", "difficult landmarks"), ("healthy", "healthy landmarks")):
        if report["groups"][name] is not None:
            cards.append(_card(f"{text(report['groups'][name][key])} {unit}", label))
    cards.append(_card(str(report["num_images"]), "images"))
    return cards


def _card(figure: str, label: str, main: bool = False) -> str:
    style = "card main" if main else "card"
    return f'<div class="{style}"><b>{escape(figure)}</b><span>{escape(label)}</span></div>'


def _measurements(part: Mapping[str, Any]) -> list[str]:
    parts = [
        "<h2>Measurements</h2>",
        _list(measurement_lines(part)),
        _table(value_header(part), value_rows(part), [], "measurement"),
    ]
    if part["classes"] is not None:
        rows = class_rows(part)
        table = _table(class_header(), rows[:-1], rows[-1:], "ISBI measure")
        parts += ["<h3>Classes of the ISBI 2015 challenge</h3>", table]
    return parts


def _table(
    titles: Sequence[str], rows: Sequence[Row], summary: Sequence[Row], first: str = "landmark"
) -> str:
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in [first, *titles])
    bodies = [f"<tbody>{''.join(map(_row, rows))}</tbody>"]
    if summary:
        bodies.append(f"<tbody>{''.join(map(_row, summary))}</tbody>")
    return (
        f'<div class="scroll"><table class="sort"><thead><tr>{head}</tr></thead>'
        f"{''.join(bodies)}</table></div>"
    )


def _row(row: Row) -> str:
    style = f"{row.kind} hard" if row.difficult else row.kind
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in (row.label, *row.cells))
    return f'<tr class="{style}">{cells}</tr>'


def _legend(report: Mapping[str, Any]) -> list[str]:
    lines = ["A click on a column's title sorts by it. SDR columns are in percent."]
    if report["groups"]["difficult"] is not None:
        lines.append("Orange bar: difficult landmark.")
    return lines


def _list(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _figures(plots: Mapping[str, bytes]) -> list[str]:
    if not plots:
        return []
    drawn = {}
    for name, data in plots.items():
        label = Path(name).stem.replace("_", " ")
        source = base64.b64encode(data).decode("ascii")
        image = f'<img alt="{escape(label)}" src="data:image/png;base64,{source}">'
        drawn[name] = f"<figure>{image}</figure>"
    names = list(drawn)
    pair = "".join(drawn[name] for name in names[:2])
    return ["<h2>Plots</h2>", f'<div class="pair">{pair}</div>', *(drawn[n] for n in names[2:])]


def _images(report: Mapping[str, Any]) -> str:
    """Every image, the worst first, folded away."""
    ranked = sorted(report["images"], key=lambda row: -(row["mre_mm"] or 0.0))
    rows = [Row(row["file"], "image", (text(row["mre_mm"]), row["worst"] or "-")) for row in ranked]
    table = _table(["MRE mm", "worst landmark"], rows, [], "image")
    table = table.replace('class="sort"', 'class="fixed"')
    return f"<details><summary>All {len(rows)} images</summary>{table}</details>"


def _excluded(report: Mapping[str, Any]) -> str:
    lines = [f"{row['file']}: {row['reason']}" for row in report["excluded"]]
    return f"<h2>Excluded</h2>{_list(lines)}" if lines else ""


def _footer(report: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{k} {v}" for k, v in report["environment"].items() if v is not None)
    return (
        f"<footer><p>{escape(versions)}</p>"
        "<p>Research use only; not a medical device. The pictures in this file are the test "
        "images themselves: mind their patients before passing it on.</p></footer>"
    )
