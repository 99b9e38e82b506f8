"""Command line: ``python -m mmceph.phantom --out DIR --num 120 --seed 0``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a data set of phantoms; return the exit code."""
    from mmceph.arguments import check_split
    from mmceph.cli import command_line, run_command

    def parse(words: Sequence[str] | None) -> argparse.Namespace:
        parser = _parser()
        args = parser.parse_args(words)
        check_split(parser, args.split)
        again = sys.argv[1:] if words is None else words
        force = [] if args.force else ["--force"]
        args.command = command_line(["python", "-m", "mmceph.phantom", *again, *force])
        return args

    return run_command(parse, _run, arguments)


def _run(args: argparse.Namespace) -> None:
    # Heavy imports wait until --help and wrong arguments are dealt with.
    from mmceph.phantom.dataset import write_dataset
    from mmceph.phantom.options import PhantomOptions
    from mmceph.phantom.variety import Variety

    if args.raw:
        from mmceph.phantom.raw import make_raw_phantoms, write_raw

        phantoms = make_raw_phantoms(args.num, args.seed, tuple(args.size))
        print(f"raw: {write_raw(args.out, args.raw, phantoms)}")
        return
    files = write_dataset(
        args.out,
        args.num,
        args.seed,
        tuple(args.size),
        tuple(args.split),
        PhantomOptions(
            ruler_probability=args.ruler_probability,
            variety=Variety.many_machines() if args.many_machines else None,
        ),
        args.force,
        None if args.quiet else _show,
        args.command,
    )
    for name, path in files.items():
        print(f"{name}: {path}")


def _parser() -> argparse.ArgumentParser:
    from mmceph.arguments import COUNT, SEED, SHARE, ToolParser

    parser = ToolParser(
        prog="python -m mmceph.phantom",
        description="Write procedural lateral cephalograms with exact landmarks as a data set.",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--num", type=COUNT, default=120, help="how many pictures (default 120)")
    parser.add_argument("--seed", type=SEED, default=0, help="seed of the series (default 0)")
    parser.add_argument(
        "--size", type=COUNT, nargs=2, default=(512, 640), metavar=("W", "H"), help="size in px"
    )
    parser.add_argument(
        "--split",
        type=SHARE,
        nargs=3,
        default=(0.7, 0.15, 0.15),
        metavar=("TRAIN", "VAL", "TEST"),
        help="shares of the three parts, sum 1 (default 0.7 0.15 0.15)",
    )
    parser.add_argument(
        "--many-machines",
        action="store_true",
        help="films, detectors and patients of many kinds instead of one machine's",
    )
    parser.add_argument(
        "--ruler-probability",
        type=SHARE,
        default=1.0,
        metavar="P",
        help="share of pictures with a ruler; without one P1 and P2 are missing (default 1)",
    )
    parser.add_argument(
        "--force", action="store_true", help="write into a folder that is not empty"
    )
    parser.add_argument(
        "--raw",
        choices=["labelme", "labelstudio", "points", "isbi2015", "aariz", "cldetection2023"],
        help="write that raw format instead, to try tools/dataset_converters on",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress line")
    return parser


def _show(done: int, total: int) -> None:
    """One line on stderr; only now and then where it is not a terminal."""
    terminal = sys.stderr.isatty()
    if not terminal and done != total and done % max(1, total // 4):
        return
    text = f"phantom {done}/{total} ({100 * done // total} %)"
    end = "\n" if done == total or not terminal else ""
    print(("\r" if terminal else "") + text, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
