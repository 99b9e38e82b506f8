"""Pack a ruler model: python tools/deployment/pack_ruler_model.py CONFIG CHECKPOINT --out FILE."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too


def parse_args(argv=None):
    from mmceph.arguments import ToolParser

    parser = ToolParser(
        description="Write a ruler model as one small file of tensors in half precision."
    )
    parser.add_argument("config", help="ruler config")
    parser.add_argument("checkpoint", help="its weights")
    parser.add_argument("--out", required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--note", default="", type=str, help="how it was made, kept in the file")
    parser.add_argument(
        "--trust-checkpoint",
        action="store_true",
        help="load checkpoints that hold more than tensors (they can run code)",
    )
    return parser.parse_args(argv)


def run(args):
    from mmceph.apis.ruler_model import pack_ruler_model

    path = pack_ruler_model(
        args.config, args.checkpoint, args.out, args.note, trust=args.trust_checkpoint
    )
    print(f"Wrote {path} ({path.stat().st_size / 1e6:.2f} MB)")


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
