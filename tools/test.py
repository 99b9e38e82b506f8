"""Test a model and write its report: python tools/test.py CONFIG CHECKPOINT [options]."""

import argparse
import os
import sys
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too


def parse_args(argv=None):
    from mmceph.arguments import COUNT, ToolParser, Whole

    parser = ToolParser(
        description="Test a landmark model: prints a table and writes a report with pictures."
    )
    parser.add_argument("config", help="config file")
    parser.add_argument(
        "checkpoint", nargs="?", help="weights to test [the best ones of the work folder]"
    )
    parser.add_argument("--checkpoint", dest="checkpoint_flag", metavar="CKPT", help="the same")
    parser.add_argument("--out", metavar="DIR", help="folder of the report [WORK_DIR/report]")
    parser.add_argument(
        "--compare", metavar="REPORT", help="report.json of another run, as the 'before'"
    )
    parser.add_argument("--work-dir", help="folder of the logs [work_dirs/CONFIG]")
    parser.add_argument("--data-root", metavar="DIR", help="folder the data sets are read from")
    parser.add_argument("--annotations", metavar="FILE", help="annotation file to test on")
    parser.add_argument(
        "--landmarks",
        "--landmark-set",
        dest="landmarks",
        metavar="LIST",
        help="what the model finds: S,N,A,..., a file of names or a set's name [what the "
        "checkpoint says, else the config]",
    )
    parser.add_argument("--batch-size", type=COUNT, help="images per step and GPU")
    parser.add_argument(
        "--workers", type=Whole(0), metavar="N", help="loader processes per data set"
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
    parser.add_argument(
        "--launcher",
        choices=["none", "pytorch", "slurm", "mpi"],
        default="none",
        help="job launcher",
    )
    parser.add_argument("--local_rank", "--local-rank", type=int, help=argparse.SUPPRESS)
    # Intermixed: plain parsing refuses "CONFIG --work-dir D CHECKPOINT".
    args = parser.parse_intermixed_args(argv)
    if args.checkpoint and args.checkpoint_flag and args.checkpoint != args.checkpoint_flag:
        parser.error("two checkpoints given: name one, as an argument or with --checkpoint")
    args.checkpoint = args.checkpoint or args.checkpoint_flag
    if args.local_rank is not None:  # older launchers say it so, and not in the environment
        os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    args.words = list(sys.argv[1:] if argv is None else argv)
    return args


def prepare(args):
    """Read the config, put the flags into it and see that everything named is there."""
    from mmceph.engine import flags, overrides
    from mmceph.engine.config import load_config
    from mmceph.engine.raw_data_root import usable_data_root
    from mmceph.evaluation import testing
    from mmceph.evaluation.report import load_other

    options = flags.parse_cfg_options(args.cfg_options)
    cfg = load_config(
        args.config, options, require_mmpose=args.require_mmpose, landmarks=args.landmarks
    )
    flags.apply_work_dir(cfg, args.config, args.work_dir)
    cfg.launcher = args.launcher
    testing.require_test_part(cfg, args.config)
    if args.data_root is not None:
        overrides.set_data_root(cfg, usable_data_root(cfg, args.data_root))
    if args.annotations is not None:
        overrides.set_annotations(cfg, "test_dataloader", args.annotations)
    if args.batch_size is not None:
        cfg.test_dataloader["batch_size"] = args.batch_size
    if args.workers is not None:
        overrides.set_workers(cfg, args.workers)
    if args.compare is not None:
        load_other(args.compare)  # before minutes of testing, not after
    cfg.load_from = testing.find_checkpoint(args.checkpoint, cfg)
    cfg.resume = False
    return cfg


def run(args):
    from mmengine.dist import is_main_process

    from mmceph.engine import launch
    from mmceph.engine.config_errors import clear_missing_parts
    from mmceph.engine.process_group import connected, require_launched
    from mmceph.evaluation.before_test import reporting_to, require_comparable

    require_launched(args.launcher, "tools/test.py", args.words)
    with clear_missing_parts():
        cfg = prepare(args)
    out = Path(args.out or Path(cfg.work_dir, "report"))
    with connected(cfg):
        runner = launch.build_runner(
            cfg, trust=args.trust_checkpoint, landmarks_given=args.landmarks is not None
        )
        # The other processes of a distributed test write nothing.
        with reporting_to(out) if is_main_process() else nullcontext():
            if args.compare is not None:
                require_comparable(runner, args.compare)
            test_and_report(args, cfg, runner, out)


def test_and_report(args, cfg, runner, out):
    from mmengine.dist import is_main_process

    from mmceph.evaluation import testing
    from mmceph.evaluation.report import format_table
    from mmceph.evaluation.ruler_testing import ruler_report

    # Before the test: a training that goes on may write the file anew meanwhile.
    checksum = testing.checksum_of(cfg.load_from)
    runner.register_hook(testing.CheckpointFitHook())
    runner.register_hook(testing.ProgressHook())
    runner.test()
    if not is_main_process():
        return
    table, files = ruler_report(runner, cfg) or (None, {})
    report, warnings = testing.report_on(
        runner,
        cfg,
        out_dir=out,
        config=args.config,
        checkpoint=cfg.load_from,
        checkpoint_sha256=checksum,
        compare=args.compare,
        more_files=files,
    )
    print(f"\n{format_table(report)}\n")
    if table is not None:
        print(f"{table}\n")
    for warning in warnings:
        print(f"Note: {warning}")
    print(f"Checkpoint: {cfg.load_from}")
    print(f"Report: {out / 'index.html'} (with plots), and report.json, report.md,")
    print(f"        per_landmark.csv and predictions.json in {out}")


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
