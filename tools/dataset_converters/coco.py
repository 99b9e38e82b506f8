"""Check COCO key points of any origin and write them in mmceph's canonical form."""

from __future__ import annotations

import sys

from _converter_tool import run_tool

_EPILOG = """\
RAW is a COCO file, or a folder with annotations/*.json, .json files or a folder for each split
(files or folders named train, val and test keep their split). A category's keypoints must name
landmarks (or labels, see --names), or each landmark has a category of its own. Images are looked
for below RAW and --images DIR only.

example:
  python tools/dataset_converters/coco.py RAW --out data/mine --dry-run
"""


def main(argv: list[str] | None = None) -> int:
    return run_tool("coco", __doc__, _EPILOG, argv)


if __name__ == "__main__":
    sys.exit(main())
