"""Compare the cost of a training step: python tools/benchmarks/difficult_training.py [options].

Every way of training the difficult landmarks and the full fine-tune, on the same phantoms, at the
same input size and batch size, taking turns in one run: seconds a step (median), memory of the
activations kept for the backward pass, multiply-adds forward and backward. On a GPU also the peak
memory, in mixed precision.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

CONFIGS = {
    "full fine-tune": ("configs/aariz/hrnet_768.py", {}),
    "weighted": ("configs/aariz/hrnet_768_weighted.py", {}),
    "masked": ("configs/aariz/hrnet_768_difficult_masked.py", {}),
    "distill": ("configs/aariz/hrnet_768_difficult_distill.py", {}),
    "exact, stage": ("configs/aariz/hrnet_768_difficult_stage.py", {}),
    "exact, last module": (
        "configs/aariz/hrnet_768_difficult_stage.py",
        {"model.branch_at": "stage4.2"},
    ),
    "exact, stage, cached": (
        "configs/aariz/hrnet_768_difficult_stage.py",
        {"model.feature_cache": {"kind": "memory"}},
    ),
    "exact, last module, cached": (
        "configs/aariz/hrnet_768_difficult_stage.py",
        {"model.branch_at": "stage4.2", "model.feature_cache": {"kind": "memory"}},
    ),
    "exact, refine": ("configs/hrnet_768_difficult.py", {}),
}
FIXED_VIEW = ("RandomBBoxTransform", "RandomExposure", "RandomNoise")


def parse_args(argv=None):
    from mmceph.arguments import COUNT, ToolParser

    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=COUNT, nargs=2, default=(320, 256), metavar=("H", "W"))
    parser.add_argument("--batch-size", type=COUNT, default=2)
    parser.add_argument("--rounds", type=COUNT, default=7, help="steps of each, after a warm-up")
    parser.add_argument(
        "--only", nargs="+", choices=[*CONFIGS], metavar="NAME", help="some of them"
    )
    parser.add_argument("--out", metavar="FILE", help="write the figures as JSON, too")
    return parser.parse_args(argv)


def prepare(name, args, root):
    """Build one way's model, optimizer and a batch of its own pipeline."""
    import torch
    from mmengine.runner import Runner

    from mmceph.engine.config import load_config
    from mmceph.engine.flags import apply_train_flags

    path, options = CONFIGS[name]
    cfg = load_config(ROOT / path, options)
    apply_train_flags(
        cfg,
        {
            "config": path,
            "work_dir": str(Path(root, "work")),
            "data_root": str(root),
            "image_size": args.size,
            "batch_size": args.batch_size,
            "workers": 0,
        },
    )
    if "cached" in name:
        pipeline = cfg.train_dataloader.dataset.pipeline
        cfg.train_dataloader.dataset.pipeline = [s for s in pipeline if s.type not in FIXED_VIEW]
    cfg.log_level = "ERROR"
    cfg.load_from = None
    cfg.experiment_name = f"benchmark {name}"
    runner = Runner.from_cfg(cfg)
    model = runner.model
    if cfg.model.type == "DifficultLandmarkEstimator":
        model.load_state_dict(model.base.state_dict(), strict=False)
    model.train()
    if not torch.cuda.is_available():
        model.to(memory_format=torch.channels_last)
    wrapper = runner.build_optim_wrapper(cfg.optim_wrapper)
    batch = next(iter(runner.build_dataloader(cfg.train_dataloader)))
    return {"model": model, "wrapper": wrapper, "batch": batch, "seconds": []}


def step(way):
    import copy

    import torch

    batch = copy.deepcopy(way["batch"])
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = time.perf_counter()
    way["model"].train_step(batch, optim_wrapper=way["wrapper"])
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def activation_bytes(way):
    """Bytes autograd keeps between forward and backward, each storage once, weights not counted."""
    import torch

    weights = {p.untyped_storage().data_ptr() for p in way["model"].parameters()}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        step(way)
    return sum(kept.values())


def multiply_adds(way):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        step(way)
    return counter.get_total_flops() / 2


def peak_gpu_bytes(way):
    import torch

    torch.cuda.reset_peak_memory_stats()
    step(way)
    return torch.cuda.max_memory_allocated()


def measure(names, args, root):
    import torch

    ways = {}
    for name in names:
        print(f"  building {name}", file=sys.stderr, flush=True)
        ways[name] = prepare(name, args, root)
    for way in ways.values():
        step(way)  # warm-up; fills the caches
    for number in range(args.rounds):
        for way in ways.values():
            way["seconds"].append(step(way))
        print(f"  round {number + 1}/{args.rounds}", file=sys.stderr, flush=True)
    figures = {}
    for name, way in ways.items():
        figures[name] = {
            "seconds": statistics.median(way["seconds"]),
            "activation_mb": activation_bytes(way) / 1e6,
            "multiply_adds_g": multiply_adds(way) / 1e9,
        }
        if torch.cuda.is_available():
            figures[name]["peak_gpu_mb"] = peak_gpu_bytes(way) / 1e6
    return figures


def show(figures, args):
    import torch

    from mmceph.pose import USING_MMPOSE

    first = next(iter(figures.values()))
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    backbone = "HRNet-W32" if USING_MMPOSE else "the fallback's ResNet-18"
    print(
        f"{backbone}, input {args.size[1]}x{args.size[0]} (w x h), batch {args.batch_size}, "
        f"{where}, "
        f"{torch.get_num_threads()} threads, median of {args.rounds}; in brackets against the first"
    )
    gpu = "peak_gpu_mb" in first
    print(f"{'':28}{'s a step':>17}{'activations MB':>19}{'multiply-adds G':>19}", end="")
    print(f"{'peak MB':>17}" if gpu else "")
    for name, row in figures.items():
        cells = [f"{name:28}"]
        for key, width in (
            ("seconds", 17), ("activation_mb", 19), ("multiply_adds_g", 19), ("peak_gpu_mb", 17),
        ):  # fmt: skip
            if key in row:
                digits = 3 if key == "seconds" else 1
                cells.append(f"{row[key]:.{digits}f} ({row[key] / first[key]:.2f})".rjust(width))
        print("".join(cells))


def run(args):
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
    from mmceph.io import json_bytes, write_own_file
    from mmceph.phantom.dataset import write_dataset
    from mmceph.pose import USING_MMPOSE

    names = args.only or [*CONFIGS]
    if not USING_MMPOSE:
        names = [name for name in names if "last module" not in name]  # HRNet's
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "data"
        write_dataset(root, args.batch_size + 2, seed=0, size=(960, 1200), split=(0.7, 0.15, 0.15))
        figures = measure(names, args, root)
    show(figures, args)
    if args.out:
        write_own_file(args.out, json_bytes(figures), "benchmark figures")


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
