"""Make the ruler model that ships with mmceph: python tools/deployment/make_ruler_model.py.

Draws phantoms, trains configs/p1p2/compact_256x320.py on them alone, from random weights, and packs
the result. Everything comes from one seed; the same command on the same versions and kind of
processor gives the same file. What a stopped run has done is kept: the same command goes on.
"""

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from step_runner import Steps, child_environment, finish, run_checked, show  # noqa: E402
from venv_setup import folder_argument as absolute  # noqa: E402

CONFIG = ROOT / "configs" / "p1p2" / "compact_256x320.py"
SHIPPED = ROOT / "mmceph" / "weights" / "ruler.pth"
SPLIT = (0.92, 0.08, 0)
WITH_RULER = 0.88


def parse_args(argv=None):
    from mmceph.arguments import COUNT, SEED, ToolParser

    parser = ToolParser(
        description="Train a ruler model on phantoms alone and pack it, as the one that ships was."
    )
    parser.add_argument(
        "--work-dir",
        type=absolute,
        metavar="DIR",
        default=ROOT / "work_dirs" / "ruler_model",
        help="[work_dirs/ruler_model in the repository]",
    )
    parser.add_argument("--out", type=absolute, metavar="FILE", help="[WORK_DIR/ruler.pth]")
    parser.add_argument("--num", type=COUNT, default=1500, help="phantoms [1500]")
    parser.add_argument(
        "--size", type=COUNT, nargs=2, default=(1072, 1340), metavar=("W", "H"), help="of them, px"
    )
    parser.add_argument("--epochs", type=COUNT, default=12, help="[12]")
    parser.add_argument("--seed", type=SEED, default=0, help="of phantoms and training [0]")
    return parser.parse_args(argv)


def commands(args):
    """Return the three commands, each with the file that says it is done."""
    # What was asked for stands in the folders' names, so that no other run's is taken for it.
    drawn = f"{args.num}_{args.size[0]}x{args.size[1]}_seed{args.seed}"
    data = args.work_dir / f"phantoms_{drawn}"
    run = args.work_dir / f"training_{drawn}_{args.epochs}_epochs"
    checkpoint = run / f"epoch_{args.epochs}.pth"
    out = args.out or args.work_dir / "ruler.pth"
    draw = ["-m", "mmceph.phantom", "--out", data, "--num", args.num, "--seed", args.seed]
    draw += ["--size", *args.size, "--split", *SPLIT, "--ruler-probability", WITH_RULER, "--force"]
    train = [ROOT / "tools" / "train.py", CONFIG, "--data-root", data, "--work-dir", run]
    train += ["--seed", args.seed, "--epochs", args.epochs, "--resume"]
    pack = [ROOT / "tools" / "deployment" / "pack_ruler_model.py", CONFIG, checkpoint]
    note = f"trained on {args.num} phantoms of mmceph, seed {args.seed}, {args.epochs} epochs"
    pack += ["--out", out, "--note", note]
    return [
        ("Draw the phantoms", draw, data / "annotations" / "val.json"),
        ("Train on them", train, checkpoint),
        ("Pack the model", pack, None),
    ], out


def main(argv=None):
    args = parse_args(argv)
    steps, out = commands(args)
    # Weights are the same only where sums are taken in the same order: two threads, and mmceph's
    # own estimator whether or not MMPose is there.
    environment = child_environment(
        OMP_NUM_THREADS=2, MMCEPH_DISABLE_MMPOSE=1, PYTHONPATH=os.fspath(ROOT)
    )
    progress = Steps(len(steps))
    for title, command, done in steps:
        progress.begin(title)
        if done is not None and done.is_file():
            progress.say(f"is done: {done}")
            continue
        progress.say(show(["python", *command]))
        run_checked([sys.executable, *command], environment=environment)
    content = out.read_bytes()
    print(f"\n{out}: {len(content) / 1e6:.2f} MB, sha256 {hashlib.sha256(content).hexdigest()}")
    same = SHIPPED.is_file() and SHIPPED.read_bytes() == content
    print(f"{'Equal' if same else 'Not equal'} to {SHIPPED.relative_to(ROOT)}, byte by byte")
    return 0


if __name__ == "__main__":
    finish(main)
