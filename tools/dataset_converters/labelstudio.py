"""Convert a Label Studio export of key points to mmceph's canonical COCO JSON."""

from __future__ import annotations

import sys

from _converter_tool import run_tool

_EPILOG = """\
RAW is the exported file (JSON; JSON-MIN and CSV too), or a folder with it and the images. These are
needed: their names are found in --images DIR and its subfolders, with or without the eight digits
that an upload puts before them. Each annotator is an observer.

examples:
  python tools/dataset_converters/labelstudio.py export.json --images DIR --out data/ruler
  python tools/dataset_converters/labelstudio.py export.json --images DIR --out data/mine \\
      --names 1=A,2=ANS,31=P1,32=P2 --ignore 30
"""


def main(argv: list[str] | None = None) -> int:
    return run_tool("labelstudio", __doc__, _EPILOG, argv)


if __name__ == "__main__":
    sys.exit(main())
