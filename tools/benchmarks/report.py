"""Time a report over made-up predictions: python tools/benchmarks/report.py [options].

Medians are printed, on the clock and of processor time: the second says what an idle machine
would take. The report has everything: groups, devices, two observers, the mean shape, a
comparison with another run, measurements, and the worst images drawn from a PNG file on disk.
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

LIMIT_S = 10.0


def parse_args(argv=None):
    from mmceph.arguments import COUNT, ToolParser

    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=COUNT, default=150)
    parser.add_argument("--landmark-set", default="cldetection38", metavar="NAME")
    parser.add_argument("--size", type=COUNT, nargs=2, default=(1935, 2400), metavar=("W", "H"))
    parser.add_argument("--rounds", type=COUNT, default=3)
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep the last report here")
    return parser.parse_args(argv)


def mean_face(names):
    """The phantom's mean face in mm, what it lacks placed somewhere in it, and around 0.1 mm."""
    import numpy as np

    from mmceph.phantom.template import TEMPLATE

    rng = np.random.default_rng(1)
    return np.array([TEMPLATE.get(name, rng.uniform((0, 0), (65, 95))) for name in names])


def make_records(names, count, size, picture):
    """Predictions 1 mm off on heads that differ by 3 mm, with observers and two devices."""
    import numpy as np

    from mmceph.evaluation.records import CephRecord

    rng = np.random.default_rng(0)
    face = mean_face(names) * 10 + (700, 900)
    records = []
    for number in range(count):
        truth = face + rng.normal(0, 30, face.shape)
        marks = np.full((len(names), 1), 2.0)
        shift = rng.normal(0, 5, face.shape)
        records.append(
            CephRecord(
                file=f"{number}.png",
                image_size=tuple(size),
                predicted=truth + rng.normal(0, 8, face.shape),
                scores=np.ones(len(names)),
                truth=truth,
                visible=np.ones(len(names), bool),
                spacing=(0.1, 0.1),
                device=("ART Plus", "Hyperion")[number % 2],
                observers={
                    "junior": np.hstack([truth + shift, marks]),
                    "senior": np.hstack([truth - shift, marks]),
                },
                image_path=str(picture),
            )
        )
    return records


def time_report(records, names, out, before, plots):
    """Return the seconds of one report, on the clock and of processor time."""
    import numpy as np

    from mmceph.evaluation.report import write_report

    fractions = np.mean([record.truth for record in records], axis=0) / records[0].image_size
    start, busy = time.perf_counter(), time.process_time()
    write_report(
        records,
        names=names,
        out_dir=out,
        dataset="made-up predictions",
        config="-",
        checkpoint="-",
        environment={},
        difficult=names[: len(names) // 4],
        mean_shape_fractions=fractions,
        compare=before,
        plots=plots,
    )
    return time.perf_counter() - start, time.process_time() - busy


def run(args):
    import cv2
    import numpy as np

    from mmceph.landmarks import get_landmark_set

    names = get_landmark_set(args.landmark_set).names
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "picture.png")
        rng = np.random.default_rng(0)
        noise = cv2.GaussianBlur(rng.normal(128, 60, tuple(args.size)[::-1]), (0, 0), 3)
        cv2.imwrite(str(picture), noise.clip(0, 255).astype(np.uint8))
        records = make_records(names, args.images, args.size, picture)
        before = Path(folder, "before")
        time_report(records, names, before, None, plots=False)
        for record in records:
            record.predicted = record.predicted + rng.normal(0, 1, record.predicted.shape)
        out = args.out or Path(folder, "after")
        print(f"report over {args.images} x {len(names)}, {os.cpu_count()} cores, "
              f"{args.rounds} rounds")  # fmt: skip
        for plots in (False, True):
            timed = [time_report(records, names, out, before, plots) for _ in range(args.rounds)]
            clock, busy = (statistics.median(values) for values in zip(*timed, strict=True))
            print(f"  {'with' if plots else 'without'} plots: {clock:.2f} s, of processor time "
                  f"{busy:.2f} s")  # fmt: skip
        size = (out / "index.html").stat().st_size / 2**20
        print(f"  index.html: {size:.1f} MB; wanted: below {LIMIT_S:.0f} s with plots")


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
