"""Faults at the very moment a training writes, names or removes one of its files.

Installed in a process that is about to train. Every step of a write counts: a part of a file, the
order to the disk, a rename, a removal. At a step of the campaign's choice the process kills itself,
or the disk is full from then on.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

PARTS = 4


class WriteFaults:
    """Counts the steps in a folder, and fails at one of them.

    Args:
        folder: The work folder.
        journal: A file that gets a line for each file that has come to be whole, and at the end
            the number of steps.
        kill_at: The step before which this process kills itself; None: never.
        full_from: The step from which on the disk is full; None: never.
    """

    def __init__(
        self,
        folder: Path,
        journal: Path,
        *,
        kill_at: int | None = None,
        full_from: int | None = None,
    ) -> None:
        self.folder = os.path.realpath(folder)
        self.kill_at, self.full_from = kill_at, full_from
        self.steps = 0
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._open, self._fdopen = io.open, os.fdopen

    def install(self) -> None:
        """Watch every way by which Python's files come to be; for the rest of the process."""
        for module in (builtins, io):
            module.open = self._watched_open
        os.fdopen = self._watched_fdopen
        for name in ("replace", "rename"):
            setattr(os, name, self._watched_move(getattr(os, name)))
        for name in ("remove", "unlink"):
            setattr(os, name, self._watched(getattr(os, name)))
        os.fsync = self._watched_fsync(os.fsync)

    def note(self, line: str) -> None:
        """Write a line to the journal, by the system itself: no step."""
        os.write(self._journal, f"{line}\n".encode())

    def step(self, *, writes: bool = False) -> None:
        """Count a step, and fail at it where that was asked for.

        Raises:
            OSError: The disk is full.
        """
        self.steps += 1
        if self.steps == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if writes and self.full_from is not None and self.steps >= self.full_from:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def concerns(self, path: Any) -> bool:
        """Whether a path is of a checkpoint, of the one that names it, or of a draft of these."""
        if not isinstance(path, (str, os.PathLike)):
            return False
        folder, name = os.path.split(os.path.realpath(path))
        kinds = (".pth", ".tmp", "last_checkpoint", ".being_moved.json")
        return folder.startswith(self.folder) and name.endswith(kinds)

    def _watched_open(self, file: Any, mode: str = "r", *more: Any, **kwargs: Any) -> Any:
        stream = self._open(file, mode, *more, **kwargs)
        writes = set(mode) & set("wax+") and self.concerns(file)
        return _Watched(stream, self, Path(file)) if writes else stream

    def _watched_fdopen(self, handle: int, mode: str = "r", *more: Any, **kwargs: Any) -> Any:
        stream = self._fdopen(handle, mode, *more, **kwargs)
        path = os.path.realpath(f"/proc/self/fd/{handle}")
        return _Watched(stream, self, Path(path)) if "w" in mode and self.concerns(path) else stream

    def _watched_move(self, real: Callable[..., None]) -> Callable[..., None]:
        def move(source: Any, target: Any, *more: Any, **kwargs: Any) -> None:
            if not self.concerns(target):
                real(source, target, *more, **kwargs)
                return
            self.step()
            real(source, target, *more, **kwargs)
            self.note(f"whole {os.path.relpath(os.path.realpath(target), self.folder)}")

        return move

    def _watched(self, real: Callable[..., None]) -> Callable[..., None]:
        def remove(path: Any, *more: Any, **kwargs: Any) -> None:
            if self.concerns(path):
                self.step()
            real(path, *more, **kwargs)

        return remove

    def _watched_fsync(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def fsync(handle: int) -> None:
            if os.path.realpath(f"/proc/self/fd/{handle}").startswith(self.folder):
                self.step()
            real(handle)

        return fsync


class _Watched:
    """A file that is written in parts."""

    def __init__(self, stream: Any, faults: WriteFaults, path: Path) -> None:
        self._stream, self._faults, self._path = stream, faults, path

    def write(self, data: Any) -> int:
        size = max(1, -(-len(data) // PARTS))
        for start in range(0, len(data), size):
            self._faults.step(writes=True)
            self._stream.write(data[start : start + size])
            self._stream.flush()
        return len(data)

    def close(self) -> None:
        if not self._stream.closed:
            self._stream.close()
            self._faults.note(f"whole {os.path.relpath(self._path, self._faults.folder)}")

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *error: object) -> None:
        self.close() if error[0] is None else self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
