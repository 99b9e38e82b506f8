"""Convert the Aariz data set to mmceph's canonical COCO JSON."""

from __future__ import annotations

import sys

from _converter_tool import run_tool

_EPILOG = """\
RAW holds {train,valid,test}/Cephalograms, {train,valid,test}/Annotations/Cephalometric Landmarks
and cephalogram_machine_mappings.csv, as unpacked (Train, Valid, Test will do). The organisers'
splits are kept, with valid as val. A landmark is the mean of senior and junior orthodontist.

example:
  python tools/dataset_converters/aariz.py RAW --out data/aariz
"""


def main(argv: list[str] | None = None) -> int:
    return run_tool("aariz", __doc__, _EPILOG, argv)


if __name__ == "__main__":
    sys.exit(main())
