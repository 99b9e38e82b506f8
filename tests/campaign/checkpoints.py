"""Hostile checkpoints, opened by every door that opens one: refused, or loaded without harm.

A loss is code that ran, a process that died, an error that is not ours, more than 2 GB of memory or
more than 20 seconds, and a kind of :mod:`tests.campaign.hostile_kinds` that was loaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from .hostile import Hostile, mutated
from .hostile_kinds import kinds
from .tally import Tally

ROOT = Path(__file__).resolve().parents[2]
MOST_MB, MOST_SECONDS = 2048, 20.0
_BATCH = 40
# Whatever the user's environment says, it decides nothing.
SWITCHES = ({}, *({"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": value} for value in ("0", "false", "", "1")))


def campaign(runs: int, seed: int, folder: Path) -> Tally:
    """Open ``runs`` hostile files: each kind once in a random order, then damaged checkpoints."""
    rng = np.random.default_rng(seed)
    known = kinds()
    order = [known[index] for index in rng.permutation(len(known))]
    order += [_damaged(rng, index) for index in range(max(0, runs - len(order)))]
    todo = list(enumerate(order[:runs]))
    tally = Tally()
    for start in range(0, len(todo), _BATCH):
        environment = SWITCHES[start // _BATCH % len(SWITCHES)]
        batch = todo[start : start + _BATCH]
        while batch:  # goes on behind a file that ended the process
            batch = _open(batch, folder, environment, tally)
    return tally


def _damaged(rng: np.random.Generator, index: int) -> Hostile:
    data = mutated(rng, bool(index % 2))
    return Hostile(f"damaged {index}", lambda path, _: path.write_bytes(data) and None, loads=True)


def _open(
    batch: list[tuple[int, Hostile]],
    folder: Path,
    environment: dict[str, str],
    tally: Tally,
) -> list[tuple[int, Hostile]]:
    """Open files in a process of their own; returns those that it did not come to."""
    command = [sys.executable, "-m", "tests.campaign.checkpoint_opener"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=variables, cwd=ROOT, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()  # it has imported what it needs
    for done, (index, kind) in enumerate(batch, 1):
        path, marker = folder / f"{index}.pth", folder / f"{index}.ran"
        kind.write(path, marker)
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        start = time.monotonic()
        limit = threading.Timer(3 * MOST_SECONDS, process.kill)
        limit.start()
        line = process.stdout.readline()
        limit.cancel()
        seconds = time.monotonic() - start
        loss = _loss(line, seconds, marker, kind, tally)
        tally.add(None if loss is None else f"{kind.name}: {loss}")
        if path.is_file():
            path.unlink()
        if not line:
            process.kill()
            process.wait()
            return batch[done:]
    process.stdin.close()
    process.wait()
    return []


def _loss(line: str, seconds: float, marker: Path, kind: Hostile, tally: Tally) -> str | None:
    if marker.exists():
        return "its code ran"
    if not line:
        return "the process died"
    answer = json.loads(line)
    tally.remark(answer["end"])
    if answer["end"] == "another error":
        return str(answer["text"])
    if answer["mb"] > MOST_MB or seconds > MOST_SECONDS:
        return f"{answer['mb']} MB and {seconds:.0f} s"
    return "loaded" if answer["end"] == "loaded" and not kind.loads else None
