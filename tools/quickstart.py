"""From a bare Python to a trained, tested model: the first command to run.

    python tools/quickstart.py                  on the phantom, with MMPose
    python tools/quickstart.py --no-mmpose      the same on mmceph's own stand-ins
    python tools/quickstart.py --data DIR       on a folder of images with labelme files

Standard library only, on any OS.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import venv_setup
from step_runner import ROOT, StepFailed, Steps, child_environment, finish, run_checked, show
from venv_setup import MMPOSE, RUNTIME, venv_python

CONFIG = ROOT / "configs" / "phantom" / "resnet18_quickstart.py"
OWN_CONFIG = ROOT / "configs" / "isbi2015" / "resnet18_pyramid_320x400.py"
PHANTOM_IMAGES = 120
LABELME_OPTIONS = (
    "landmarks", "names", "ignore", "numbered-from", "pair-by", "subjects", "on-duplicate",
    "spacing",
)  # fmt: skip


def parse_arguments(arguments=None):
    from mmceph.arguments import COUNT

    parser = venv_setup.parser("Set up mmceph, train a small model and show its report.")
    parser.add_argument("--no-mmpose", action="store_true", help="leave MMPose out")
    parser.add_argument(
        "--data", type=venv_setup.folder_argument, help="folder of images with labelme files"
    )
    parser.add_argument("--epochs", type=COUNT, help="train for this many epochs")
    parser.add_argument(
        "--work-dir",
        type=venv_setup.folder_argument,
        default=ROOT / "work_dirs" / "quickstart",
        help="where everything is written (default: work_dirs/quickstart)",
    )
    labelme = parser.add_argument_group("with --data, handed to the labelme converter")
    labelme.add_argument(
        "--landmarks",
        "--landmark-set",
        dest="landmarks",
        metavar="LIST",
        help="what the labels are: a set's name such as isbi19, S,N,A,... or a file of names",
    )
    labelme.add_argument("--names", help="label to landmark, e.g. l1=S,l2=N")
    labelme.add_argument("--ignore", help="labels to pass over")
    labelme.add_argument("--numbered-from", choices=["0", "1"], help="the first landmark's number")
    labelme.add_argument("--pair-by", choices=["both", "path", "name"], help="see the converter")
    labelme.add_argument("--subjects", help="table of file and subject")
    labelme.add_argument(
        "--on-duplicate", choices=["error", "first", "last", "leave-out"], help="see the converter"
    )
    labelme.add_argument("--spacing", help="mm per pixel, e.g. 0.127")
    labelme.add_argument("--skip-bad", action="store_true", help="leave out what is bad")
    options = parser.parse_args(arguments)
    if options.data is not None and not options.data.is_dir():
        parser.error(f"--data {options.data}: no such folder")
    for name in ("landmarks", "names", "subjects"):
        value = getattr(options, name)
        if value is not None and options.data is None:
            parser.error(f"--{name} goes with --data")
        if value is not None and os.path.isfile(value):
            setattr(options, name, os.path.abspath(value))  # commands are run elsewhere
    return options


def write_phantom(python, folder, environment):
    """Write the phantom data set, unless it is there."""
    size = ["--num", PHANTOM_IMAGES, "--seed", 0]
    # --force: a run that was stopped may have left a part; the folder is quickstart's own.
    command = [python, "-m", "mmceph.phantom", "--out", folder, *size, "--force"]
    if not holds_whole_set(folder / "annotations"):
        run_checked(command, environment=environment)


def holds_whole_set(annotations):
    """Whether a data set was written to its end; an earlier version left no manifest."""
    manifest = annotations / "conversion.manifest"
    if not manifest.is_file():
        return (annotations / "test.json").is_file()
    return json.loads(manifest.read_text(encoding="utf-8")).get("state") == "whole"


def convert_labelme(python, options, folder, environment):
    """Convert the user's labelme files."""
    tool = ROOT / "tools" / "dataset_converters" / "labelme.py"
    command = [python, tool, options.data, "--out", folder, *label_options(options)]
    if options.skip_bad:
        command.append("--skip-bad")
    if (folder / "annotations" / "train.json").is_file():
        command.append("--force")  # the folder is quickstart's own
    run_checked(command, environment=environment)


