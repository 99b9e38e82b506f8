"""What every tool's door shares: one handler of errors, and one rule for texts.

Standard library only, and the syntax of Python 3.8: ``tools/quickstart.py`` uses it before anything
is installed.

The ends of a command: 0 done; 1 an error, named in one line on stderr; 2 a wrong command line (by
argparse); 130 after Ctrl-C and 143 after SIGTERM, with the way to go on where there is one.
"""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

from mmceph.crash_log import write_crash_log
from mmceph.errors import MmcephError

# mmengine's registries put the class that they were building before the message.
_BUILT = re.compile(r"^(class `\w+` in [\w/.]+: )+")
# A line break may be meant; what rules a terminal, and half characters, are not.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MAKE_ROOM = "; make room there, then run the command again"
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class Terminated(KeyboardInterrupt):
    """SIGTERM has come; whatever minds Ctrl-C minds it too."""


def run_command(
    parse: Callable[[Sequence[str] | None], Namespace],
    run: Callable[[Namespace], int | None],
    argv: Sequence[str] | None = None,
    *,
    go_on: str | Callable[[Namespace], str] = "",
) -> int:
    """Run a tool from its command line to its exit status.

    Args:
        parse: Makes options of the arguments; a wrong command line raises SystemExit(2).
        run: Does the work; what it returns is the exit status, None for 0.
        argv: Arguments; the command line's where left out.
        go_on: Said after an interrupt: the way to go on.

    Returns:
        The exit status.
    """
    show_every_name()
    args = parse(argv)
    return guarded(lambda: run(args), lambda: go_on(args) if callable(go_on) else go_on)


def guarded(run: Callable[[], int | None], go_on: Callable[[], str] = str) -> int:
    """Run ``run`` and end in an exit status: see the head of this module."""
    try:
        with _sigterm_as_interrupt(), _log_errors_in_a_line():
            status = run() or 0
            # A full disk or a closed pipe shows here, and not after the last chance to say so.
            sys.stdout.flush()
    except KeyboardInterrupt as stop:
        return _stopped(stop, go_on)
    except Exception as error:  # noqa: BLE001 - the last place where one can be told in a line
        interrupt = _interrupt_behind(error)
        if interrupt is None or isinstance(error, (MmcephError, OSError)):
            say(_broken_output(error) or _as_line(error))
        return 1 if interrupt is None else _stopped(interrupt, go_on)
    return status


def _stopped(stop: KeyboardInterrupt, go_on: Callable[[], str]) -> int:
    terminated = isinstance(stop, Terminated)
    say(f"\n{'Terminated' if terminated else 'Interrupted'}. {go_on()}".rstrip())
    return 143 if terminated else 130


