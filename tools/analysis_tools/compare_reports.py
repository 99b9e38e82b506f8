"""Compare two reports: python compare_reports.py BEFORE AFTER."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

EPILOG = """\
Both runs are scored on the annotations of AFTER, on the images and landmarks both have. The last
line says in plain words whether anything was gained. Exit status: 0 compared, whatever came out;
1 an error that was named; 2 a wrong command line.
"""


def parse_args(argv=None):
    from mmceph.arguments import SEED, ToolParser

    parser = ToolParser(
        description="Compare two tested models, landmark by landmark and by group.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("before", type=Path, help="report.json, or the folder that holds it")
    parser.add_argument("after", type=Path, help="the same of the later run")
    parser.add_argument(
        "--difficult",
        nargs="+",
        metavar="NAME",
        help="the difficult landmarks [those a report marks, AFTER's first]",
    )
    parser.add_argument("--seed", type=SEED, default=0, help="seed of the bootstrap [0]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    return parser.parse_args(argv)


def run(args):
    from mmceph.evaluation.report.compare_files import compare_reports, comparison_lines
    from mmceph.io import json_bytes, json_with, require_own_file, write_own_file

    known = json_with("basis", "landmarks", "verdict")
    if args.json is not None:
        require_own_file(args.json, "a comparison", recognise=known)
    part = compare_reports(args.before, args.after, difficult=args.difficult, seed=args.seed)
    if args.json is not None:
        write_own_file(args.json, json_bytes(part), "a comparison", recognise=known)
    print("\n".join(comparison_lines(part)))


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
