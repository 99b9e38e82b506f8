"""How well rulers are read on phantoms: python tools/benchmarks/ruler_phantoms.py [options].

Draws phantoms with all kinds of rulers, bent, tilted, over- and under-exposed, cut by the edge or
absent, and reads each. Without --reader the true marks are moved by up to --jitter px and only the
ticks are put to the test; with it, the ruler model finds the marks as well. Figures are printed for
all and by what was drawn, beside a constant answer.
"""

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

SIZES = ((1024, 1280), (1340, 1671), (1600, 2000))  # 0.11 to 0.19 mm per px


def parse_args(argv=None):
    from mmceph.arguments import COUNT, SEED, Number, ToolParser

    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument("--num", type=COUNT, default=500, help="phantoms (default 500)")
    parser.add_argument("--seed", type=SEED, default=91)
    parser.add_argument(
        "--jitter", type=Number(0), default=3.0, help="px along x and y (default 3)"
    )
    parser.add_argument("--reader", action="store_true", help="let the ruler model find the marks")
    parser.add_argument("--config", help="its config; without one, a packed model")
    parser.add_argument("--checkpoint", help="its weights; without them, those that ship")
    parser.add_argument(
        "--trust-checkpoint",
        action="store_true",
        help="load checkpoints that hold more than tensors (they can run code)",
    )
    parser.add_argument("--out", metavar="FILE", help="write all readings as JSON")
    return parser.parse_args(argv)


def read_true_marks(phantom, jitter, rng):
    """Read the ticks from the true marks, moved; where there is no ruler, from any place."""
    import numpy as np

    from mmceph.analysis.calibration import judge_ruler
    from mmceph.functional.ruler import read_ticks

    height, width = phantom.image.shape
    p1 = np.array(phantom.landmarks.get("P1", rng.uniform([0.7, 0.1], [0.95, 0.3])))
    if "P1" not in phantom.landmarks:
        p1 = p1 * [width, height]
    p2 = np.array(phantom.landmarks.get("P2", p1 - [0.0, 10.0 / phantom.spacing[1]]))
    p2[1] = max(p2[1], 0.0)
    p1, p2 = (tuple(map(float, p + rng.uniform(-jitter, jitter, 2))) for p in (p1, p2))
    ticks = read_ticks(phantom.image, p1, p2)
    # The presence is not put to the test.
    return judge_ruler(
        ticks.p1,
        ticks.p2,
        (0.8, 0.8),
        ticks=ticks.mm_per_px,
        ticks_error=ticks.standard_error,
        ticks_reason=ticks.reason,
    )


def groups_of(record):
    """Names of the groups that a phantom belongs to."""
    if record is None:
        return ["no ruler"]
    if record["cropped"]:
        return ["cut by the edge"]
    bend = abs(record["bend_deg"])
    return [
        record["kind"],
        "straight" if bend == 0 else "bent at P2" if record["joint_mm"] == 10 else "bent elsewhere",
        "in the open" if record["exposed_mm"] is None else "fading into the border",
        "ticks in front" if record["front"] else "ticks behind",
        "short (below 35 mm)" if record["length_mm"] < 35 else "long",
        "thin ticks (below 0.3 mm)" if record["tick_thickness_mm"] < 0.3 else "thick ticks",
        "faint ticks" if abs(record["tick"]) < 0.5 else "clear ticks",
    ]


def row(name, figures, records):
    """Return one line of the table."""
    wrong = sum(
        abs(r.reading.mm_per_px / r.spacing[0] - 1) > 0.03 for r in records if r.reading.accepted
    )
    if not figures.with_ruler:
        return f"{name:26}{len(records):5d}{figures.abstained_pct_without:10.1f}{wrong:8d}"
    return (
        f"{name:26}{len(records):5d}{figures.abstained_pct:10.1f}{wrong:8d}{figures.along_px:10.2f}"
        f"{figures.scale_pct:9.2f}{figures.scale_pct_median:8.2f}{figures.scale_pct_p95:8.2f}"
        f"{figures.scale_pct_max:8.2f}{figures.length_error_mm:10.2f}{figures.by_ticks:8d}"
    )


def measure(args):
    """Draw and read; return a record, its groups and the reading's time of each phantom."""
    import numpy as np

    from mmceph.evaluation.ruler import RulerRecord
    from mmceph.phantom import PhantomOptions, generate_phantom

    options = PhantomOptions(
        ruler_probability=0.9, ruler_cropped_probability=0.06, ruler_bent_probability=0.43
    )
    reader = None
    if args.reader:
        from mmceph.apis.ruler import RulerReader

        reader = RulerReader(args.config, args.checkpoint, trust=args.trust_checkpoint)
    rng = np.random.default_rng(args.seed)
    results = []
    for index in range(args.num):
        phantom = generate_phantom(args.seed, index, SIZES[index % len(SIZES)], options)
        start = time.perf_counter()
        reading = reader(phantom.image) if reader else read_true_marks(phantom, args.jitter, rng)
        seconds = time.perf_counter() - start
        whole = {"P1", "P2"} <= set(phantom.landmarks)
        marks = np.array([phantom.landmarks[name] for name in ("P1", "P2")]) if whole else None
        height, width = phantom.image.shape
        record = RulerRecord(f"phantom {index}", (width, height), marks, reading, phantom.spacing)
        results.append((record, groups_of(phantom.ruler_record()), seconds))
        if (index + 1) % 50 == 0:
            print(f"{index + 1}/{args.num}", file=sys.stderr, flush=True)
    return results


def run(args):
    import statistics

    import numpy as np

    from mmceph.evaluation.ruler import constant_records, ruler_figures, write_ruler_report

    results = measure(args)
    records = [record for record, _, _ in results]
    whole = [record for record in records if record.marks is not None]
    groups = {"all with P1 and P2": whole}
    for record, names, _ in results:
        for name in names:
            groups.setdefault(name, []).append(record)
    print(
        f"{args.num} phantoms, seed {args.seed}; marks from "
        f"{'the ruler model' if args.reader else f'the truth, moved by up to {args.jitter} px'}"
    )
    print(
        f"{'':26}{'n':>5}{'abst. %':>10}{'> 3 %':>8}{'along px':>10}{'scale %':>9}{'median':>8}"
        f"{'p95':>8}{'max':>8}{'75 mm':>10}{'ticks':>8}"
    )
    columns = {name: ruler_figures(part) for name, part in sorted(groups.items())}
    for name, figures in columns.items():
        print(row(name, figures, groups[name]))
    if whole:
        mean = np.mean([record.marks / record.image_size for record in whole], axis=0)
        constant = constant_records(whole, mean)
        print(row("(constant answer)", ruler_figures(constant), constant))
    milliseconds = 1000 * statistics.median(seconds for _, _, seconds in results)
    print(f"median time of a reading: {milliseconds:.0f} ms")
    if args.out:
        print(write_ruler_report(args.out, columns, records))


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