def _interrupt_behind(error: BaseException) -> KeyboardInterrupt | None:
    """The interrupt that a library took for something else, which it then complained of."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        if isinstance(found, KeyboardInterrupt):
            return found
        seen.add(id(found))
        found = found.__cause__ or found.__context__
    return None


def show_every_name() -> None:
    """Let no file name end a run because a console or a redirected stream cannot spell it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Write a message to stderr; one that nobody reads any more is lost."""
    with contextlib.suppress(OSError, ValueError):  # ValueError: it was closed
        print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    r"""``text`` with what would rule a terminal, or is half a character, spelt out.

    Example:
        >>> printable("caf\udce9.png: \x1b[2Jno such file")
        'caf\\udce9.png: \\x1b[2Jno such file'
    """
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def command_line(words: Sequence[object]) -> str:
    """A command as it is typed into this system's shell.

    Example:
        >>> command_line(["python", "tools/x.py", "--out", "mine"])
        'python tools/x.py --out mine'
    """
    texts = [str(word) for word in words]
    return subprocess.list2cmdline(texts) if sys.platform == "win32" else shlex.join(texts)


def resume_command(script: str, words: Sequence[str]) -> str:
    """The command that goes on with the run that this one started.

    Example:
        >>> resume_command("tools/train.py", ["c.py", "--load-from", "a.pth", "--epochs", "4"])
        'python tools/train.py c.py --epochs 4 --resume'
    """
    kept: list[str] = []
    skip = False
    for word in words:
        start = word.split("=")[0] in ("--load-from", "--resume")
        if not start and (not skip or word.startswith("-")):
            kept.append(word)
        skip = start and "=" not in word
    return subprocess.list2cmdline(["python", script, *kept, "--resume"])


def _as_line(error: Exception) -> str:
    """An error as the user reads it; of what was not foreseen, where the traceback lies."""
    text = _BUILT.sub("", str(error)).strip()
    if isinstance(error, MmcephError):
        more = f"; the traceback is in {write_crash_log(error)}" if error.keep_traceback else ""
        return f"error: {text}{more}"
    if isinstance(error, OSError):
        return f"error: {_os_error(error)}"
    if isinstance(error, ImportError) and not (error.name or "mmceph").startswith("mmceph"):
        return f"error: {text}; python -m mmceph.guard says what is missing and how to get it"
    if isinstance(error, RuntimeError) and text.startswith("Symlink loop from "):
        # What pathlib has for that before Python 3.13.
        return f"error: {text.removeprefix('Symlink loop from ')}: is a link to itself"
    if _is_out_of_memory(error):
        text = text.split("\n")[0] or "it is full"
        return f"error: not enough memory ({text}); give it less at a time, or smaller pictures"
    first = text.split("\n")[0]
    place = write_crash_log(error)
    return f"unexpected error: {type(error).__name__}: {first}; the traceback is in {place}"


def _os_error(error: OSError) -> str:
    """What the system refused, with the file; a registry's copy of an error has lost both."""
    while error.errno is None and isinstance(error.__context__, OSError):
        error = error.__context__
    if error.errno is None or error.strerror is None:
        return _BUILT.sub("", str(error)).strip() or type(error).__name__
    name = error.filename if error.filename is not None else _file_in_hand(error)
    text = error.strerror + (_MAKE_ROOM if error.errno in _FULL else "")
    return f"{os.fsdecode(name)}: {text}" if isinstance(name, (str, bytes)) else text


def _file_in_hand(error: OSError) -> str | None:
    """The file that was being written: the system names it where it is opened, not later."""
    names = []
    step = error.__traceback__
    while step is not None:
        for value in step.tb_frame.f_locals.values():
            name = getattr(value, "name", None) if isinstance(value, io.IOBase) else None
            if isinstance(name, (str, bytes, os.PathLike)):  # not the number of a pipe
                names.append(os.fsdecode(name))
        step = step.tb_next
    return names[-1] if names else None


def _is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out; torch and OpenCV have no MemoryError of Python's."""
    text = str(error)
    named = type(error).__name__ == "OutOfMemoryError"
    return isinstance(error, MemoryError) or named or "allocate memory" in text


def _broken_output(error: Exception) -> str:
    """What is wrong with standard output, empty where it is not that; a broken one is let go."""
    if not isinstance(error, OSError) or error.filename is not None:
        return ""
    try:
        handle = sys.stdout.fileno()
    except (OSError, ValueError):  # a stand-in, or closed
        return ""
    try:
        sys.stdout.flush()
        os.write(handle, b"\n")
    except OSError as refused:
        # Python would complain of what is left in it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), handle)
        if isinstance(refused, BrokenPipeError):
            return "error: what reads the output has gone away, so the work was stopped"
        return f"error: standard output: {refused.strerror}"
    return ""


@contextlib.contextmanager
def _log_errors_in_a_line() -> Iterator[None]:
    """Let a log that cannot be written be told once, and not by a traceback a line."""
    told: set[str] = set()

    def tell(handler: logging.Handler, record: logging.LogRecord) -> None:
        name = str(getattr(handler, "baseFilename", "the log"))
        if name not in told:
            told.add(name)
            say(f"warning: {name}: cannot be written ({sys.exc_info()[1]}); it has gaps")

    before = logging.Handler.handleError
    logging.Handler.handleError = tell  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        logging.Handler.handleError = before  # type: ignore[method-assign]


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM raise :class:`Terminated` meanwhile, unless somebody else minds it."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    owner = os.getpid()

    def stop(number: int, frame: FrameType | None) -> Any:
        if os.getpid() != owner:  # a forked worker, which shall just end
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        raise Terminated

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
