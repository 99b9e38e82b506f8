"""Convert the ISBI 2015 challenge's data to mmceph's canonical COCO JSON."""

from __future__ import annotations

import sys

from _converter_tool import run_tool

_EPILOG = """\
RAW holds RawImage/{TrainingData,Test1Data,Test2Data}/NNN.bmp and AnnotationsByMD/{400_senior,
400_junior}/NNN.txt, or the inner folders alone. Training data become train, Test1 val and Test2
test. A landmark is the mean of the two doctors.

example:
  python tools/dataset_converters/isbi2015.py RAW --out data/isbi2015
"""


def main(argv: list[str] | None = None) -> int:
    return run_tool("isbi2015", __doc__, _EPILOG, argv)


if __name__ == "__main__":
    sys.exit(main())
