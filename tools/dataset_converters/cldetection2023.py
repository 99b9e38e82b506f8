"""Convert the CL-Detection2023 training set to mmceph's canonical COCO JSON."""

from __future__ import annotations

import sys

from _converter_tool import run_tool

_EPILOG = """\
RAW holds train_stack.mha (compressed or not) and train-gt.json, as the organisers ship them. The
pictures are unpacked to OUT/images/NNN.png without their padding, one at a time; NNN is the number
the challenge counts images by, from 1. A run that was stopped goes on where it was.

example:
  python tools/dataset_converters/cldetection2023.py RAW --out data/cldetection2023
"""


def main(argv: list[str] | None = None) -> int:
    return run_tool("cldetection2023", __doc__, _EPILOG, argv)


if __name__ == "__main__":
    sys.exit(main())
