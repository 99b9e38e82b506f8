"""Kills of a process that reports to a folder where a report lies: one of the two must be whole."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import numpy as np

from mmceph.evaluation.records import CephRecord
from mmceph.evaluation.report import load_other, write_report
from mmceph.evaluation.report.folder import REPORT
from mmceph.io import OwnFolder, Standing
from mmceph.io.ours import files_in

from .forked import fork_and_kill
from .kill import after, when_written
from .tally import Tally

NAMES = ("S", "N", "A")
PATTERNS = ("*.json", "*.md", "*.html", "*.csv", "*.png", "*.jsonl", "*")
NOTES = "a user's own notes"


def campaign(runs: int, seed: int, folder: Path, *, plots: bool = True) -> Tally:
    """Write report after report to one folder, and kill each writer; most kills are aimed.

    Args:
        runs: Kills that must hit.
        seed: Seed of times and aims.
        folder: Where to work.
        plots: With plots, which most of a report's time and files are for.
    """
    tally, chance = Tally(), random.Random(seed)
    out, log = folder / "work" / "report", folder / "log.txt"
    _write(out, 0, plots)
    (out / "notes.txt").write_text(NOTES, encoding="utf-8")
    whole = fork_and_kill(lambda: _write(out, 1, plots), lambda _: False, log)
    if whole.returncode:
        tally.add(f"a report that nobody killed ended with {whole.returncode}: {whole.output}")
        return tally
    before, number = {0, 1}, 1
    while tally.tried < runs:
        number += 1
        if chance.random() < 0.25:
            aim = "at a random time"
            when = after(chance.uniform(0.0, whole.seconds))
        else:
            pattern = chance.choice(PATTERNS)
            aim = f"at {pattern}"
            when = when_written(out.parent, pattern, nth=chance.randint(1, 6))
        done = fork_and_kill(lambda n=number: _write(out, n, plots), when, log)
        if not done.hit:
            if done.returncode != 0:
                tally.add(f"run {number} ended with {done.returncode}: {done.output}")
            before = {number}
            continue
        tally.remark(f"killed {aim}")
        tally.add(_lost(out, number, before))
        before = _numbers(out)
    return tally


def _lost(out: Path, number: int, before: set[int]) -> str | None:
    """What a kill has cost; None where the folder holds one whole report."""
    try:
        load_other(out)
        numbers = _numbers(out)
        if len(numbers) != 1:
            return f"run {number}: files of the reports {sorted(numbers)} are mixed"
        if not numbers <= {number, *before}:
            return f"run {number}: the report is of {numbers}, before it was of {before}"
        own = OwnFolder(out, REPORT)
        changed = [name for name in own.owned() if own.standing(name) is Standing.CHANGED]
        if changed:
            return f"run {number}: {changed} are not as they were recorded"
        if (out / "notes.txt").read_text(encoding="utf-8") != NOTES:
            return f"run {number}: the user's notes have changed"
    except (OSError, ValueError, LookupError) as error:
        return f"run {number}: {type(error).__name__}: {error}"
    kept = [name for name in files_in(out.parent) if ".kept-" in name]
    return f"run {number}: {kept[:3]} were kept without need" if kept else None


def _numbers(out: Path) -> set[int]:
    """Of which runs the files of a report are."""
    read = lambda name: (out / name).read_text(encoding="utf-8")  # noqa: E731
    report, predictions = json.loads(read("report.json")), json.loads(read("predictions.json"))
    found = {int(report["checkpoint_sha256"]), int(predictions["checkpoint_sha256"])}
    found.add(int(read("report.md").split("run_")[1].split("`")[0]))
    found.add(int(read("index.html").split("run_")[1].split("<")[0]))
    with (out / "per_landmark.csv").open(encoding="utf-8", newline="") as stream:
        figures = {row["landmark"]: float(row["mre_px"]) for row in csv.DictReader(stream)}
    if any(report["landmarks"][name]["mre_px"] != figures[name] for name in NAMES):
        found.add(-1)
    return found


def _write(out: Path, number: int, plots: bool) -> int:
    generator = np.random.default_rng(number)
    truth = np.array([[10.0, 20.0], [50.0, 100.0], [90.0, 180.0]])
    records = [
        CephRecord(
            file=f"{image}.png",
            image_size=(100, 200),
            predicted=truth + generator.normal(0, 3, (3, 2)),
            scores=np.ones(3),
            truth=truth,
            visible=np.ones(3, bool),
            spacing=(0.5, 0.5),
        )
        for image in range(8)
    ]
    write_report(
        records,
        names=NAMES,
        out_dir=out,
        dataset="made up",
        config="none",
        checkpoint=f"run_{number}",
        checkpoint_sha256=str(number),
        environment={},
        plots=plots,
    )
    return 0
