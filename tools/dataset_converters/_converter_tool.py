"""What the converters share: their options, their exit codes, and nothing that loads slowly."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

_SHARED = """\

OUT/annotations/{train,val,test}.json is written, and a report beside them; the images stay where
they are and are never changed. What is wrong is listed with the file and the reason. Without
--skip-bad nothing is written until it is mended; with it, what is bad is left out. Without test
images, test.json holds the same images as val.json. docs/datasets.md has a page on every format.
"""


def run_tool(format_name: str, about: str, epilog: str, argv: list[str] | None = None) -> int:
    """Run a converter.

    Args:
        format_name: Which format; see ``mmceph/converters/formats.py``.
        about: What the tool does.
        epilog: What RAW must hold, and an example.
        argv: Arguments; the command line's if left out.

    Returns:
        The exit status; see :mod:`mmceph.cli`.
    """
    from mmceph.cli import run_command

    def parse(words: Sequence[str] | None) -> argparse.Namespace:
        args = parse_args(about, epilog, words, format_name)
        words = sys.argv[1:] if words is None else words
        args.command = _again(format_name, words if args.force else [*words, "--force"])
        return args

    return run_command(
        parse,
        lambda args: run(format_name, args),
        argv,
        go_on="No file was left half-written; the same command starts anew.",
    )


def _again(format_name: str, words: Sequence[str]) -> str:
    """The command that converts again after this one was killed."""
    from mmceph.cli import command_line

    name = f"{format_name}.py"
    script = sys.argv[0] if Path(sys.argv[0]).name == name else f"tools/dataset_converters/{name}"
    return command_line(["python", script, *words])


def run(format_name: str, args: argparse.Namespace) -> int:
    # Only now, so that --help does not wait for OpenCV.
    from mmceph.converters.command import convert

    return convert(format_name, args)


def parse_args(
    about: str, epilog: str, argv: Sequence[str] | None = None, format_name: str = ""
) -> argparse.Namespace:
    from mmceph.arguments import ToolParser, check_spacing, check_split

    parser = ToolParser(
        description=about,
        epilog=epilog.rstrip("\n") + "\n" + _SHARED,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("raw", metavar="RAW", type=Path, help="the raw data set")
    parser.add_argument("--out", required=True, type=Path, help="data root to write to")
    parser.add_argument(
        "--images", type=Path, metavar="DIR", help="where the images are, if not where RAW has them"
    )
    if format_name == "labelme":
        parser.add_argument(
            "--pair-by",
            choices=["both", "path", "name"],
            default="both",
            help="by what a file finds its image: imagePath, its own name, or both, refused where "
            "they name two images (default: both)",
        )
    if format_name == "labelstudio":
        parser.add_argument(
            "--image-field",
            metavar="FIELD",
            help="the field of a task's data that names the image, or TO_NAME=FIELD,... of several "
            "(default: by to_name, or the only field that names a picture)",
        )
    parser.add_argument("--skip-bad", action="store_true", help="list and leave out what is bad")
    parser.add_argument("--copy-images", action="store_true", help="copy the images to OUT/images")
    parser.add_argument("--dry-run", action="store_true", help="check and report, write nothing")
    parser.add_argument("--force", action="store_true", help="replace what an earlier run wrote")
    _add_split(parser.add_argument_group("the split"))
    _add_meaning(parser.add_argument_group("what the data mean"))
    args = parser.parse_args(argv)
    check_spacing(parser, args.spacing)
    check_split(parser, args.split)
    if args.spacing is not None:
        args.spacing = (args.spacing[0], args.spacing[-1])
    return args


def _add_split(group: argparse._ArgumentGroup) -> None:
    from mmceph.arguments import SEED, SHARE

    group.add_argument(
        "--split",
        nargs=3,
        type=SHARE,
        metavar=("TRAIN", "VAL", "TEST"),
        help="shares of the subjects (default: the organisers' split, else 0.8 0.2 0; "
        "cldetection2023: 0.75 0.125 0.125)",
    )
    group.add_argument("--seed", type=SEED, default=0, help="seed of the split (default: 0)")
    group.add_argument(
        "--subjects",
        type=Path,
        metavar="CSV",
        help="table with the columns file and subject; images of a subject stay together",
    )


def _add_meaning(group: argparse._ArgumentGroup) -> None:
    from mmceph.arguments import POSITIVE, Number

    group.add_argument(
        "--landmarks",
        "--landmark-set",
        dest="landmark_set",
        metavar="LIST",
        help="what to write: a set's name (isbi19, aariz29, cldetection38, ...), S,N,A,... or a "
        "file of names; labels are these names or aliases, or l1, l2, ... in their order (default: "
        "the format's own, or the smallest set that fits)",
    )
    group.add_argument(
        "--names", metavar="L=NAME,...", help="landmark by label, or a file of such lines, or JSON"
    )
    group.add_argument(
        "--ignore", default="", type=str, metavar="L,...", help="labels to pass over"
    )
    group.add_argument(
        "--numbered-from",
        type=int,
        choices=[0, 1],
        help="the number of the set's first landmark, where labels are numbers and do not show it",
    )
    group.add_argument(
        "--spacing",
        nargs="+",
        type=POSITIVE,
        metavar="MM",
        help="mm per px, once or along x and y, in place of what the files say (where nobody says "
        "it is unknown, and errors are given in px only)",
    )
    group.add_argument("--device", help="the X-ray machine, in place of what the files say")
    group.add_argument(
        "--on-duplicate",
        choices=["error", "first", "last", "leave-out"],
        default="error",
        help="a label given at two places (default: error)",
    )
    group.add_argument(
        "--duplicate-tolerance",
        type=Number(0),
        default=3.0,
        metavar="PX",
        help="two places this near are one (default: 3)",
    )
