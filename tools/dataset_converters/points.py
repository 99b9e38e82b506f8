"""Convert tables of points (csv) to mmceph's canonical COCO JSON."""

from __future__ import annotations

import sys

from _converter_tool import run_tool

_EPILOG = """\
RAW is a table, or a folder with tables and the images (or images/). The first line names the
columns: image, landmark, x, y (a line a point) or image, NAME_x, NAME_y, ... (a line an image),
and perhaps observer and subject. Other titles of that meaning will do (file, label, annotator,
x_NAME), and so will commas, semicolons or tabs, decimal points or commas. Coordinates are px of the
image. A table without a column image is of the image of its own name.

examples:
  python tools/dataset_converters/points.py points.csv --images DIR --out data/mine
  python tools/dataset_converters/points.py RAW --out data/mine --landmark-set isbi19 --spacing 0.1
"""


def main(argv: list[str] | None = None) -> int:
    return run_tool("points", __doc__, _EPILOG, argv)


if __name__ == "__main__":
    sys.exit(main())
