"""Damaged files of every kind that mmceph reads: each must end in a line, or be read as it is."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .damage import Files, damage, damage_file
from .doors import Ending, load_tool, run_apart
from .tally import Tally
from .workspace import CONVERTERS, preload, write_raw_set, write_workspace

_TOOLS = "tools/analysis_tools"
_MEASURE, _EVAL = f"{_TOOLS}/measure.py", f"{_TOOLS}/eval_metric.py"
_TRUTH, _OTHER = "data/annotations/train.json", "data/annotations/val.json"
Command = tuple[str, Sequence[str]]


@dataclass(frozen=True)
class Kind:
    """A kind of file, and who reads it.

    Attributes:
        damaged: The files of the workspace of which one is damaged.
        commands: Tools with arguments, of which one is run.
        needs: More files and folders of the workspace that these need.
        share: How often it comes, relative to others.
    """

    damaged: tuple[str, ...]
    commands: tuple[Command, ...]
    needs: tuple[str, ...] = ()
    share: int = 1


def _read_description() -> int:
    from mmceph.cli import guarded
    from mmceph.deployment.onnx_runner import OnnxRunner

    return guarded(lambda: OnnxRunner("model.onnx", threads=1)("picture.png") and 0)


def _read_uncertainty() -> int:
    from mmceph.analysis.error_model import read_error_model
    from mmceph.cli import guarded

    def use() -> None:
        model = read_error_model("uncertainty.json")
        scores = dict.fromkeys(model.landmark_names, 0.5)
        for spacing in (None, (0.1, 0.1)):
            for bound in model.bounds(scores, size=(96, 120), spacing=spacing).values():
                json.dumps([bound.as_dict(), bound.sd_px], allow_nan=False)
        model.measurement_factor(calibrated=True)

    return guarded(use)


def _read_config() -> int:
    from mmceph.cli import guarded
    from mmceph.engine.config import load_config

    return guarded(lambda: load_config("config.py") and None)


_FUNCTIONS = {"onnx": _read_description, "uncertainty": _read_uncertainty, "config": _read_config}
_LABELME = "raw/labelme/labelme/observer_a"
_CONVERT = ["raw/labelme", "--out", "out", "--skip-bad"]
KINDS = {
    "annotations": Kind(
        (_TRUTH, _OTHER),
        (
            (_EVAL, ["theirs.csv", _TRUTH, "--out", "out", "--no-plots"]),
            (_EVAL, ["theirs.csv", _TRUTH, "--out", "out", "--no-plots", "--train", _OTHER]),
            (f"{_TOOLS}/browse_dataset.py", ["config.py", "--out", "b", "--number", "1"]),
        ),
        ("theirs.csv", "data", "config.py"),
        share=4,
    ),
    "report": Kind(
        ("before/report.json",),
        (
            (f"{_TOOLS}/compare_reports.py", ["before", "after"]),
            (f"{_TOOLS}/compare_reports.py", ["after", "before", "--difficult", "S", "N"]),
            (f"{_TOOLS}/select_difficult.py", ["before", "--out", "d.py"]),
            (f"{_TOOLS}/select_difficult.py", ["before", "--worst", "3", "--out", "d.py"]),
            (f"{_TOOLS}/select_difficult.py", ["before", "--worse-than-observers"]),
            (_EVAL, ["theirs.csv", _TRUTH, "--out", "out", "--no-plots", "--compare", "before"]),
        ),
        ("before", "after", "theirs.csv", "data"),
        share=4,
    ),
    "report alone": Kind(
        ("alone/report.json",),
        (
            (_EVAL, ["theirs.csv", _TRUTH, "--out", "out", "--no-plots", "--compare", "alone"]),
            (f"{_TOOLS}/select_difficult.py", ["alone", "--worst", "3"]),
        ),
        ("theirs.csv", "data"),
    ),
    "predictions": Kind(
        ("before/predictions.json",),
        (
            (_EVAL, ["before/predictions.json", _TRUTH, "--out", "out", "--no-plots"]),
            (f"{_TOOLS}/compare_reports.py", ["before", "after"]),
            (f"{_TOOLS}/compare_reports.py", ["after", "before"]),
            (f"{_TOOLS}/calibrate_uncertainty.py",
             ["before/predictions.json", "best.pth", "--out", "u.json", "--splits", "2"]),
        ),
        ("before", "after", "data", "best.pth"),
        share=4,
    ),
    "points csv": Kind(
        ("theirs.csv",), ((_EVAL, ["theirs.csv", _TRUTH, "--out", "out", "--no-plots"]),), ("data",)
    ),
    "stored results": Kind(
        ("measured/json/001.json", "measured/json/002.json"),
        (
            ("tools/predict.py", ["--from-labelme", _LABELME, "--out", "measured", "--resume"]),
            ("tools/predict.py", ["--from-labelme", _LABELME, "--out", "measured", "--overwrite"]),
        ),
        ("measured", "raw/labelme"),
        share=2,
    ),
    "stored results in labelme files": Kind(
        ("results/labelme/phantom_0000.json",),
        (("tools/predict.py", ["--from-labelme", "results/labelme", "--out", "out"]),),
        ("results", "data/images"),
        share=2,
    ),
    "record": Kind(
        ("measured/.mmceph.jsonl",),
        (("tools/predict.py", ["--from-labelme", _LABELME, "--out", "measured", "--overwrite"]),),
        ("measured", "raw/labelme"),
    ),
    "onnx": Kind(("model.json",), (("onnx", []),), ("model.onnx", "picture.png"), share=3),
    "uncertainty": Kind(("uncertainty.json",), (("uncertainty", []),), share=3),
    "config": Kind(("config.py",), (("config", []),)),
    "points": Kind(
        ("points.json", "points.csv", "tracing.json"),
        (
            (_MEASURE, ["points.json", "points.csv", "tracing.json", "--out", "m.csv"]),
            (_MEASURE, ["points.csv", "--spacing", "0.1"]),
            (_MEASURE, ["points.json", "--spacing", "0.1"]),
        ),
        share=2,
    ),
    "names": Kind(
        ("names.json", "names.txt"),
        (
            (CONVERTERS["labelme"], [*_CONVERT, "--names", "names.json"]),
            (CONVERTERS["labelme"], [*_CONVERT, "--names", "names.txt"]),
        ),
        ("raw/labelme",),
    ),
    "subjects": Kind(
        ("subjects.csv",),
        ((CONVERTERS["labelme"], [*_CONVERT, "--subjects", "subjects.csv"]),),
        ("raw/labelme",),
    ),
}  # fmt: skip


def write_more(folder: Path) -> None:
    """Write what only damaged files are tried on."""
    from mmceph.deployment.describe import describe  # noqa: F401 - said early where it is missing

    shutil.copytree(folder / "before", folder / "alone")
    (folder / "alone" / "predictions.json").unlink()
    shutil.copy(next((folder / "data" / "images").iterdir()), folder / "picture.png")
    names = {"S": "Sella", "N": "Nasion"}
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")
    lines = [f"{label}={name}" for label, name in names.items()]
    (folder / "names.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "subjects.csv").write_text("file,subject\n001.png,a\n002.png,b\n", encoding="utf-8")


def write_slow(folder: Path) -> None:
    """Write what takes seconds: learnt uncertainty and an exported model."""
    from .workspace import call

    model = (folder / "config.py", folder / "best.pth")
    call("tools/test.py", *model, "--work-dir", folder / "work", "--out", folder / "tested",
         "--data-root", folder / "data", "--annotations", folder / _TRUTH)  # fmt: skip
    call(f"{_TOOLS}/calibrate_uncertainty.py", folder / "tested" / "predictions.json", model[1],
         "--out", folder / "uncertainty.json", "--splits", "2")  # fmt: skip
    pictures = sorted((folder / "data" / "images").iterdir())[:2]
    call("tools/deployment/export_onnx.py", *model, "--out", folder / "model.onnx",
         "--images", *pictures, "--tolerance", "1")  # fmt: skip


def campaign(
    runs: int, seed: int, folder: Path, *, only: Sequence[str] = (), slow: bool = True
) -> Tally:
    """Damage files and let the tools read them.

    Args:
        runs: How many.
        seed: Of the choice and of the damage.
        folder: An empty folder to work in.
        only: Names of :data:`KINDS`, or ``raw FORMAT``; all if left out.
        slow: Also those that an exported model and learnt uncertainty are needed for.
    """
    preload()
    origin = folder / "origin"
    origin.mkdir()
    write_workspace(origin)
    write_more(origin)
    if slow:
        write_slow(origin)
    weights = {f"raw {name}": 3 for name in CONVERTERS}
    weights |= {name: kind.share for name, kind in KINDS.items()}
    for name in list(weights):
        if (only and name not in only) or (not slow and name in ("onnx", "uncertainty")):
            del weights[name]
    raw = {
        name: raw_files(folder / "base" / name, name)
        for name in CONVERTERS
        if f"raw {name}" in weights
    }
    tally = Tally()
    for number in range(runs):
        rng = random.Random(f"files {seed} {number}")
        name = rng.choices(list(weights), list(weights.values()))[0]
        place = folder / "a" / "run"
        place.mkdir(parents=True)
        if name.startswith("raw "):
            loss, status = try_raw(name[4:], raw[name[4:]], rng, place)
        else:
            loss, status = try_kind(KINDS[name], origin, rng, place)
        tally.add(None if loss is None else f"{name} seed {seed} number {number}: {loss}")
        tally.remark(f"{name}, status {status}")
        shutil.rmtree(folder / "a")
    return tally


def try_kind(kind: Kind, origin: Path, rng: random.Random, place: Path) -> tuple[str | None, int]:
    """Damage one file of a kind and read it; gives what is wrong with the end, and the status."""
    for name in (*kind.needs, *kind.damaged):
        source, target = origin / name, place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
    tool, words = rng.choice(kind.commands)
    # The last one named, or the first: of two the tool may look at the other first.
    damaged = ([name for name in words if name in kind.damaged] or kind.damaged[:1])[-1]
    data = (origin / damaged).read_bytes()
    (place / damaged).write_bytes(damage_file(damaged, data, rng))
    work = _FUNCTIONS.get(tool) or partial(_main, tool, words)
    ending = run_apart(work, place, gigabytes=2.0)
    return _loss(ending, damaged, words), ending.status


def _main(tool: str, words: Sequence[str]) -> int | None:
    return load_tool(tool).main(list(words))


def _loss(ending: Ending, damaged: str, words: Sequence[str]) -> str | None:
    loss = ending.loss()
    if loss is None and ending.stopped:
        loss = f"took more than {ending.seconds:.0f} s"
    if loss is None and ending.status == 1 and not _is_named(ending.errors, damaged):
        loss = f"does not name {damaged}: {ending.errors.strip()[:200]}"
    return None if loss is None else f"{damaged} ({' '.join(words)}): {loss}"


def _is_named(errors: str, damaged: str) -> bool:
    """Whether an error names the file, its folder, or what holds it."""
    path = Path(damaged)
    return path.name in errors or path.stem in errors or path.parent.as_posix() in errors


def raw_files(folder: Path, name: str) -> Files:
    """A small whole data set of a format, by path."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    root = write_raw_set(folder, name)
    root = root if root.is_dir() else root.parent
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def try_raw(name: str, files: Files, rng: random.Random, place: Path) -> tuple[str | None, int]:
    """Convert a damaged raw data set; see :func:`try_kind`.

    Whatever comes of it, the raw files are as they were, nothing is written outside ``--out``, and
    what was written can be read and points at images that are there.
    """
    raw, out = place / "raw", place / "out"
    written = write_files(raw, damage(files, rng))
    outside = place.parent / "outside.png"
    outside.write_bytes(b"not yours")
    target = raw / "export.json" if name == "labelstudio" and rng.random() < 0.5 else raw
    words = [str(target), "--out", str(out)]
    chances = (("--skip-bad", 0.75), ("--copy-images", 0.3), ("--dry-run", 0.1))
    words += [flag for flag, chance in chances if rng.random() < chance]
    if rng.random() < 0.7:
        words += ["--split", "1", "0", "0"]
    ending = run_apart(partial(_main, CONVERTERS[name], words), place, gigabytes=2.0)
    loss = ending.loss()
    if loss is None and ending.stopped:
        loss = f"took more than {ending.seconds:.0f} s"
    if loss is None:
        loss = run_checks(place, written, dry="--dry-run" in words)
    return None if loss is None else f"{' '.join(words)}: {loss}", ending.status


