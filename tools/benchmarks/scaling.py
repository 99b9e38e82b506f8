"""How training and reports grow: python tools/benchmarks/scaling.py {training,report} [options].

``training`` states images per second for one process and for more: one to all GPUs where there are
any, else one and two processes on the processors, which share them. Pictures are phantoms, so what
is measured is decoding, augmentation, the network and the exchange of gradients.

``report`` states the time and the highest memory of the metric and of the whole report, plots too,
over made-up predictions. Each size runs in a process of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

CONFIG = ROOT / "configs" / "phantom" / "resnet18_quickstart.py"
LIMIT_MB = 2048


def parse_args(argv=None):
    from mmceph.arguments import COUNT, ToolParser, Whole

    parser = ToolParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    training = parts.add_parser("training", help="images per second of several processes")
    training.add_argument("--config", type=Path, default=CONFIG)
    training.add_argument("--processes", type=COUNT, nargs="+", metavar="N", help="numbers of them")
    training.add_argument("--batch-size", type=COUNT, default=4, help="of each process")
    training.add_argument("--images", type=COUNT, default=32, help="phantoms to train on")
    training.add_argument("--steps", type=COUNT, default=12, help="steps whose median counts")
    training.add_argument("--workers", type=Whole(0), default=0, help="loader processes of each")
    report = parts.add_parser("report", help="time and memory of the metric and the report")
    report.add_argument("--records", type=COUNT, nargs="+", default=[1000, 10_000, 50_000])
    report.add_argument("--landmark-set", default="cldetection38", metavar="NAME")
    report.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def run(args):
    if args.part == "training":
        measure_training(args)
    elif args.one:
        print(json.dumps(measure_report(args.records[0], args.landmark_set)))
    else:
        measure_reports(args)


def measure_training(args):
    """Print the images per second of every number of processes."""
    import torch

    from mmceph.phantom.dataset import write_dataset

    gpus = torch.cuda.device_count()
    counts = args.processes or (list(range(1, gpus + 1)) if gpus else [1, 2])
    device = f"{gpus} GPUs ({torch.cuda.get_device_name(0)})" if gpus else "no GPU"
    print(f"training, {os.cpu_count()} cores, {device}, batches of {args.batch_size}")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        share = args.images / (args.images + 2)
        half = (1 - share) / 2
        write_dataset(data, args.images + 2, seed=1, size=(967, 1200), split=(share, half, half))
        first = None
        for count in counts:
            rate = images_per_second(args, Path(folder), data, count)
            first = first or rate / count
            print(f"  {count} process{'es' if count > 1 else ''}: {rate:.1f} images/s, "
                  f"{rate / first:.2f} times one")  # fmt: skip


def images_per_second(args, folder, data, count):
    """Images per second of a short training in ``count`` processes, validation left out."""
    work = folder / f"work_{count}"
    epochs = -(-args.steps // max(1, args.images // (args.batch_size * count))) + 1
    words = [str(args.config), "--data-root", str(data), "--work-dir", str(work)]
    words += ["--epochs", str(epochs), "--batch-size", str(args.batch_size)]
    words += ["--workers", str(args.workers), "--landmarks", "phantom31", "--cfg-options"]
    words += ["default_hooks.logger.interval=1", f"train_cfg.val_interval={epochs + 1}"]
    words += ["default_hooks.checkpoint.interval=-1", "default_hooks.checkpoint.save_best=None"]
    words += ["log_processor.window_size=1"]
    threads = max(1, (os.cpu_count() or 1) // count)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(count), str(ROOT / "tools" / "train.py"), *words]
    command += ["--launcher", "pytorch"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"the training in {count} processes failed:\n{done.stderr[-3000:]}")
    scalars = next(work.glob("*/vis_data/scalars.json")).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in scalars.splitlines()]
    times = [row["time"] for row in rows if "time" in row and "loss" in row]
    return count * args.batch_size / statistics.median(times[-args.steps :])


def measure_reports(args):
    """Print time and memory of every size, each measured in a process of its own."""
    print(f"metric and report, {os.cpu_count()} cores, landmarks of {args.landmark_set}")
    for count in args.records:
        command = [sys.executable, __file__, "report", "--one", "--records", str(count)]
        command += ["--landmark-set", args.landmark_set]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in found["busy"].items())
        print(f"  {count} records: {parts} of processor time; {found['records_mb']:.0f} MB with "
              f"the records, at most {found['peak_mb']:.0f} MB (wanted: below {LIMIT_MB}); "
              f"report folder {found['folder_mb']:.0f} MB")  # fmt: skip


def measure_report(count, landmark_set):
    """Processor time by part, and the process's highest memory, for ``count`` records."""
    from report import make_records

    from mmceph.evaluation.metrics import CephMetric
    from mmceph.evaluation.report import write_report
    from mmceph.landmarks import get_landmark_set

    names = get_landmark_set(landmark_set).names
    records = make_records(names, count, (1935, 2400), "")
    for record in records:
        record.image_path = None
    found = {"busy": {}, "records_mb": peak_mb()}
    metric = CephMetric()
    metric.dataset_meta = {"landmark_names": names}
    start = time.process_time()
    metric.compute_metrics(list(records))
    found["busy"]["metric"] = time.process_time() - start
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        write_report(
            records, names=names, out_dir=folder, dataset="made-up predictions", config="-",
            checkpoint="-", environment={}, difficult=names[:9],
        )  # fmt: skip
        found["busy"]["report"] = time.process_time() - start
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        found["folder_mb"] = sum(path.stat().st_size for path in files) / 2**20
    return {**found, "peak_mb": peak_mb()}


def peak_mb():
    """The highest memory of this process so far, in MB; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
