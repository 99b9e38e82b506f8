"""Decoded pictures kept for the next epoch, in memory or on disk."""

from __future__ import annotations

import hashlib
import io
import os
import time
import warnings
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from mmceph.environment.cache import folder
from mmceph.io import write_bytes_atomic

_FORMAT = 2  # counts up when the same file gives other pixels
_ABANDONED_S = 3600  # a temporary file this old was left by a killed process
_WRITES_PER_SURVEY = 32
_FULL_AGAIN = 0.9  # leaves room for some writes before the folder is surveyed again


class Stamp(NamedTuple):
    """What tells one state of a file from another."""

    mtime_ns: int
    size: int

    @classmethod
    def of(cls, path: str | Path) -> Stamp:
        """The stamp of a file as it is now."""
        status = os.stat(path)
        return cls(status.st_mtime_ns, status.st_size)


class Entry(NamedTuple):
    """A picture in a cache: its pixels (h, w), and the size (w, h) of the file's own picture."""

    pixels: np.ndarray
    original_size: tuple[int, int]


class ImageCache(Protocol):
    """Keeps entries by key; a file that has changed since is not found."""

    def get(self, key: str, stamp: Stamp) -> Entry | None:
        """The entry of ``key``, or None where there is none for this state of the file."""

    def put(self, key: str, stamp: Stamp, entry: Entry) -> None:
        """Keep an entry, at the cost of the oldest ones where the cache is full."""


def cache_key(path: str | Path, *settings: Any) -> str:
    """A file name for what ``settings`` make of the file ``path``."""
    text = repr((_FORMAT, os.path.abspath(path), *settings))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class RamCache:
    """Entries in the memory of this process.

    A forked process starts with what was there before the fork and goes on alone; a copy sent to
    another process (spawn) starts empty.

    Args:
        capacity: Most bytes of pixels that are kept.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._entries: OrderedDict[str, tuple[Stamp, Entry]] = OrderedDict()
        self._bytes = 0

    def get(self, key: str, stamp: Stamp) -> Entry | None:
        """See :class:`ImageCache`."""
        known, entry = self._entries.get(key, (None, None))
        return entry if known == stamp else None

    def put(self, key: str, stamp: Stamp, entry: Entry) -> None:
        """See :class:`ImageCache`."""
        self._drop(key)
        if entry.pixels.nbytes > self.capacity:
            return
        while self._entries and self._bytes + entry.pixels.nbytes > self.capacity:
            self._drop(next(iter(self._entries)))
            _warn_full(self.capacity)
        self._entries[key] = (stamp, entry)
        self._bytes += entry.pixels.nbytes

    def _drop(self, key: str) -> None:
        dropped = self._entries.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped[1].pixels.nbytes

    def __getstate__(self) -> dict[str, Any]:
        return {"capacity": self.capacity}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


class DiskCache:
    """Entries as files that any number of processes share without locks.

    A file appears whole or not at all, and one that is damaged or cannot be read counts as
    missing. A folder that cannot be written is done without, after a warning.

    Args:
        capacity: Most bytes on disk. Other processes' writes are noticed every 32 of one's own,
            so that many files per process may for a while lie above it.
        directory: Where; by default ``images`` in mmceph's cache folder, for its owner alone.
    """

    def __init__(self, capacity: int, directory: str | Path | None = None) -> None:
        self.capacity = capacity
        self.directory = Path(directory) if directory is not None else folder() / "images"
        self._bytes = 0  # as far as this process knows
        self._writes = 0

    def get(self, key: str, stamp: Stamp) -> Entry | None:
        """See :class:`ImageCache`."""
        try:
            with self._file(key).open("rb") as stream:
                format, mtime_ns, size, width, height = np.load(stream, allow_pickle=False)
                if (format, mtime_ns, size) != (_FORMAT, *stamp):
                    return None
                pixels = np.load(stream, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return Entry(pixels, (int(width), int(height)))

    def put(self, key: str, stamp: Stamp, entry: Entry) -> None:
        """See :class:`ImageCache`."""
        buffer = io.BytesIO()
        np.save(buffer, np.array([_FORMAT, *stamp, *entry.original_size], np.int64))
        np.save(buffer, entry.pixels)
        if buffer.tell() > self.capacity:
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_bytes_atomic(self._file(key), buffer.getvalue(), durable=False)
        except OSError as error:
            # On Windows also where another process reads the file just now: it has one, then.
            if not isinstance(error, PermissionError) or not self._file(key).exists():
                warnings.warn(
                    f"{self.directory}: pictures cannot be cached ({error.strerror or error})",
                    stacklevel=2,
                )
            return
        self._bytes += buffer.tell()
        if self._writes % _WRITES_PER_SURVEY == 0 or self._bytes > self.capacity:
            self._survey()
        self._writes += 1

    def _file(self, key: str) -> Path:
        return self.directory / f"{key}.npy"

    def _survey(self) -> None:
        """Count what is there, and take the oldest files away where it is too much."""
        files = []
        with suppress(OSError), os.scandir(self.directory) as found:
            for item in found:
                with suppress(OSError):  # taken away by another process meanwhile
                    status = item.stat()
                    if item.name.endswith(".npy"):
                        files.append((status.st_mtime_ns, status.st_size, item.path))
                    elif item.name.endswith(".tmp") and _is_abandoned(status):
                        os.unlink(item.path)
        self._bytes = sum(size for _, size, _ in files)
        if self._bytes <= self.capacity:
            return
        _warn_full(self.capacity)
        for _, size, path in sorted(files):
            if self._bytes <= _FULL_AGAIN * self.capacity:
                break
            self._bytes -= size
            with suppress(OSError):  # taken away by another process, or being read on Windows
                os.unlink(path)


def _is_abandoned(status: os.stat_result) -> bool:
    return time.time() - status.st_mtime > _ABANDONED_S


def _warn_full(capacity: int) -> None:
    # The default filter shows it once; a cache that turns over each epoch saves next to nothing.
    warnings.warn(
        f"the image cache is full ({capacity / 1e9:.1f} GB), the oldest pictures are decoded again "
        "when needed; raise cache_bytes",
        stacklevel=3,
    )
