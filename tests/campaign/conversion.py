"""Kills of conversions over an older, different one: old set, new set, or a refusal that heals."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from mmceph.datasets.canonical import read_canonical
from mmceph.errors import AnnotationError
from mmceph.io import atomic
from mmceph.phantom.raw import make_raw_phantoms, write_raw

from .doors import load_tool
from .forked import fork_and_kill
from .kill import Killed, after, when_written
from .tally import Tally
from .workspace import CONVERTERS

SPLITS = ("train", "val", "test")
PATTERNS = ("*.json", "*.manifest", "*.jsonl", "*.png", "*.bmp", "*")
DATA_ROOT = "train.py --data-root"
KINDS = (*CONVERTERS, DATA_ROOT)
NOTES = "a user's own notes"
SLOW = 0.004
"""Seconds that a file takes to get its name where kills are aimed, as on a slow disk."""
_COMMAND = re.compile(r"with --force: python (\S+) (.*) \(in (.*)\)$")


def campaign(
    runs: int, seed: int, folder: Path, *, kinds: tuple[str, ...] = KINDS, number: int = 5
) -> Tally:
    """Convert one raw set over the conversion of another, and kill each; most kills are aimed.

    Args:
        runs: Kills that must hit.
        seed: Seed of times, aims and options.
        folder: Where to work.
        kinds: Which formats, by turns.
        number: Pictures of the larger set.
    """
    tally, chance = Tally(), random.Random(seed)
    before = Path.cwd()
    folder = folder.resolve()
    os.chdir(folder)
    try:
        subjects = {kind: _Subject(kind, folder, number) for kind in kinds}
        for turn in count():
            if tally.tried >= runs:
                return tally
            kind = kinds[turn % len(kinds)]
            subjects[kind].kill_once(chance, tally)
    finally:
        os.chdir(before)


class _Subject:
    """A format with two raw sets, converted to one data root."""

    def __init__(self, kind: str, folder: Path, number: int) -> None:
        self.kind = kind
        self.home = folder / re.sub(r"\W+", "_", kind)
        self.out = self.home / "work" / "data"
        self.log = folder / "log.txt"
        name = "isbi2015" if kind == DATA_ROOT else kind
        self.raws = [
            _write_raw(self.home / f"raw {i}", name, number - 1 + i, seed)
            for i, seed in ((0, 1), (1, 2))
        ]
        self._kept: dict[tuple[int, tuple[str, ...]], tuple[Path, dict[str, str], float]] = {}

    def kill_once(self, chance: random.Random, tally: Tally) -> None:
        """Kill one conversion, and count what it has cost."""
        options = self._options(chance)
        fresh = chance.random() < 0.2
        shutil.rmtree(self.out.parent, ignore_errors=True)
        old: dict[str, str] = {}
        if not fresh:
            kept, old, _ = self._whole(0, self._options(chance))
            shutil.copytree(kept, self.out)
        _, new, seconds = self._whole(1, options)
        if not fresh:  # which making the whole one has removed
            shutil.rmtree(self.out, ignore_errors=True)
            shutil.copytree(kept, self.out)
            (self.out / "notes.txt").write_text(NOTES, encoding="utf-8")
        force = () if fresh else ("--force",)
        aim, done = self._killed(1, (*options, *force), chance, seconds)
        if not done.hit:
            if done.returncode:
                tally.add(f"{self.kind}: not killed, ended with {done.returncode}: {done.output}")
            return
        tally.remark(f"killed {aim}")
        loss, state = self._judge(old, new, (*options, *force))
        tally.remark(state)
        tally.add(loss and f"{self.kind} {' '.join(options)}, {aim}: {loss}")

    def _options(self, chance: random.Random) -> tuple[str, ...]:
        if self.kind == DATA_ROOT:
            return ()
        shares = chance.choice(("0.5 0.25 0.25", "0.5 0.5 0", "1 0 0"))
        copies = ("--copy-images",) if chance.random() < 0.5 else ()
        return ("--split", *shares.split(), *copies)

    def _whole(self, which: int, options: tuple[str, ...]) -> tuple[Path, dict[str, str], float]:
        """A conversion that nobody killed: a copy of it, what is read of it, and its seconds."""
        key = which, options
        if key not in self._kept:
            shutil.rmtree(self.out.parent, ignore_errors=True)
            done = fork_and_kill(lambda: self._convert(which, options), lambda _: False, self.log)
            assert done.returncode == 0, done.output
            copy = self.home / f"kept {len(self._kept)}"
            shutil.copytree(self.out, copy)
            self._kept[key] = copy, _read(self.out), done.seconds
            shutil.rmtree(self.out.parent)
        return self._kept[key]

    def _convert(self, which: int, options: tuple[str, ...]) -> int:
        if self.kind == DATA_ROOT:
            from mmengine.config import Config

            from mmceph.engine.raw_data_root import usable_data_root

            usable_data_root(Config({"work_dir": str(self.out.parent)}), str(self.raws[which]))
            return 0
        words = [self.raws[which], "--out", self.out, *options]
        return _run(CONVERTERS[self.kind], [str(word) for word in words])

    def _killed(
        self, which: int, options: tuple[str, ...], chance: random.Random, seconds: float
    ) -> tuple[str, Killed]:
        way = chance.random()
        if way < 0.2:
            aim, when = "at a random time", after(chance.uniform(0.0, seconds))
            return aim, fork_and_kill(lambda: self._convert(which, options), when, self.log)
        if way < 0.5:
            pattern = chance.choice(PATTERNS)
            when = when_written(self.out.parent, pattern, nth=chance.randint(1, 8))

            def slowly() -> int:
                with _at_each_name(lambda _: time.sleep(SLOW)):
                    return self._convert(which, options)

            return f"at {pattern}", fork_and_kill(slowly, when, self.log)
        left = [chance.randint(1, 14)]
        late = chance.random() < 0.5

        def exactly() -> int:
            def die(moment: str) -> None:
                left[0] -= moment == ("after" if late else "before")
                if not left[0]:
                    os.kill(os.getpid(), 9)

            with _at_each_name(die):
                return self._convert(which, options)

        done = fork_and_kill(exactly, lambda _: False, self.log)
        hit = done.returncode == -9
        aim = f"{'after' if late else 'before'} a file got its name"
        return aim, Killed(hit, done.seconds, done.output, done.returncode)

    def _judge(
        self, old: dict[str, str], new: dict[str, str], options: tuple[str, ...]
    ) -> tuple[str | None, str]:
        """What a kill has cost (None: nothing), and what it left."""
        state = "left nothing that is read"
        found: dict[str, str] = {}
        try:
            found = _read(self.out)
            if found:
                state = "left the new set" if found == new else "left the old set"
            if found not in ({}, old, new):
                return "a mix is read", "left a mix"
            again = None
        except AnnotationError as error:
            state, again = "left what is refused", _COMMAND.search(str(error))
            if again is None:
                return f"the refusal proposes nothing: {error}", state
        if again is None and found == new:
            return None, state
        if again is not None and self.kind != DATA_ROOT:
            done = fork_and_kill(lambda: _proposed(again), lambda _: False, self.log)
        else:
            done = fork_and_kill(lambda: self._convert(1, options), lambda _: False, self.log)
        if done.returncode:
            return f"the next run ended with {done.returncode}: {done.output}", state
        if _read(self.out) != new:
            return "the next run gave another set", state
        notes = self.out / "notes.txt"
        if old and notes.read_text(encoding="utf-8") != NOTES:
            return "the user's notes have changed", state
        if kept := list(self.out.rglob("*.kept-*")):
            return f"{kept[0]} was kept without need", state
        return None, state


def _write_raw(folder: Path, kind: str, number: int, seed: int) -> Path:
    phantoms = make_raw_phantoms(number, seed=seed, size=(80, 100))
    if kind != "coco":
        return write_raw(folder, kind, phantoms)
    raw = write_raw(folder.with_name(f"{folder.name} aariz"), "aariz", phantoms)
    words = [str(raw), "--out", str(folder), "--copy-images", "--split", "1", "0", "0"]
    done = fork_and_kill(
        lambda: _run(CONVERTERS["aariz"], words), lambda _: False, folder.with_name("log.txt")
    )
    assert done.returncode == 0, done.output
    return folder


def _run(tool: str, words: list[str]) -> int:
    return int(load_tool(tool).main(words))


def _proposed(command: re.Match[str]) -> int:
    """Run the command of a refusal, in the folder that it names."""
    os.chdir(command[3])
    return _run(command[1], shlex.split(command[2]))


def _read(out: Path) -> dict[str, str]:
    """What training reads of each split, its pictures too, as checksums; missing ones are left out.

    Raises:
        AnnotationError: A file is refused.
    """
    found = {}
    refused: list[AnnotationError] = []
    for split in SPLITS:
        path = out / "annotations" / f"{split}.json"
        if not path.is_file():
            continue
        try:
            images = read_canonical(str(path)).images
        except AnnotationError as error:
            refused.append(error)
            continue
        digest = hashlib.sha256(path.read_bytes())
        for image in images:
            digest.update((out / image["file_name"]).read_bytes())
        found[split] = digest.hexdigest()
    if refused and found:
        return {"mix": json.dumps(sorted(found))}
    if refused:
        raise refused[0]
    return found


@contextmanager
def _at_each_name(do: Callable[[str], Any]) -> Iterator[None]:
    """Do something before and after each file that is written gets its name."""
    replace = atomic.os.replace

    def replacing(*names: Any) -> None:
        do("before")
        replace(*names)
        do("after")

    atomic.os.replace = replacing
    try:
        yield
    finally:
        atomic.os.replace = replace
