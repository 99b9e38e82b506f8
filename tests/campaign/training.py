"""Kills of ``tools/train.py``: with ``--resume`` it must give what it gives without a kill.

A run is lost when ``--resume`` does not go on from the newest checkpoint that was completely
written before, or when what it leaves in the end is not, bit for bit, what a run that nobody killed
leaves. Half of the faults are aimed at a step of writing, naming or removing a checkpoint; a tenth
fill the disk there.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import torch

from .doors import ROOT, load_tool
from .forked import fork_and_kill
from .kill import Killed, after
from .same_run import difference
from .tally import Tally
from .write_faults import WriteFaults

CONFIG = Path(__file__).with_name("tiny.py")
_EPOCH = re.compile(r"whole epoch_(\d+)\.pth")
_RESUMED = re.compile(r"resumed epoch: (\d+)")
_LAST = 4


def campaign(runs: int, seed: int, folder: Path, workers: bool = True) -> Tally:
    """Kill trainings, many of them more than once, and fill their disks.

    Args:
        runs: Faults to cause.
        seed: Of what is chosen at random.
        folder: An empty folder to work in.
        workers: Whether some trainings load their pictures in processes of their own.
    """
    tally = Tally()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a pool of threads does not come along into a forked process
    try:
        _Campaign(runs, random.Random(seed), tally, folder, workers).run()
    finally:
        torch.set_num_threads(threads)
    return tally


class _Campaign:
    def __init__(
        self, runs: int, chance: random.Random, tally: Tally, folder: Path, workers: bool
    ) -> None:
        self.runs, self.chance, self.tally, self.workers = runs, chance, tally, workers
        self.work, self.journal = folder / "work", folder / "journal"
        self.whole, self.log = folder / "whole", folder / "log.txt"
        self.data = folder / "data"
        self.tool = _tool(self.data)

    def run(self) -> None:
        ended = self.start(never)
        if ended.returncode:
            self.tally.add(f"a training that nobody killed ended so: {ended.output[-2000:]}")
            return
        self.seconds = ended.seconds
        self.steps = int(self.journal.read_text().split()[-1])
        self.work.rename(self.whole)
        while self.tally.tried < self.runs:
            shutil.rmtree(self.work, ignore_errors=True)
            earlier = self.chance.random() < 0.2
            if earlier:
                shutil.copytree(self.whole, self.work)
            loss = self.one(earlier)
            if loss:
                kept = self.work.with_name(f"lost_{len(self.tally.losses)}")
                shutil.copytree(self.work, kept, dirs_exist_ok=True)

    def one(self, earlier: bool) -> str | None:
        """One run with its faults, one after the other, until it is done."""
        faults, newest, flags = 0, 0, []
        loss = None
        while loss is None:
            aim, ended = self.fault(*flags)
            found = self.progress(ended, newest, resumed=bool(flags), earlier=earlier)
            newest, loss = found if not isinstance(found, str) else (newest, found)
            if ended.returncode == 0:
                break
            faults += 1
            self.tally.remark(aim)
            flags = ["--resume"]
            if faults < 3 and self.chance.random() < 0.3:
                continue
            last = self.start(never, *flags)
            found = self.progress(last, newest, resumed=True, earlier=earlier)
            if isinstance(found, str):
                loss = found
            elif last.returncode:
                loss = f"--resume ended so: {last.output[-1500:]}"
            break
        if loss is None and faults:
            loss = self.what_is_wrong(earlier)
        for number in range(faults):
            self.tally.add(f"{aim}: {loss}" if loss and number == faults - 1 else None)
        return loss

    def fault(self, *flags: str) -> tuple[str, Killed]:
        """Start a training that comes to harm, or is over before."""
        kind, step = self.chance.random(), self.chance.randint(1, self.steps)
        if kind < 0.5:
            ended = self.start(never, *flags, kill_at=step)
            return "killed while it wrote", ended
        if kind < 0.6:
            ended = self.start(never, *flags, full_from=step)
            return "disk full", ended
        if self.workers and self.chance.random() < 0.25:
            flags = (*flags, "--workers", "2")
        ended = self.start(after(self.chance.uniform(0.0, 1.1 * self.seconds)), *flags)
        return "killed at a random time", ended

    def start(
        self,
        when: Callable[[float], bool],
        *flags: str,
        kill_at: int | None = None,
        full_from: int | None = None,
    ) -> Killed:
        def run() -> int | None:
            faults = WriteFaults(self.work, self.journal, kill_at=kill_at, full_from=full_from)
            faults.install()
            words = [str(CONFIG), "--work-dir", str(self.work), "--data-root", str(self.data)]
            words += ["--image-size", "64", "48", *flags]
            status: int | None = self.tool.main(words)
            faults.note(str(faults.steps))
            return status

        self.journal.unlink(missing_ok=True)
        return fork_and_kill(run, when, self.log)

    def progress(
        self, ended: Killed, newest: int, *, resumed: bool, earlier: bool
    ) -> int | str | tuple[int, None]:
        """The newest epoch that is on the disk; or what was lost, in words."""
        lines = self.journal.read_text() if self.journal.is_file() else ""
        started = _RESUMED.search(ended.output)
        # An earlier run's weights may not have been moved yet.
        allowed = {newest, _LAST} if earlier and not newest else {newest}
        if resumed and started is not None and int(started[1]) not in allowed:
            return f"--resume went on from {started[1]}, not from {newest}"
        begun = "Epoch(train)" in ended.output
        if resumed and newest and started is None and begun:
            return f"--resume started anew, with epoch {newest} on the disk"
        if "Traceback" in ended.output:
            return f"a traceback: {ended.output[-1500:]}"
        if ended.returncode > 0:
            last = ended.output.strip().split("\n")[-1]
            if "No space left" not in last or not re.search(r"\.pth|last_checkpoint|\.json", last):
                return f"it ended so: {last}"
        saved = [int(epoch) for epoch in _EPOCH.findall(lines)]
        return max([newest, *saved]), None

    def what_is_wrong(self, earlier: bool) -> str | None:
        found = difference(self.work, self.whole)
        if found:
            return found
        pointer = self.work / "last_checkpoint"
        named = Path(pointer.read_text(encoding="utf-8"))
        if named != self.work / f"epoch_{_LAST}.pth":
            return f"last_checkpoint names {named}"
        drafts = [path.name for path in self.work.rglob(".mmceph-*")]
        if drafts:
            return f"left behind: {drafts}"
        if earlier:
            wanted = {path.read_bytes() for path in self.whole.glob("*.pth")}
            there = {path.read_bytes() for path in self.work.rglob("*.pth")}
            if not wanted <= there:
                return "weights of the earlier run are gone"
        return None


def never(_: float) -> bool:
    """Kill at no time."""
    return False


def _tool(data: Path) -> ModuleType:
    """``tools/train.py`` and a data set, with all imported that a training imports."""
    from mmceph import registry
    from mmceph.engine import flags, launch  # noqa: F401
    from mmceph.engine.config import load_config
    from mmceph.phantom.dataset import write_dataset

    write_dataset(data, 12, seed=5, size=(96, 120), split=(0.67, 0.17, 0.16))
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    load_config(CONFIG)
    for each in vars(registry).values():
        if isinstance(each, registry.ChildRegistry):
            each.import_from_location()
    return load_tool("tools/train.py")
