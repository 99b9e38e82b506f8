"""Time prediction by torch, by the exported ONNX file and by MMPose, turn by turn in one run."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

_EPILOG = """\
Every path goes from the picture's file to points in its px, with the same weights, on the CPU. The
paths take turns, round by round; the first round, which warms everything up, is left out. MMPose's
own inference_topdown takes part where MMPose is installed and the config is one of its estimators.
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    from mmceph.arguments import COUNT, ToolParser

    parser = ToolParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="config file")
    parser.add_argument("checkpoint", help="weights")
    parser.add_argument("images", nargs="+", help="pictures")
    parser.add_argument("--onnx", metavar="FILE", help="exported file [exported first]")
    parser.add_argument("--rounds", type=COUNT, default=7, help="that are timed [7]")
    parser.add_argument(
        "--threads", type=COUNT, default=1, help="of torch, onnxruntime, OpenCV [1]"
    )
    parser.add_argument("--batch-size", type=COUNT, default=8, help="of the batched paths [8]")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument(
        "--trust-checkpoint",
        action="store_true",
        help="load checkpoints that hold more than tensors (they can run code)",
    )
    parser.add_argument(
        "--cfg-options", nargs="+", metavar="KEY=VALUE", help="settings merged over the config"
    )
    args = parser.parse_intermixed_args(argv)
    if len(args.images) < 2:
        parser.error("give at least two images")
    return args


Way = Callable[[], Any]


def make_paths(args: argparse.Namespace, onnx: Path) -> dict[str, Way]:
    """What is compared, by name: each gives the points (N, K, 2) of all pictures."""
    import numpy as np

    from mmceph.apis import CephInferencer
    from mmceph.deployment.onnx_runner import OnnxRunner
    from mmceph.engine import flags
    from mmceph.pose import USING_MMPOSE

    options = flags.parse_cfg_options(args.cfg_options)
    torch_path = CephInferencer(
        args.config,
        args.checkpoint,
        device="cpu",
        cfg_options=options,
        trust=args.trust_checkpoint,
    )
    runner = OnnxRunner(onnx, threads=args.threads)

    def ours(size: int) -> Way:
        return lambda: np.stack(
            [found.keypoints for found in torch_path(args.images, batch_size=size)]
        )

    def exported(size: int) -> Way:
        return lambda: np.stack([found.points for found in runner(args.images, batch_size=size)])

    many = args.batch_size
    paths = {
        "torch (CephInferencer)": ours(1),
        "onnxruntime (OnnxRunner)": exported(1),
        f"torch, {many} at once": ours(many),
        f"onnxruntime, {many} at once": exported(many),
    }
    if USING_MMPOSE:
        paths = {"MMPose inference_topdown": stock(args, options), **paths}
    return paths


def stock(args: argparse.Namespace, options: Any) -> Way:
    """MMPose's own way, picture by picture, with the box that the other paths take.

    Left to itself it takes a box one px larger than MMPose's data sets do.
    """
    import numpy as np
    from mmpose.apis import inference_topdown, init_model

    from mmceph.engine.config import load_config
    from mmceph.imaging import image_size

    model = init_model(load_config(args.config, options), args.checkpoint, device="cpu")

    def predict() -> Any:
        found = []
        for image in args.images:
            width, height = image_size(image)
            box = np.array([[0, 0, width - 1, height - 1]], np.float32)
            found += inference_topdown(model, image, box)
        return np.stack([sample.pred_instances.keypoints[0] for sample in found])

    return predict


def measure(paths: dict[str, Way], rounds: int, images: int) -> dict[str, dict[str, float]]:
    """Medians per path, ms per picture of wall-clock and of processor time."""
    wall: dict[str, list[float]] = {name: [] for name in paths}
    cpu: dict[str, list[float]] = {name: [] for name in paths}
    for turn in range(rounds + 1):
        for name, path in paths.items():
            start = time.perf_counter(), time.process_time()
            path()
            stop = time.perf_counter(), time.process_time()
            if turn:
                wall[name].append(1e3 * (stop[0] - start[0]) / images)
                cpu[name].append(1e3 * (stop[1] - start[1]) / images)
    first = next(iter(paths))
    base = statistics.median(wall[first]), statistics.median(cpu[first])
    return {
        name: {
            "ms_per_image": statistics.median(wall[name]),
            "cpu_ms_per_image": statistics.median(cpu[name]),
            "times_first": base[0] / statistics.median(wall[name]),
            "cpu_times_first": base[1] / statistics.median(cpu[name]),
        }
        for name in paths
    }


def distances(paths: dict[str, Way]) -> dict[str, float]:
    """Largest distance of each path's points from those of mmceph's torch path, px."""
    import numpy as np

    points = {name: path() for name, path in paths.items()}
    ours = points["torch (CephInferencer)"]
    return {name: float(np.linalg.norm(p - ours, axis=-1).max()) for name, p in points.items()}


def run(args: argparse.Namespace) -> None:
    import cv2
    import torch

    from mmceph.io import json_bytes, write_own_file

    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    with tempfile.TemporaryDirectory(prefix="mmceph_inference_") as folder:
        onnx = Path(args.onnx) if args.onnx else export(args, Path(folder))
        paths = make_paths(args, onnx)
        apart = distances(paths)
        found = measure(paths, args.rounds, len(args.images))
    for name, row in found.items():
        row["max_px_from_torch"] = apart[name]
    print(f"{len(args.images)} pictures, {args.threads} thread(s), median of {args.rounds} rounds")
    print(f"{'':30} ms/image  CPU ms   speed (CPU)   points from torch's, px")
    for name, row in found.items():
        print(
            f"{name:30} {row['ms_per_image']:8.1f} {row['cpu_ms_per_image']:7.1f}   "
            f"{row['times_first']:5.2f} ({row['cpu_times_first']:.2f})   "
            f"{row['max_px_from_torch']:.4f}"
        )
    if args.out:
        figures = {"images": len(args.images), "threads": args.threads, "paths": found}
        write_own_file(args.out, json_bytes(figures), "benchmark figures")


def export(args: argparse.Namespace, folder: Path) -> Path:
    """Export the model for this run alone."""
    from mmceph.apis.model import load_model
    from mmceph.deployment.describe import describe, prepared_images
    from mmceph.deployment.export import export_model
    from mmceph.engine import flags

    options = flags.parse_cfg_options(args.cfg_options)
    loaded = load_model(
        args.config,
        args.checkpoint,
        device="cpu",
        cfg_options=options,
        trust=args.trust_checkpoint,
    )
    about = describe(loaded)
    images = prepared_images(args.images[:3], about)
    export_model(loaded.model, about, folder / "model.onnx", images=images)
    return folder / "model.onnx"


def main(argv: list[str] | None = None) -> int:
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
