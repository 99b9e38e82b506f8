"""Report on predictions that lie in a file: python eval_metric.py PREDICTIONS ANNOTATIONS."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

EPILOG = """\
PREDICTIONS is one of
  a predictions.json of tools/test.py,
  the prediction file of the CL-Detection2023 challenge (orthodontic-landmarks.json),
  a csv with the columns image, landmark, x, y (and score), one line a point,
  a csv with the columns image, NAME_x, NAME_y, ..., one line an image;
coordinates are px of the original image. ANNOTATIONS is what a converter of
tools/dataset_converters writes. Images are joined by file name and landmarks by name; what is
missing or extra is listed. The report is the one tools/test.py writes (docs/report.md).

example:
  python tools/analysis_tools/eval_metric.py theirs.csv data/mine/annotations/test.json \\
      --train data/mine/annotations/train.json --compare work_dirs/mine/report
"""


def parse_args(argv=None):
    from mmceph.arguments import SEED, ToolParser

    parser = ToolParser(
        description="Judge predictions of any program by the report tools/test.py writes.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("predictions", type=Path, metavar="PREDICTIONS", help="see below")
    parser.add_argument("annotations", type=Path, metavar="ANNOTATIONS", help="annotation file")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of the report [PREDICTIONS without its suffix + _report]",
    )
    parser.add_argument(
        "--compare", metavar="REPORT", help="report.json of another run, as the 'before'"
    )
    parser.add_argument(
        "--landmarks",
        "--landmark-set",
        dest="landmark_set",
        metavar="LIST",
        help="what to compare: S,N,A,..., a file of names or a set's name [those of ANNOTATIONS]",
    )
    parser.add_argument(
        "--difficult", nargs="+", metavar="NAME", help="difficult landmarks [the set's]"
    )
    parser.add_argument(
        "--data-root",
        type=Path,
        metavar="DIR",
        help="folder the file names start from [the one above ANNOTATIONS]",
    )
    parser.add_argument(
        "--train", metavar="FILE", help="annotation file trained on: the mean-shape baseline"
    )
    parser.add_argument("--seed", type=SEED, default=0, help="seed of the bootstrap [0]")
    parser.add_argument("--no-plots", action="store_true", help="tables only")
    args = parser.parse_args(argv)
    if args.out is None:
        args.out = args.predictions.with_name(f"{args.predictions.stem}_report")
    return args


def run(args):
    from mmceph.evaluation.offline import evaluate_predictions
    from mmceph.evaluation.report import format_table

    report, notes = evaluate_predictions(
        args.predictions,
        args.annotations,
        out_dir=args.out,
        landmark_set=args.landmark_set,
        difficult=args.difficult,
        data_root=args.data_root,
        train=args.train,
        compare=args.compare,
        seed=args.seed,
        plots=not args.no_plots,
    )
    print(f"{format_table(report)}\n")
    for note in notes:
        print(f"Note: {note}")
    print(f"Report: {args.out / 'index.html'}, and report.json, report.md, per_landmark.csv and")
    print(f"        predictions.json in {args.out}")


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
