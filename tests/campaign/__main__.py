"""Run one part of the campaign and print its counts; exit status 1 where anything was lost."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

PARTS = ("training", "conversion", "report", "prediction", "command_line", "files", "checkpoints")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="faults to cause [20]")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    args = parser.parse_args(argv)
    part = importlib.import_module(f"tests.campaign.{args.part}")
    with tempfile.TemporaryDirectory() as folder:
        tally = part.campaign(args.runs, args.seed, Path(folder))
    print(f"{args.part}: {tally}")
    return 1 if tally.losses else 0


if __name__ == "__main__":
    sys.exit(main())
