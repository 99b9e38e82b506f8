"""Draw a data set's samples with their landmarks, as the pipeline gives them to the network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

_EPILOG = """\
example:
  python tools/analysis_tools/browse_dataset.py configs/isbi2015/resnet18_pyramid_320x400.py \\
      --data-root data/isbi2015 --split train --number 12 --before-after
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    from mmceph.arguments import COUNT, SEED, ToolParser, Whole

    parser = ToolParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="config file")
    parser.add_argument(
        "--split", choices=["train", "val", "test"], default="train", help="which part [train]"
    )
    parser.add_argument("--out", metavar="DIR", help="folder [work_dirs/CONFIG/browse]")
    parser.add_argument("--number", type=COUNT, default=8, metavar="N", help="samples [8]")
    parser.add_argument("--shuffle", action="store_true", help="not the first N but any")
    parser.add_argument("--seed", type=SEED, default=0, help="of shuffling and augmentation [0]")
    parser.add_argument("--contact-sheet", action="store_true", help="one file with all of them")
    parser.add_argument("--columns", type=COUNT, default=4, metavar="N", help="of the sheet [4]")
    parser.add_argument(
        "--before-after", action="store_true", help="the file's picture beside the pipeline's"
    )
    parser.add_argument(
        "--height", type=Whole(64), metavar="PX", help="of a picture [900, sheet 480]"
    )
    parser.add_argument("--data-root", metavar="DIR", help="folder the data sets are read from")
    parser.add_argument(
        "--cfg-options", nargs="+", metavar="KEY=VALUE", help="settings merged over the config"
    )
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    import numpy as np
    from mmengine.registry import init_default_scope

    import mmceph.codecs
    import mmceph.datasets  # noqa: F401
    from mmceph.datasets.browse import build_dataset, picture_of
    from mmceph.engine import flags, overrides
    from mmceph.engine.config import load_config
    from mmceph.imaging.drawing import contact_sheet, encode_png
    from mmceph.io import OwnFolder

    cfg = load_config(args.config, flags.parse_cfg_options(args.cfg_options))
    init_default_scope(cfg.get("default_scope", "mmceph"))
    if args.data_root is not None:
        overrides.set_data_root(cfg, args.data_root)
    np.random.seed(args.seed)
    dataset = build_dataset(cfg, args.split)
    order = np.random.permutation(len(dataset)) if args.shuffle else np.arange(len(dataset))
    out = Path(args.out or Path("work_dirs", Path(args.config).stem, "browse"))
    own = OwnFolder(out, "drawn samples")
    own.require_ours()
    height = args.height or (480 if args.contact_sheet else 900)
    pictures = []
    for index in order[: args.number].tolist():
        picture = picture_of(dataset, index, before_after=args.before_after, height=height)
        if args.contact_sheet:
            pictures.append(picture)
            continue
        stem = Path(dataset.get_data_info(index)["img_path"]).stem
        print(own.write(f"{index:04d}_{stem}.png", encode_png(picture)))
    if pictures:
        sheet = contact_sheet(pictures, args.columns)
        print(own.write(f"{args.split}.png", encode_png(sheet)))
    for path in own.kept:
        print(f"Changed since and kept: {path}")


def main(argv: list[str] | None = None) -> int:
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
