"""What becomes of a run when one of the processes that load its pictures ends, or cannot work."""

from __future__ import annotations

import errno
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import queues
from types import FrameType
from typing import Any

from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter

from mmceph.errors import MmcephError

_NO_ROOM = 28  # the exit status by which a process of a loader says that shared memory is full
_SHARED = re.compile(r"shared memory|/torch_\d+|bus error", re.IGNORECASE)
_CUT_OFF = (ConnectionError, EOFError, FileNotFoundError)
_ENDED = re.compile(
    r"DataLoader worker \(pid(?:\(s\))? [\d, ]+\) "
    r"(?:is killed by signal: (?P<signal>[\w ]+)|"
    r"exited unexpectedly(?: with exit code (?P<code>\d+))?)"
)


class LoaderError(MmcephError):
    """The processes that load pictures cannot go on."""


def watch_workers(loader: DataLoader) -> None:
    """Let a process of a loader end when it cannot hand its pictures over.

    As they are, they print a traceback, and the run waits for the pictures for ever.

    Args:
        loader: A loader that has not been iterated over; changed in place.
    """
    if loader.num_workers > 0 and not isinstance(loader.worker_init_fn, EndOnFailure):
        loader.worker_init_fn = EndOnFailure(loader.worker_init_fn)


class EndOnFailure:
    """What a loader's process does first.

    Args:
        first: What it would do otherwise.
    """

    def __init__(self, first: Callable[[int], Any] | None) -> None:
        self.first = first

    def __call__(self, worker: int) -> None:
        """Prepare process number ``worker``."""
        # Called by the thread that sends, in the place of a traceback and of going on.
        queues.Queue._on_queue_feeder_error = staticmethod(_end)  # type: ignore[attr-defined]
        if self.first is not None:
            self.first(worker)


def _end(error: Exception, _: Any) -> None:
    full = _SHARED.search(str(error)) or getattr(error, "errno", None) == errno.ENOSPC
    if not full:
        print(f"a process that loads pictures ends: {error}", flush=True)
    os._exit(_NO_ROOM if full else 1)


@contextmanager
def clear_loader_failures() -> Iterator[None]:
    """Say in a line what became of a loader's processes.

    Raises:
        LoaderError: In the place of whatever their end made of the step that was at work.
    """
    try:
        yield
    except Exception as error:
        try:
            reason = _first_reason(error)
        except RuntimeError as later:  # torch's handler has only now been told of the end
            reason = _first_reason(later)
        if reason is None:
            raise
        _let_go(error)
        raise LoaderError(reason) from error


def _first_reason(error: BaseException) -> str | None:
    """Look through an error and those that it came of.

    torch raises from a signal's handler, wherever the run is at that moment: the error may have
    been caught and made another of.
    """
    return next((reason for cause in _chain(error) if (reason := _reason(cause))), None)


def _let_go(error: BaseException) -> None:
    """Keep the destructor of a loader that could not be made from complaining, after the reason."""
    for frame in _frames(error):
        made = frame.f_locals.get("self")
        if isinstance(made, _BaseDataLoaderIter) and not hasattr(made, "_shutdown"):
            made._shutdown = True  # type: ignore[attr-defined]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: BaseException) -> str | None:
    text = str(error)
    ended = _ENDED.search(text) if isinstance(error, RuntimeError) else None
    how = (ended["signal"] or ended["code"] or _end_of(error)).strip() if ended else ""
    if isinstance(error, _CUT_OFF) and _in_multiprocessing(error):
        how = _end_of(error)  # found out while a picture was fetched from it
    if (
        how in (str(_NO_ROOM), "Bus error")
        or (isinstance(error, RuntimeError) and _SHARED.search(text) and "No space" in text)
        or (
            isinstance(error, OSError)
            and error.errno == errno.ENOSPC
            and _in_multiprocessing(error)
        )
    ):
        return (
            "shared memory (/dev/shm) is full, through which loader processes hand over pictures: "
            "make room there (in a container: docker run --shm-size=2g), or do without these "
            "processes: --workers 0"
        )
    if "ancdata" in text or getattr(error, "errno", None) == errno.EMFILE:
        return "too many files are open in loader processes: give fewer of them (--workers)"
    if not how:
        return None
    if how.isdigit():
        how = f"exit status {how}"
    return (
        f"a loader process was ended from outside ({how}), most often for want of memory: "
        "give fewer of them (--workers) or a smaller --batch-size; --workers 0 needs none"
    )


def _end_of(error: BaseException) -> str:
    """How the process ended, which torch has at hand and does not always say."""
    for frame in _frames(error):
        workers = getattr(frame.f_locals.get("self"), "_workers", None)
        for process in workers if isinstance(workers, list) else ():
            process.join(1)  # it may be about to end
            if status := getattr(process, "exitcode", None):
                return str(status) if status > 0 else signal.strsignal(-status) or str(status)
    return "how is not known"


def _in_multiprocessing(error: BaseException) -> bool:
    names = [str(frame.f_globals.get("__name__", "")) for frame in _frames(error)]
    return any(name.startswith("multiprocessing.") for name in names)


def _frames(error: BaseException) -> Iterator[FrameType]:
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame
        step = step.tb_next
