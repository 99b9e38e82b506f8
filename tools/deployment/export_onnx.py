"""Write a trained model as one ONNX file with decoding inside, and a JSON beside it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

_EPILOG = """\
The graph takes normalised images (batch, channels, h, w) and gives points in input px and scores;
mmceph.deployment.onnx_runner runs it on pictures without torch. Needs the extra mmceph[onnx].

example:
  python tools/deployment/export_onnx.py CONFIG CHECKPOINT --out model.onnx --images a.png b.png
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    from mmceph.arguments import POSITIVE, ToolParser

    parser = ToolParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="config file")
    parser.add_argument("checkpoint", help="weights")
    parser.add_argument("--out", required=True, metavar="FILE", help="the .onnx file to write")
    parser.add_argument(
        "--images", nargs="+", metavar="FILE", help="compare with torch on these [phantoms]"
    )
    parser.add_argument(
        "--tolerance", type=POSITIVE, default=0.02, metavar="PX", help="input px allowed [0.02]"
    )
    parser.add_argument("--require-mmpose", action="store_true", help="no fallback: fail instead")
    parser.add_argument(
        "--trust-checkpoint",
        action="store_true",
        help="load checkpoints that hold more than tensors (they can run code)",
    )
    parser.add_argument(
        "--cfg-options", nargs="+", metavar="KEY=VALUE", help="settings merged over the config"
    )
    # Intermixed: plain parsing refuses "CONFIG --out FILE CHECKPOINT".
    args = parser.parse_intermixed_args(argv)
    if not args.out.endswith(".onnx"):
        parser.error(f"--out {args.out}: must end in .onnx")
    return args


def run(args: argparse.Namespace) -> None:
    from mmceph.apis.model import load_model
    from mmceph.deployment.describe import describe, prepared_images
    from mmceph.deployment.export import export_model, require_own_files, require_packages
    from mmceph.deployment.exportable import as_module
    from mmceph.engine import flags

    require_packages()  # before the model is built, not after
    require_own_files(args.out)
    options = flags.parse_cfg_options(args.cfg_options)
    loaded = load_model(
        args.config,
        args.checkpoint,
        device="cpu",
        cfg_options=options,
        require_mmpose=args.require_mmpose,
        trust=args.trust_checkpoint,
    )
    as_module(loaded.model)  # what cannot be exported is said before its pipeline is looked at
    about = describe(loaded)
    images = None if args.images is None else prepared_images(args.images, about)
    found = export_model(loaded.model, about, args.out, images=images, tolerance=args.tolerance)
    size = Path(args.out).stat().st_size / 1e6
    check = found.checked
    print(f"Points within {check['max_px']:g} input px of torch's, scores within "
          f"{check['max_score']:g}, on {check['images']} images")  # fmt: skip
    print(f"ONNX: {args.out} ({size:.1f} MB)")
    print(f"JSON: {Path(args.out).with_suffix('.json')} ({len(found.landmark_names)} landmarks)")


def main(argv: list[str] | None = None) -> int:
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
