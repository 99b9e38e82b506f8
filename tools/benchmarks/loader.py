"""Loading speed of LoadCephImage beside MMPose's LoadImage, on the same large files, in one run."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

_EPILOG = """\
Phantoms are drawn small, enlarged to --size and given grain, as films have. The paths take turns,
epoch by epoch, on one core; the first epoch, in which a cache fills, is left out. The shift is
how far a dot drawn at each landmark lies from where the stock path brings it; the points themselves
come from the same matrix in both.
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    from mmceph.arguments import COUNT, Number, ToolParser

    parser = ToolParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    pair: dict[str, Any] = {"nargs": 2, "type": int, "metavar": ("W", "H")}
    parser.add_argument("--size", default=[2000, 2400], help="px of the files [2000 2400]", **pair)
    parser.add_argument("--input-size", default=[320, 400], help="of the network", **pair)
    parser.add_argument("--number", type=COUNT, default=12, metavar="N", help="pictures [12]")
    parser.add_argument("--epochs", type=COUNT, default=7, metavar="N", help="that are timed [7]")
    parser.add_argument("--formats", nargs="+", default=["jpg", "png"], choices=["jpg", "png"])
    parser.add_argument(
        "--color-types", nargs="+", default=["color", "grayscale"], choices=["color", "grayscale"]
    )
    parser.add_argument("--oversample", type=Number(1), default=2.0, help="of the reduced copy [2]")
    parser.add_argument(
        "--augment", action="store_true", help="also shift, scale and rotate, in all paths"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser.parse_args(argv)


def write_pictures(folder: Path, args: argparse.Namespace, suffix: str) -> list[dict[str, Any]]:
    """Write large grainy phantoms; return what a data set would hand to the pipeline."""
    import cv2
    import numpy as np

    from mmceph.phantom import generate_phantom

    samples = []
    width, height = args.size
    small = (500, round(500 * height / width))
    for index in range(args.number):
        phantom = generate_phantom(seed=0, index=index, size=small)
        large = cv2.resize(phantom.image, (width, height), interpolation=cv2.INTER_CUBIC)
        grain = np.random.default_rng(index).normal(0.0, 3.0, large.shape)
        picture = (large + grain).round().clip(0, 255).astype(np.uint8)
        # Real files have three equal channels more often than one.
        encoded = cv2.imencode(f".{suffix}", cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))[1]
        path = folder / f"{index:03d}.{suffix}"
        path.write_bytes(encoded.tobytes())
        points = np.array(list(phantom.landmarks.values()), np.float32)
        points = (points + 0.5) * np.array([width, height], np.float32) / small - 0.5
        samples.append({"img_path": str(path), "keypoints": points[None]})
    return samples


