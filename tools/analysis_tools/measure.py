"""Measure tracings: angles, distances and their norms from files of named points."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

_EPILOG = """\
POINTS is a labelme file, a JSON object {"S": [x, y], ...} or a csv with the columns name, x and y;
coordinates are px, and a point at (0, 0) counts as missing. Without --spacing there are no
millimetres, only angles and ratios; nor are there with one that makes a face no human has. What no
human has is "impossible" and no value.
docs/measurements.md has every formula and norm. Research use only; not a medical device.

examples:
  python tools/analysis_tools/measure.py tracing.json --spacing 0.1 --analysis steiner wits
  python tools/analysis_tools/measure.py 003.json --landmark-set isbi19 --spacing 0.127
"""
_COLUMNS = (
    "file", "analysis", "key", "name", "value", "unit", "norm", "norm_source", "deviation",
    "class", "class_label", "reason", "note", "impossible",
)  # fmt: skip


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    from mmceph.arguments import POSITIVE, ToolParser, check_spacing

    parser = ToolParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("points", nargs="+", metavar="POINTS", help="files of points")
    parser.add_argument(
        "--spacing", nargs="+", type=POSITIVE, metavar="MM", help="mm per px, once or along x and y"
    )
    parser.add_argument(
        "--landmarks",
        "--landmark-set",
        dest="landmark_set",
        metavar="LIST",
        help="what labels l1, l2, ... count: a set's name such as isbi19, S,N,A,... or a file",
    )
    parser.add_argument(
        "--names", metavar="L=NAME,...", help="landmark by label, or a file of such lines, or JSON"
    )
    parser.add_argument(
        "--ignore",
        default="",
        type=str,
        metavar="L,...",
        help="labels to pass over, for example L30,text",
    )
    parser.add_argument(
        "--numbered-from",
        type=int,
        choices=[0, 1],
        help="the number of the set's first landmark, where labels are numbers and do not show it",
    )
    parser.add_argument("--analysis", nargs="+", metavar="NAME", help="which analyses [all]")
    parser.add_argument("--sex", choices=["female", "male"], help="for norms that differ")
    parser.add_argument("--out", metavar="CSV", help="write a table, one line per measurement")
    args = parser.parse_args(argv)
    check_spacing(parser, args.spacing)
    return args


def run(args: argparse.Namespace) -> None:
    from mmceph.analysis import measure
    from mmceph.analysis.point_files import Labels, read_points
    from mmceph.io import csv_text, require_own_file, text_with, write_own_file

    known = text_with(",".join(_COLUMNS[:3]))
    if args.out is not None:
        require_own_file(args.out, "a table of measurements", recognise=known)
    spacing = None if args.spacing is None else (args.spacing[0], args.spacing[-1])
    labels = Labels.of(args.landmark_set, args.names, args.ignore, args.numbered_from)
    notes: dict[str, list[str]] = {file: [] for file in args.points}
    points = {file: read_points(file, labels, notes[file].append) for file in args.points}
    found = {
        file: measure(named, mm_per_px=spacing, analysis=args.analysis, sex=args.sex)
        for file, named in points.items()
    }
    for file, measurements in found.items():
        noted = [f"WARNING: {text}" for text in notes[file]]
        lines = [file, *noted, *scale_lines(points[file], spacing), table(measurements)]
        print("\n".join(lines) + "\n")
    if args.out is not None:
        rows = [line(file, entry) for file, entries in found.items() for entry in entries]
        content = csv_text([_COLUMNS, *rows]).encode("utf-8", "backslashreplace")
        path = write_own_file(args.out, content, "a table of measurements", recognise=known)
        print(f"Table: {path}")


def scale_lines(points, spacing) -> list[str]:
    """What speaks against the scale that the user states."""
    from mmceph.analysis.calibration import choose_calibration

    return [
        f"WARNING: {text}" for text in choose_calibration(explicit=spacing, points=points).warnings
    ]


def table(measurements) -> str:
    lines = []
    for entry in measurements:
        if not entry.computable:
            lines.append(f"{entry.key:22} {'-':>9}        {entry.reason}")
            continue
        digits = 3 if entry.unit == "ratio" else 1
        norm = "" if entry.norm is None else f"norm {entry.norm}"
        z = "" if entry.deviation is None else f"  {entry.deviation:+.1f} sd"
        named = "" if entry.classified is None else f"  {entry.classified.label}"
        value = f"{entry.key:22} {entry.value:9.{digits}f} {entry.unit:5}  {norm}{z}{named}"
        lines.append(value.rstrip())
    return "\n".join(lines)


def line(file, entry) -> list[object]:
    norm, found = entry.norm, entry.classified
    cells = [
        file,
        entry.analysis,
        entry.key,
        entry.name,
        None if entry.value is None else round(entry.value, 4),
        entry.unit,
        norm,
        None if norm is None else norm.source,
        None if entry.deviation is None else round(entry.deviation, 3),
        None if found is None else found.number,
        None if found is None else found.label,
        entry.reason,
        entry.note,
        None if entry.impossible is None else f"impossible: {entry.impossible:.4f}",
    ]
    return ["" if cell is None else cell for cell in cells]


def main(argv: list[str] | None = None) -> int:
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
