"""Choose the difficult landmarks from a report: python select_difficult.py report.json."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

EPILOG = """\
Use the report of the VALIDATION images (tools/test.py CONFIG CKPT --annotations VAL.json): a list
chosen on the test images makes the test images' result too good. The file written is a config
part: name it in _base_ and use _base_.difficult_landmarks, or copy the list from it.
"""


def parse_args(argv=None):
    from mmceph.arguments import COUNT, Number, ToolParser

    parser = ToolParser(
        description="Choose the difficult landmarks of a tested model.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("report", type=Path, help="report.json, or the folder that holds it")
    rule = parser.add_mutually_exclusive_group()
    rule.add_argument(
        "--above-mm", type=Number(0), metavar="MM", help="those with a mean error above MM [1.8]"
    )
    rule.add_argument("--worst", type=COUNT, metavar="N", help="the N with the largest mean error")
    rule.add_argument(
        "--worse-than-observers",
        action="store_true",
        help="those with a mean error above the distance between two observers",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where to write the list [difficult_landmarks.py beside the report]",
    )
    return parser.parse_args(argv)


def run(args):
    from mmceph.evaluation.report.select import write_selection

    lines = write_selection(
        args.report,
        args.out,
        above_mm=args.above_mm,
        worst=args.worst,
        worse_than_observers=args.worse_than_observers,
    )
    print("\n".join(lines))


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
