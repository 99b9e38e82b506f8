"""Train a model: python tools/train.py CONFIG [options]."""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too


def parse_args(argv=None):
    from mmceph.arguments import COUNT, POSITIVE, SEED, Number, ToolParser, Whole

    parser = ToolParser(description="Train a landmark model, with MMPose or on the fallback.")
    parser.add_argument("config", help="config file")
    parser.add_argument("--work-dir", help="folder of logs and checkpoints [work_dirs/CONFIG]")
    parser.add_argument(
        "--resume",
        nargs="?",
        const="auto",
        metavar="CKPT",
        help="go on from CKPT, or from the newest checkpoint of the work folder",
    )
    parser.add_argument("--load-from", metavar="CKPT", help="start from these weights")
    parser.add_argument("--amp", action="store_true", help="mixed precision, on a GPU")
    parser.add_argument("--require-mmpose", action="store_true", help="no fallback: fail instead")
    parser.add_argument("--epochs", type=COUNT, help="number of epochs")
    parser.add_argument("--lr", type=POSITIVE, help="learning rate")
    parser.add_argument("--batch-size", type=COUNT, help="images per step and GPU")
    parser.add_argument(
        "--image-size", type=COUNT, nargs=2, metavar=("H", "W"), help="network input in px"
    )
    parser.add_argument("--warmup-epochs", type=Number(0), help="epochs of linear warm-up")
    parser.add_argument(
        "--unfreeze-after", type=Whole(0), metavar="N", help="train the backbone after N epochs"
    )
    parser.add_argument(
        "--loss",
        metavar="NAME",
        help="loss of the head: mse, adaptive_wing, cross_entropy, smooth_l1 or wing",
    )
    parser.add_argument(
        "--patience", type=COUNT, metavar="N", help="stop after N validations without gain"
    )
    parser.add_argument(
        "--landmarks",
        "--landmark-set",
        dest="landmarks",
        metavar="LIST",
        help="what to find: S,N,A,... or a file of names or a set's name; sets data sets, head, "
        "losses and report",
    )
    parser.add_argument("--data-root", metavar="DIR", help="folder the data sets are read from")
    parser.add_argument("--annotations", metavar="FILE", help="annotation file of the training set")
    parser.add_argument(
        "--workers", type=Whole(0), metavar="N", help="loader processes per data set"
    )
    parser.add_argument("--seed", type=SEED, help="seed of everything random")
    parser.add_argument(
        "--trust-checkpoint",
        action="store_true",
        help="load checkpoints that hold more than tensors (they can run code)",
    )
    parser.add_argument(
        "--cfg-options", nargs="+", metavar="KEY=VALUE", help="settings merged over the config"
    )
    parser.add_argument(
        "--launcher",
        choices=["none", "pytorch", "slurm", "mpi"],
        default="none",
        help="job launcher",
    )
    parser.add_argument("--local_rank", "--local-rank", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.local_rank is not None:  # older launchers say it so, and not in the environment
        os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    args.words = list(sys.argv[1:] if argv is None else argv)
    return args


def run(args):
    from mmceph.engine import flags, launch
    from mmceph.engine.config import load_config
    from mmceph.engine.config_errors import clear_missing_parts
    from mmceph.engine.process_group import require_launched
    from mmceph.engine.processes import sole_training

    require_launched(args.launcher, "tools/train.py", args.words)
    options = flags.parse_cfg_options(args.cfg_options)
    cfg = load_config(
        args.config, options, require_mmpose=args.require_mmpose, landmarks=args.landmarks
    )
    flags.apply_work_dir(cfg, args.config, args.work_dir)
    with sole_training(cfg.work_dir, args.launcher):
        with clear_missing_parts():
            flags.apply_train_flags(cfg, vars(args))
        launch.train(cfg, trust=args.trust_checkpoint)


def main(argv=None):
    from mmceph.cli import resume_command, run_command

    again = resume_command("tools/train.py", sys.argv[1:] if argv is None else argv)
    return run_command(parse_args, run, argv, go_on=f"go on with: {again}")


if __name__ == "__main__":
    sys.exit(main())
