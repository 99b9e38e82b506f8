"""Convert a folder of images and labelme files to mmceph's canonical COCO JSON."""

from __future__ import annotations

import sys

from _converter_tool import run_tool

_EPILOG = """\
RAW holds images/ and labelme/<observer>/*.json (or labelme/*.json), or images and .json files
side by side, also in a folder for each patient. imagePath says which image a file belongs to; a
picture inside the file (imageData) is taken where there is none. A landmark is the mean of the
observers who gave it. A label missing from a file is reported; the other observers' points are
used, and a landmark that nobody gave is written as missing. A label given twice within
--duplicate-tolerance px is taken at the mean; at two places it is an error.

example:
  python tools/dataset_converters/labelme.py RAW --out data/mine --landmark-set isbi19 \\
      --spacing 0.127 --split 0.8 0.2 0 --seed 0 --skip-bad
"""


def main(argv: list[str] | None = None) -> int:
    return run_tool("labelme", __doc__, _EPILOG, argv)


if __name__ == "__main__":
    sys.exit(main())
