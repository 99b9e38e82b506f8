"""Running a command and killing it: at a random time, or while a file of some kind is written."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Killed:
    """How a run ended.

    Attributes:
        hit: Whether it was killed; False when it was over before.
        seconds: How long it had run.
        output: What it wrote on both streams.
        returncode: Its exit status; negative after a kill.
    """

    hit: bool
    seconds: float
    output: str
    returncode: int


def run_and_kill(
    command: Sequence[str | Path],
    when: Callable[[float], bool],
    *,
    environment: dict[str, str] | None = None,
    cwd: Path | None = None,
    limit: float = 120.0,
) -> Killed:
    """Run a command in a process group of its own and SIGKILL the whole group.

    Args:
        command: The argument list.
        when: Called over and over with the seconds since the start; True kills.
        environment: Its environment variables; None: ours.
        cwd: Where to run it.
        limit: Seconds after which it is killed in any case (and counted as not hit).
    """
    start = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=cwd,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    hit = False
    while process.poll() is None:
        seconds = time.monotonic() - start
        hit = when(seconds)
        if hit or seconds > limit:
            os.killpg(process.pid, 9)
            break
        time.sleep(0.0005)
    output, _ = process.communicate()
    code = process.returncode
    return Killed(hit and code == -9, time.monotonic() - start, output, code)


def after(seconds: float) -> Callable[[float], bool]:
    """Kill at a time."""
    return lambda passed: passed >= seconds


def when_written(folder: Path, pattern: str, *, nth: int = 1) -> Callable[[float], bool]:
    """Kill at the ``nth`` change of the files that fit a pattern: new, grown, renamed or gone."""
    seen: dict[str, tuple[int, int]] | None = None
    changes = 0

    def changed(_: float) -> bool:
        nonlocal seen, changes
        now = {}
        try:
            for path in folder.rglob(pattern):
                stat = path.stat()
                now[str(path)] = (stat.st_size, stat.st_mtime_ns)
        except OSError:  # gone meanwhile: look again
            return changes >= nth
        if seen is not None and now != seen:
            changes += 1
        seen = now
        return changes >= nth

    return changed
