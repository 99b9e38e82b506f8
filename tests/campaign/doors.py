"""Running a tool in a process of its own and judging how it ended."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = (0, 1, 2, 130, 143)
_UNFORESEEN = re.compile(r"^unexpected error: .*; the traceback is in (.*)$", re.MULTILINE)
_FRAME = re.compile(r'File "(?:.*/)?((?:mmceph|tools)/[^"]+)", line (\d+)')
# What several seconds of stopping mean: the tool does not mind SIGTERM.
_GRACE = 15.0


@dataclass(frozen=True)
class Ending:
    """How a command ended.

    Attributes:
        status: Its exit status; negative: the signal that ended it.
        output: What it wrote to stdout.
        errors: What it wrote to stderr.
        seconds: How long it ran.
        stopped: Whether it was stopped by SIGTERM because it would have gone on for long.
        trace: The traceback of an error that nobody foresaw.
    """

    status: int
    output: str
    errors: str
    seconds: float
    stopped: bool
    trace: str = ""

    def loss(self, allowed: Sequence[int] = ALLOWED) -> str | None:
        """What is wrong with this end; None where nothing is."""
        if self.trace or "Traceback (most recent call last)" in self.errors:
            return f"traceback: {_last_line(self.trace or self.errors)} at {self.place()}"
        if "unexpected error:" in self.errors:
            return f"unexpected error without a log: {_last_line(self.errors)}"
        if self.status < 0:
            return f"ended by signal {-self.status}: {_last_line(self.errors)}"
        if self.stopped and self.status not in (0, 1, 143):
            return f"status {self.status} after SIGTERM: {_last_line(self.errors)}"
        if self.status not in allowed:
            return f"status {self.status}: {_last_line(self.errors)}"
        if self.status in (1, 2) and not self.errors.strip() and "dry run" not in self.output:
            return f"status {self.status} without a word on stderr"
        return None

    def place(self) -> str:
        """File and line of our own code where an unforeseen error was raised."""
        frames = _FRAME.findall(self.trace or self.errors)
        return ":".join(frames[-1]) if frames else "?"


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else ""


@cache
def load_tool(path: str) -> ModuleType:
    """A tool as a module, by its path in the repository."""
    if path.startswith("mmceph/"):
        return import_module(path.removesuffix(".py").replace("/", "."))
    file = ROOT / path
    for folder in (str(file.parent), str(ROOT / "tools")):
        if folder not in sys.path:
            sys.path.append(folder)
    spec = spec_from_file_location(f"campaign_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_apart(
    work: Callable[[], int | None], folder: Path, *, limit: float = 60.0, gigabytes: float = 4.0
) -> Ending:
    """Run ``work`` in a fork of this process, which has what it needs imported.

    Args:
        work: What to do; its result is the exit status.
        folder: The current folder of the fork.
        limit: Seconds after which it gets a SIGTERM, and some later a SIGKILL.
        gigabytes: What it may take on top of what this process has.
    """
    files = [folder.parent / f"{folder.name}.{name}" for name in ("stdout", "stderr")]
    start = time.monotonic()
    sys.stdout.flush()
    sys.stderr.flush()
    with _one_thread():
        child = os.fork()
        if child == 0:
            _be_the_fork(work, folder, files, gigabytes)
    stopped = False
    while True:
        done, how = os.waitpid(child, os.WNOHANG)
        seconds = time.monotonic() - start
        if done:
            break
        if seconds > limit + _GRACE:
            os.killpg(child, signal.SIGKILL)
        elif seconds > limit and not stopped:
            stopped = True
            os.kill(child, signal.SIGTERM)
        time.sleep(0.001 if seconds < 1 else 0.02)
    output, errors = (file.read_text(encoding="utf-8", errors="replace") for file in files)
    status = os.waitstatus_to_exitcode(how)
    return Ending(status, output, errors, seconds, stopped, _trace_of(errors))


def _be_the_fork(
    work: Callable[[], int | None], folder: Path, files: list[Path], gigabytes: float
) -> NoReturn:
    status = 99
    try:
        os.setpgid(0, 0)
        os.chdir(folder)
        for number, file in enumerate(files, 1):
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(handle, number)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
        taken = _virtual_bytes()
        most = taken + int(gigabytes * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        status = work() or 0
        sys.stdout.flush()
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:  # noqa: BLE001 - whatever it is, the judge shall read it
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status if 0 <= status < 256 else 98)


def _virtual_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # no such file on this system
        return 8 * 2**30


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let thread pools go for a moment: a fork has their locks, but not their threads."""
    pools = []
    for name, read, write in (
        ("torch", "get_num_threads", "set_num_threads"),
        ("cv2", "getNumThreads", "setNumThreads"),
    ):
        module = sys.modules.get(name)
        if module is not None and getattr(module, read)() != 1:
            pools.append((getattr(module, write), getattr(module, read)()))
    for write, _ in pools:
        write(1)
    yield
    for write, count in pools:
        write(count)


def _trace_of(errors: str) -> str:
    found = _UNFORESEEN.search(errors)
    if found is None:
        return ""
    try:
        return Path(found[1]).read_text(encoding="utf-8")
    except OSError:
        return ""
