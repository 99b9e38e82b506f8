"""One process at a time in a folder: a lock of the operating system, which ends with its process.

No file that merely lies there says that a folder is taken: such a file outlives a process that was
killed. The system's lock on it does not. What the file holds is for the message alone.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ..errors import MmcephError

LOCK = ".mmceph.lock"
"""The lock's file in a folder."""
_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
_handles: dict[int, str] = {}  # of the locks this process holds, with their files' paths


class FolderLockedError(MmcephError):
    """Another process works in the folder."""


if sys.platform == "win32":
    import msvcrt

    # Beyond what the file holds: on Windows nobody else could read the bytes locked.
    _BYTE = 1 << 30

    def _take(handle: int) -> None:
        os.lseek(handle, _BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _release(handle: int) -> None:
        os.lseek(handle, _BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    # flock, not lockf: that is lost as soon as the process closes any handle of the file.
    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

    def _forget() -> None:
        """In a forked child: a loader's worker must not hold a lock on after its parent's death."""
        while _handles:
            with contextlib.suppress(OSError):
                os.close(_handles.popitem()[0])

    os.register_at_fork(after_in_child=_forget)


@contextlib.contextmanager
def folder_lock(folder: str | Path, what: str) -> Iterator[None]:
    """Keep every other process that asks for the same out of ``folder``.

    A folder that is not there is made, and removed again where nothing was written to it.

    Args:
        folder: The folder.
        what: What is done there, for the other process's message: ``"a training"``.

    Raises:
        FolderLockedError: Another process is at work there; the message names it and its start.
        OSError: The folder cannot be written.
    """
    folder = Path(folder)
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with file_lock(folder / LOCK, folder, what):
            yield
    finally:
        with contextlib.suppress(OSError):  # not empty: it is needed
            for path in made:
                path.rmdir()


@contextlib.contextmanager
def file_lock(path: Path, shown: Path, what: str) -> Iterator[None]:
    """As :func:`folder_lock`, by a lock file that lies elsewhere.

    Args:
        path: The lock's file; its folder must be there. It is removed at the end.
        shown: The folder that is meant, for messages.
        what: What is done there.

    Raises:
        FolderLockedError: Another process holds it.
        OSError: The file cannot be written.
    """
    handle = _locked(path, shown)
    _handles[handle] = os.path.realpath(path)
    try:
        about = {
            "pid": os.getpid(),
            "started": datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
            "host": socket.gethostname(),
            # Not the arguments: they may name patients, and a killed process leaves this file.
            "command": Path(sys.argv[0]).name,
            "what": what,
        }
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(about).encode("utf-8"))
        yield
    finally:
        if handle in _handles:  # not in a forked child, whose end is not the holder's
            del _handles[handle]
            _let_go(path, handle)


def holds(path: str | Path) -> bool:
    """Whether this process has locked that file."""
    return os.path.realpath(path) in _handles.values()


def _locked(path: Path, shown: Path) -> int:
    """Open the file and lock it; what is returned is locked and lies under that name."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            try:
                _take(handle)
            except OSError as error:
                if error.errno in _TAKEN:
                    raise FolderLockedError(_message(path, shown)) from error
                if error.errno not in _NO_LOCKS:
                    raise
                print(
                    f"Note: {shown} lies on a file system without locks; start nothing else that "
                    "writes there",
                    file=sys.stderr,
                )
            # Whoever had it may have removed the file between our opening and our lock.
            if _same_file(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _let_go(path: Path, handle: int) -> None:
    # Removed while it is locked; on Windows that is not possible, and it is tried after.
    with contextlib.suppress(OSError):
        if _same_file(handle, path):
            path.unlink()
    with contextlib.suppress(OSError):
        _release(handle)
    os.close(handle)
    if sys.platform == "win32":
        with contextlib.suppress(OSError):
            path.unlink()


def _message(path: Path, shown: Path) -> str:
    about: dict[str, object] = {}
    for _ in range(20):  # it may have been locked a moment ago, and say nothing yet
        with contextlib.suppress(OSError, ValueError, RecursionError):
            found = json.loads(path.read_text(encoding="utf-8"))
            about = found if isinstance(found, dict) else {}
            break
        time.sleep(0.02)
    who = f"{about.get('what', 'another run')} ({about.get('command', 'mmceph')}"
    if "pid" in about:
        who += f", process {about['pid']} on {about.get('host')}, started {about.get('started')}"
    return f"{shown}: {who}) is at work there; wait for it, or give another folder"
