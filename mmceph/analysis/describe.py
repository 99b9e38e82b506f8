"""docs/measurements.md, written from the table: ``python -m mmceph.analysis.describe FILE``."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..io import write_text_atomic
from .analyses import ANALYSES
from .definitions import MEASUREMENTS, Definition
from .human_range import FACE_LENGTHS, HUMAN_RANGES
from .norms import ClassRange

_SETS = (("aariz29", "Aariz 29"), ("isbi19", "ISBI 19"), ("cldetection38", "CL-Detection 38"))

_COMMAND = "python -m mmceph.analysis.describe"  # by which a page of ours is known
_INTRODUCTION = """\
# Measurements

<!-- Written by "python -m mmceph.analysis.describe docs/measurements.md": edit the table there. -->

```python
from mmceph.analysis import measure

points = {"S": (318.1, 531.9), "N": (828.4, 533.0), "A": (792.4, 996.0)}  # px, x before y
for found in measure(points, mm_per_px=0.127, analysis="steiner", sex=None):
    print(found.key, found.value, found.unit, found.norm, found.deviation, found.reason)
```

Every measurement comes back with a value, or with the reason why it has none: landmarks that are
missing (named), no calibration, points that coincide, or a figure that no human has. Lengths in mm
need `mm_per_px`; angles and ratios do not. Where pixels are not square give `(sx, sy)`: angles are
then taken from millimetres too, since they would be wrong in px.

From files: `python tools/analysis_tools/measure.py FILE ... --spacing 0.127` takes labelme files,
JSON objects `{"S": [x, y], ...}` and csv tables with the columns name, x and y (any delimiter,
decimal point or comma). A point at (0, 0) was not placed and is missing, unless other places are
negative, as where Sella is the origin; places that all lie between 0 and 1 are shares of the
picture and refused. Where labels are
not the landmarks' names, `--landmark-set isbi19` counts `l1`, `l2`, ... in that set's order,
`--names a=S,b=N` says which is which and `--ignore` passes labels over, as in the converters.

## Reading the table

- `A→B` is the direction from A to B. `angle` runs from 0 to 180 degrees and is never folded to the
  acute one. `turn` is the signed angle from the first direction to the second: + where it turns to
  the side of the point named (or away from it).
- Distances from a line are + in front of it, that is on the side where Sella (S) is not. No sign
  comes from the picture's axes: a face to the left, or a picture turned by any angle, gives the
  same values.
- Angles between two planes are signed, + where the second slopes down at the front. This is the
  usual unsigned angle, except that planes which converge to the front give a negative one.
- **Norms** are mean ± standard deviation, or a range aimed at. The deviation (in standard
  deviations) is given for the former only; a range or target has none. Where a norm is of one sex
  it applies only when the sex is given.
- *circulated* marks a norm that is widely printed but that we could not trace to a primary source.
- *enlarged* marks norms of films larger than life: lengths measured against a ruler get no
  deviation from them. Other norms in mm were taken on films of mostly unstated enlargement, too.
- An analysis uses its own author's norm where a measurement has several.
- **in people** is between which values a human's lies, healthy or not. What lies outside is
  `impossible`: it has no value, the figure stands in `impossible` and in the reason. A point is
  misplaced then, or the scale is wrong. Bounds lie at least eight standard deviations away from
  every norm.

A norm holds for the people it was measured on: mind age and population.
Research use only; not a medical device.
"""

_SCALE = """\
## Can the scale be right?

Before anything is given in mm, the scale is checked on each picture against the face it makes: by
the first two of these lengths where their landmarks are there, else by the others. One outside its
range is enough for no millimetres. Where none can be measured, a warning says so.
"""

_CLASSES = """\
## Classes of the ISBI 2015 challenge

A value on a border belongs to the class that stands first. The success classification rate (SCR)
of a report is the share told rightly within each true class, averaged over the classes that occur,
then over the measures. The challenge's own code cuts coordinates to whole pixels; this one does
not.
"""


def measurements_page() -> str:
    """The page as Markdown."""
    parts = [_INTRODUCTION, _SCALE]
    rows = [[e.name, "-".join(e.ends), f"{e.range}", e.source] for e in FACE_LENGTHS]
    parts.append(
        "\n".join([*_table(["length", "from, to", "mm in people", "from norms"], rows), ""])
    )
    for analysis in ANALYSES.values():
        parts.append(f"## {analysis.title} (`{analysis.name}`)\n")
        parts.append(_section([MEASUREMENTS[key] for key in analysis.keys]))
    parts.append(_CLASSES)
    parts.append(_class_table(e for e in MEASUREMENTS.values() if e.classes))
    return "\n".join(parts)


def _section(definitions: Sequence[Definition]) -> str:
    titles = [
        "key",
        "measures",
        "formula",
        "unit",
        "norm",
        "in people",
        *(title for _, title in _SETS),
    ]
    rows = [
        [
            f"`{entry.key}`",
            entry.name,
            _formula(entry),
            entry.unit,
            _norms(entry),
            str(HUMAN_RANGES[entry.key]),
            *("yes" if entry.computable_on(name) else "-" for name, _ in _SETS),
        ]
        for entry in definitions
    ]
    keys: dict[str, list[str]] = {}
    for entry in definitions:
        if entry.note:
            keys.setdefault(entry.note, []).append(f"`{entry.key}`")
    notes = [f"- {', '.join(named)}: {note}" for note, named in keys.items()]
    return "\n".join([*_table(titles, rows), *(["", *notes] if notes else []), ""])


def _formula(entry: Definition) -> str:
    return f"{entry.formula}; +: {entry.sign}" if entry.sign else str(entry.formula)


def _norms(entry: Definition) -> str:
    texts = []
    for norm in entry.norms:
        marks = "" if norm.traced or "circulated" in norm.source else ", circulated"
        marks += f", enlarged {100 * norm.enlarged:g} %" if norm.enlarged else ""
        texts.append(f"{norm} ({norm.source}{marks})")
    return "; ".join(texts) or "-"


def _class_table(definitions: Iterable[Definition]) -> str:
    rows = []
    for entry in definitions:
        for found in entry.classes:
            rows.append([f"`{entry.key}`", str(found.number), found.label, _range(found)])
    return "\n".join([*_table(["key", "class", "meaning", "value"], rows), ""])


def _range(found: ClassRange) -> str:
    if found.low == -math.inf:
        return f"below {found.high:g}"
    if found.high == math.inf:
        return f"above {found.low:g}"
    return f"{found.low:g}" if found.low == found.high else f"{found.low:g} to {found.high:g}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [titles, ["---"] * len(titles), *rows]
    # A soft-tissue name's backtick would open a code span.
    return ["| " + " | ".join(map(_escape, line)) + " |" for line in lines]


def _escape(cell: str) -> str:
    whole = cell.startswith("`") and cell.endswith("`")
    return cell if whole else cell.replace("`", "\\`").replace("|", "\\|")


def main(argv: Sequence[str]) -> None:
    """Write the page to the file named, or print it."""
    if argv:
        page = Path(argv[0])
        if page.exists() and _COMMAND not in page.read_text(encoding="utf-8", errors="replace"):
            raise SystemExit(f"error: {page}: is no page that this command wrote")
        write_text_atomic(page, measurements_page())
    else:
        print(measurements_page(), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
