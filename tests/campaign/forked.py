"""Killing a copy of this process: what a command does, without waiting for its imports."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from .kill import Killed


def fork_and_kill(
    run: Callable[[], int | None],
    when: Callable[[float], bool],
    log: Path,
    *,
    limit: float = 120.0,
) -> Killed:
    """Call ``run`` in a forked process and SIGKILL that.

    Args:
        run: What to do; its result is the exit status.
        when: Called over and over with the seconds since the start; True kills.
        log: Gets what the process writes on both streams.
        limit: Seconds after which it is killed in any case (and counted as not hit).
    """
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        _in_child(run, log)
    hit, status, seconds = False, None, 0.0
    try:
        while status is None and not hit and seconds <= limit:
            seconds = time.monotonic() - start
            done, code = os.waitpid(child, os.WNOHANG)
            if done:
                status = os.waitstatus_to_exitcode(code)
            else:
                hit = when(seconds)
                time.sleep(0.0005)
    finally:
        if status is None:
            os.kill(child, 9)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    output = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    return Killed(hit and status == -9, seconds, output, status)


def _in_child(run: Callable[[], int | None], log: Path) -> None:
    status = 70
    try:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(handle, stream)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="replace")
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="replace")
        status = run() or 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it was
        traceback.print_exc()
    finally:
        for text in (sys.stdout, sys.stderr):
            text.flush()
        os._exit(status)