def write_files(raw: Path, files: Files) -> dict[Path, bytes]:
    """Write the files that this system has names for."""
    written = {}
    raw.mkdir(parents=True)
    for name, data in files.items():
        path = raw / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except (OSError, ValueError):
            continue
        written[path] = data
    return written


def run_checks(place: Path, written: dict[Path, bytes], *, dry: bool) -> str | None:
    """What a conversion left that must not be."""
    checks: list[Callable[[], str | None]] = [
        lambda: next((f"{p} was changed" for p, data in written.items() if p.read_bytes() != data),
                     None),
        lambda: "written outside" if set(os.listdir(place)) - {"raw", "out"} else None,
        lambda: "a dry run wrote something" if dry and (place / "out").exists() else None,
        lambda: wrong_output(place / "raw", place / "out"),
    ]  # fmt: skip
    return next((found for check in checks if (found := check()) is not None), None)


def wrong_output(raw: Path, out: Path) -> str | None:
    """What is not whole, or points somewhere else, in what was written."""
    from mmceph.datasets.canonical import read_canonical

    roots = (raw.resolve(), out.resolve())
    for path in sorted(out.rglob("*")) if out.exists() else ():
        if path.name.endswith(".tmp"):
            return f"{path} is a half-written file"
        if path.suffix != ".json":
            continue
        json.loads(path.read_text(encoding="utf-8"))
        if path.stem not in ("train", "val", "test"):
            continue
        for image in read_canonical(str(path)).images:
            target = (out / image["file_name"]).resolve()
            if not any(target.is_relative_to(root) for root in roots) or not target.is_file():
                return f"{path.name}: {target} is not there, or outside"
    return None
