"""Time the training pipeline: python tools/benchmarks/pipeline.py [options].

Images per second of our training pipeline against MMPose's stock one, on the same files, at the
same input size, the two taking turns in one run. Medians are printed.
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


def parse_args(argv=None):
    from mmceph.arguments import COUNT, ToolParser

    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=COUNT, default=12, help="phantoms to load")
    parser.add_argument("--size", type=COUNT, nargs=2, default=(1935, 2400), metavar=("W", "H"))
    parser.add_argument("--rounds", type=COUNT, default=5, help="passes over the images, each")
    return parser.parse_args(argv)


def stock_pipeline(size):
    """Give MMPose's usual top-down training pipeline with MSRA heat-maps."""
    heatmap = tuple(side // 4 for side in size)
    codec = {"type": "MSRAHeatmap", "input_size": size, "heatmap_size": heatmap, "sigma": 2}
    return [
        {"type": "LoadImage"},
        {"type": "GetBBoxCenterScale"},
        {"type": "RandomFlip", "direction": "horizontal", "prob": 0.0},
        {"type": "RandomBBoxTransform"},
        {"type": "TopdownAffine", "input_size": size},
        {"type": "GenerateTarget", "encoder": codec},
        {"type": "PackPoseInputs"},
    ]


def make_dataset(root, pipeline):
    from mmceph.registry import DATASETS

    return DATASETS.build(
        {
            "type": "CephDataset",
            "landmark_set": "phantom31",
            "data_root": str(root),
            "ann_file": "annotations/train.json",
            "data_prefix": {"img": ""},
            "pipeline": pipeline,
        }
    )


def time_pipelines(root, pipelines, rounds):
    """Return the seconds per image of each pipeline, one figure per round after a warm-up."""
    datasets = {name: make_dataset(root, pipeline) for name, pipeline in pipelines.items()}
    seconds = {name: [] for name in datasets}
    for turn in range(rounds + 1):
        for name, dataset in datasets.items():
            start = time.perf_counter()
            for index in range(len(dataset)):
                dataset[index]
            if turn:  # the first pass warms the file cache for both
                seconds[name].append((time.perf_counter() - start) / len(dataset))
    return seconds


def run(args):
    import cv2
    from mmengine.config import Config
    from mmengine.registry import init_default_scope

    from mmceph.phantom.dataset import write_dataset
    from mmceph.pose import USING_MMPOSE

    cv2.setNumThreads(0)  # as in a loader's worker
    init_default_scope("mmceph")
    config = Config.fromfile(ROOT / "configs" / "isbi2015" / "resnet18_pyramid_320x400.py")
    stock = "MMPose's stock pipeline" if USING_MMPOSE else "the stock pipeline of the stand-ins"
    pipelines = {
        "ours": config.train_pipeline,
        stock: stock_pipeline(tuple(config.codec.input_size)),
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "data")
        write_dataset(root, args.images, size=tuple(args.size), split=(1.0, 0.0, 0.0))
        seconds = time_pipelines(root, pipelines, args.rounds)
    print(f"{args.images} PNG files of {args.size[0]}x{args.size[1]} px, {args.rounds} rounds, "
          f"one process of {os.cpu_count()} cores, input {config.codec.input_size}")  # fmt: skip
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"  {name:40s} {1 / median:7.1f} images/s  ({1000 * median:.1f} ms each)")
    ratios = [b / a for a, b in zip(seconds["ours"], seconds[stock], strict=True)]
    print(f"  ours is {statistics.median(ratios):.2f} times as fast")


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