def make_paths(args: argparse.Namespace, color_type: str, folder: Path) -> dict[str, Any]:
    """The pipelines that are compared, by name."""
    from mmceph.datasets.transforms import CephTopdownAffine, LoadCephImage
    from mmceph.pose import (
        Compose,
        GenerateTarget,
        GetBBoxCenterScale,
        LoadImage,
        RandomBBoxTransform,
        TopdownAffine,
    )

    size = tuple(args.input_size)
    encoder = {"type": "MSRAHeatmap", "input_size": size, "sigma": 2.0}
    encoder["heatmap_size"] = (size[0] // 4, size[1] // 4)
    own = {**encoder, "type": "mmceph.SoftArgmaxHeatmap"}  # maps are drawn on the training device
    common: list[Any] = [GetBBoxCenterScale(padding=1.0)]
    if args.augment:
        common.append(RandomBBoxTransform(0.05, 1.0, (0.83, 1.2), 1.0, 15.0, 1.0))

    def path(load: Any, warp: Any, codec: dict[str, Any] = encoder) -> Any:
        return Compose([load, *common, warp(size), GenerateTarget(encoder=codec)])

    ours = {"input_size": size, "oversample": args.oversample}
    paths = {"stock": path(LoadImage(color_type=color_type), TopdownAffine)}
    for cache in (None, "disk", "ram"):
        load = LoadCephImage(color_type, **ours, cache=cache, cache_dir=str(folder / "cache"))
        paths[f"LoadCephImage, cache={cache}"] = path(load, CephTopdownAffine)
        if cache:
            paths[f"the same, our codec ({cache})"] = path(load, CephTopdownAffine, own)
    return paths


def run_epoch(path: Any, samples: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    import numpy as np

    np.random.seed(seed)
    done = []
    width, height = 0, 0
    for sample in samples:
        width, height = sample["size"]
        given = {
            "img_path": sample["img_path"],
            "bbox": np.array([[0, 0, width, height]], np.float32),
            "keypoints": sample["keypoints"].copy(),
            "keypoints_visible": np.ones(sample["keypoints"].shape[:2], np.float32),
        }
        done.append(path(given))
    return done


def measure(args: argparse.Namespace, paths: dict[str, Any], samples: list) -> dict[str, Any]:
    """Medians per path, ms per picture of wall-clock and of processor time."""
    wall: dict[str, list[float]] = {name: [] for name in paths}
    cpu: dict[str, list[float]] = {name: [] for name in paths}
    for epoch in range(args.epochs + 1):
        for name, path in paths.items():
            start = time.perf_counter(), time.process_time()
            run_epoch(path, samples, epoch)
            stop = time.perf_counter(), time.process_time()
            if epoch:
                wall[name].append(1e3 * (stop[0] - start[0]) / len(samples))
                cpu[name].append(1e3 * (stop[1] - start[1]) / len(samples))
    stock = statistics.median(cpu["stock"])
    stock_wall = statistics.median(wall["stock"])
    return {
        name: {
            "images_per_s": 1e3 / statistics.median(wall[name]),
            "cpu_ms_per_image": statistics.median(cpu[name]),
            "speed_up": stock_wall / statistics.median(wall[name]),
            "cpu_speed_up": stock / statistics.median(cpu[name]),
        }
        for name in paths
    }


def landmark_shifts(
    args: argparse.Namespace, paths: dict[str, Any], samples: list, folder: Path
) -> dict[str, Any]:
    """How far landmarks move between the stock path and the reduced one, in input px."""
    import cv2
    import numpy as np

    sigma = 3.0 * max(args.size[0] / args.input_size[0], args.size[1] / args.input_size[1])
    apart, shifts = 0.0, []
    for sample in samples:
        for point in sample["keypoints"][0]:  # one at a time: dots must not overlap
            dot = {**sample, "img_path": str(folder / "dot.png"), "keypoints": point[None, None]}
            picture = _dot(args.size, point, sigma)
            Path(dot["img_path"]).write_bytes(cv2.imencode(".png", picture)[1].tobytes())
            stock, ours = (run_epoch(paths[name], [dot], 1)[0] for name in list(paths)[:2])
            key = "transformed_keypoints"
            apart = max(apart, float(np.abs(stock[key] - ours[key]).max()))
            centres = [_centre(results["img"]) for results in (stock, ours)]
            shifts.append(float(np.hypot(*(centres[0] - centres[1]))))
    return {
        "points_max_px": apart,
        "picture_median_px": statistics.median(shifts),
        "picture_max_px": max(shifts),
        "landmarks": len(shifts),
    }


def _dot(size: list[int], point: Any, sigma: float) -> Any:
    import numpy as np

    x, y = (
        np.exp(-((np.arange(n) - p) ** 2) / (2 * sigma**2))
        for n, p in zip(size, point, strict=True)
    )
    return (250 * y[:, None] * x).round().astype(np.uint8)


def _centre(image: Any) -> Any:
    """The centre of gravity (x, y) in px."""
    import numpy as np

    grey = (image[..., 0] if image.ndim == 3 else image).astype(float)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]]
    return np.array([(grey * x).sum(), (grey * y).sum()]) / grey.sum()


def run(args: argparse.Namespace) -> int:
    import cv2

    from mmceph.io import json_bytes, write_own_file
    from mmceph.pose import USING_MMPOSE

    cv2.setNumThreads(1)
    figures: dict[str, Any] = {"size": args.size, "input_size": args.input_size}
    figures["stock_is"] = "MMPose" if USING_MMPOSE else "mmceph's stand-ins: MMPose is not here"
    width, height = args.size
    print(f"{args.number} pictures of {width} x {height} px to {args.input_size}, one core,")
    print(f"median of {args.epochs} epochs; stock path: {figures['stock_is']}\n")
    with tempfile.TemporaryDirectory(prefix="mmceph_loader_") as folder:
        for suffix in args.formats:
            samples = write_pictures(Path(folder), args, suffix)
            for sample in samples:
                sample["size"] = tuple(args.size)
            for color_type in args.color_types:
                paths = make_paths(args, color_type, Path(folder))
                found = measure(args, paths, samples)
                shift = landmark_shifts(args, paths, samples[:2], Path(folder))
                figures[f"{suffix}, {color_type}"] = {**found, "shift": shift}
                show(f"{suffix}, {color_type}", found, shift)
    if args.out:
        write_own_file(args.out, json_bytes(figures), "benchmark figures")
    return 0


def show(title: str, found: dict[str, Any], shift: dict[str, float]) -> None:
    print(f"{title:28}  images/s  CPU ms  times stock (wall, CPU)")
    for name, row in found.items():
        print(
            f"  {name:28}  {row['images_per_s']:8.1f}  {row['cpu_ms_per_image']:6.2f}"
            f"  {row['speed_up']:6.1f} {row['cpu_speed_up']:6.1f}"
        )
    print(
        f"  landmarks: points move by {shift['points_max_px']:.4f} px, the picture under them by "
        f"{shift['picture_median_px']:.4f} (median), {shift['picture_max_px']:.4f} px (largest of "
        f"{shift['landmarks']})\n",
        flush=True,
    )


def main(argv: list[str] | None = None) -> int:
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
