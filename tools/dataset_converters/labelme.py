"""Convert a folder of images and labelme files to mmceph's canonical COCO JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_EPILOG = """\
RAW holds images/ and labelme/<observer>/*.json (or labelme/*.json), or images and .json files
side by side. OUT/annotations/{train,val,test}.json is written; the images stay where they are.

A landmark is the mean of the observers who gave it. A label missing from a file is reported; the
other observers' points are used, and a landmark that nobody gave is written as missing. A label
given twice within --duplicate-tolerance px is taken at the mean; at two places it is an error.
With --skip-bad whatever is in error is listed, left out for that observer alone, and the rest is
converted. Without a test share, test.json holds the same images as val.json.

example:
  python tools/dataset_converters/labelme.py RAW --out data/mine --landmark-set isbi19 \\
      --spacing 0.127 --split 0.8 0.2 0 --seed 0 --skip-bad
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "raw", metavar="RAW", type=Path, help="folder with images and labelme files"
    )
    parser.add_argument("--out", required=True, type=Path, help="data root to write to")
    meaning = parser.add_argument_group("what the labels mean")
    meaning.add_argument(
        "--landmark-set",
        metavar="NAME",
        help="isbi19, aariz29, cldetection38, ...; labels are landmark names or aliases, or "
        "l1, l2, ... in the set's order (without it: the smallest set that fits the labels)",
    )
    meaning.add_argument(
        "--names", metavar="L=NAME,...", help="landmark by label, or a file of such lines, or JSON"
    )
    meaning.add_argument("--ignore", default="", metavar="L,...", help="labels to pass over")
    parser.add_argument(
        "--spacing",
        nargs="+",
        type=float,
        metavar="MM",
        help="mm per px, once or along x and y (left out: unknown, errors are given in px only)",
    )
    parser.add_argument("--device", help="the X-ray machine, for reports per device")
    parser.add_argument(
        "--split", nargs=3, type=float, default=[0.8, 0.2, 0.0], metavar=("TRAIN", "VAL", "TEST"),
        help="shares of the subjects (default: 0.8 0.2 0)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="seed of the split (default: 0)")
    parser.add_argument(
        "--on-duplicate",
        choices=["error", "first", "last", "leave-out"],
        default="error",
        help="a label given at two places (default: error)",
    )
    parser.add_argument(
        "--duplicate-tolerance", type=float, default=3.0, metavar="PX",
        help="two places this near are one (default: 3)",
    )  # fmt: skip
    parser.add_argument("--skip-bad", action="store_true", help="list and leave out what is bad")
    parser.add_argument("--copy-images", action="store_true", help="copy the images to OUT/images")
    parser.add_argument("--dry-run", action="store_true", help="check and report, write nothing")
    parser.add_argument("--force", action="store_true", help="replace what an earlier run wrote")
    args = parser.parse_args(argv)
    if args.spacing is not None:
        if len(args.spacing) > 2 or not all(0 < s < float("inf") for s in args.spacing):
            parser.error("--spacing: give one or two positive numbers of mm per px")
        args.spacing = (args.spacing[0], args.spacing[-1])
    if not args.duplicate_tolerance >= 0:
        parser.error("--duplicate-tolerance: give a distance in px, 0 or more")
    return args


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A redirected Windows console cannot spell every file name; that must not stop the work.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    root = Path(__file__).resolve().parents[2]
    if (root / "mmceph").is_dir() and str(root) not in sys.path:
        sys.path.insert(0, str(root))
    # Only now, so that --help does not wait for OpenCV.
    from mmceph.converters.labelme_command import convert
    from mmceph.converters.problems import ConversionError

    try:
        convert(args)
    except ConversionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: no annotation file was left half-written", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