def label_options(options):
    """What was said of the labels and the scale, as the converter takes it."""
    words = []
    for name in LABELME_OPTIONS:
        value = getattr(options, name.replace("-", "_"))
        if value is not None and str(value).startswith("-"):  # a label may
            words.append(f"--{name}={value}")
        elif value is not None:
            words += [f"--{name}", value]
    return words


def best_checkpoint(folder):
    """The newest best checkpoint, else the last one."""
    best = sorted(folder.glob("best_*.pth"), key=lambda path: path.stat().st_mtime)
    if best:
        return best[-1]
    last = folder / "last_checkpoint"
    if last.is_file():
        return Path(last.read_text(encoding="utf-8").strip())
    raise StepFailed(f"training left no checkpoint in {folder}")


def train_and_test(python, options, data, environment, steps):
    """Train, test, and give the folder of the report."""
    folder = options.work_dir / "model"
    settings = ["--data-root", data]
    if options.epochs is not None:
        settings += ["--epochs", options.epochs]
    if options.data is not None:
        # The annotation file says what was converted, whichever way it was asked for.
        settings += ["--landmarks", data / "annotations" / "train.json"]
    steps.begin(f"Training {CONFIG.name}")
    train = [python, ROOT / "tools" / "train.py", CONFIG, "--work-dir", folder, *settings]
    steps.say(show(train))
    run_checked(train, environment=environment)
    steps.begin("Testing")
    report = options.work_dir / "report"
    # The config that training saved holds all settings, the data's place included.
    saved = folder / CONFIG.name
    test = [python, ROOT / "tools" / "test.py", saved, best_checkpoint(folder), "--out", report]
    steps.say(show(test))
    run_checked(test, environment=environment)
    return report


def say_what_next(python, options, report):
    """Where the results lie and what to run on one's own data."""
    own = options.work_dir.parent / "mydata"
    converter = ROOT / "tools" / "dataset_converters" / "labelme.py"
    source = "FOLDER" if options.data is None else options.data
    labels = label_options(options) or ["--landmarks", "isbi19", "--spacing", "0.127"]
    train = [python, ROOT / "tools" / "train.py", OWN_CONFIG, "--data-root", own]
    if options.data is not None:
        train += ["--landmarks", own / "annotations" / "train.json"]
    print(f"\nDone. The report with its pictures: {report / 'index.html'}")
    if options.data is None:
        again = [Path(sys.executable).name, "tools/quickstart.py", "--data", "FOLDER"]
        print("\nNext, on your own images with labelme files:")
        print("    " + show(again))
    print("\nStep by step, with the full training:")
    print("    " + show([python, converter, source, "--out", own, *labels]))
    print("    " + show(train))


def main():
    options = parse_arguments()
    steps = Steps(total=5)
    steps.begin("Virtual environment")
    version = venv_setup.ensure_venv(options.venv, options.python, options.adopt, steps)
    with_mmpose = not options.no_mmpose and venv_setup.wants_mmpose(version, steps)
    python = venv_python(options.venv)
    # An environment that has MMPose from an earlier run must not use it with --no-mmpose.
    changes = {} if with_mmpose else {"MMCEPH_DISABLE_MMPOSE": "1"}
    environment = child_environment(**changes)

    steps.begin("Pinned requirements")
    venv_setup.install(options.venv, RUNTIME + (MMPOSE if with_mmpose else ()), steps)

    if options.data is None:
        steps.begin("Phantom cephalograms with exact landmarks")
        data = options.work_dir / "phantom"
        write_phantom(python, data, environment)
    else:
        steps.begin(f"Converting {options.data}")
        data = options.work_dir / "data"
        convert_labelme(python, options, data, environment)
    report = train_and_test(python, options, data, environment, steps)
    say_what_next(python, options, report)
    return 0


if __name__ == "__main__":
    finish(main)
