"""Atomic writes: a file is either whole or not there, after Ctrl-C, a kill or a full disk.

And the checksums by which files that belong together are told.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20
# Not made of the file's own name, which may already be as long as a name can be.
DRAFT_PREFIX, DRAFT_SUFFIX = ".mmceph-", ".tmp"


def write_bytes_atomic(path: str | Path, data: bytes, *, durable: bool = True) -> Path:
    """Write ``data`` to ``path`` by way of a temporary file beside it.

    Args:
        path: Where the file shall lie; parent folders are made.
        data: The file's content.
        durable: Wait until the disk has it, so that a power cut leaves no empty file under this
            name. A cache, which is made anew, need not wait.

    Returns:
        ``path`` as a :class:`pathlib.Path`.

    Raises:
        OSError: The folder cannot be written, or the disk is full; it names ``path``.
    """
    path = Path(path)
    with named_in_errors(path), _draft(path, data, durable) as draft:
        os.replace(draft, path)
        if durable:
            sync_folder(path.parent)
    return path


def write_files_atomic(
    contents: Mapping[Path, bytes], before: Callable[[], object] = lambda: None
) -> None:
    """Write several files: none of those there are is touched before all the new ones are on disk.

    Args:
        contents: What to write, by where.
        before: Called when that is so, just before the files get their names.

    Raises:
        OSError: A file cannot be written, as on a full disk; those there are stay as they were.
    """
    with contextlib.ExitStack() as drafts:
        written = {}
        for path, data in contents.items():
            drafts.enter_context(named_in_errors(path))
            written[path] = drafts.enter_context(_draft(path, data, durable=True))
        before()
        for path, draft in written.items():
            with named_in_errors(path):
                os.replace(draft, path)
        for folder in {path.parent for path in written}:
            sync_folder(folder)


@contextlib.contextmanager
def _draft(path: Path, data: bytes, durable: bool) -> Iterator[str]:
    """Write ``data`` to a temporary file beside ``path``; it is gone at the end, or renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=DRAFT_PREFIX, suffix=DRAFT_SUFFIX, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        # mkstemp makes files only the owner can read; a result is for all the umask allows.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(draft, 0o666 & ~umask)
        yield draft
    finally:  # after Ctrl-C too: no temporary file stays behind
        Path(draft).unlink(missing_ok=True)


def write_text_atomic(path: str | Path, text: str) -> Path:
    """Write ``text`` as UTF-8; what that has no form for is spelt out."""
    return write_bytes_atomic(path, text.encode("utf-8", "backslashreplace"))


def write_json_atomic(path: str | Path, content: Any, indent: int | None = 1) -> Path:
    """Write ``content`` as strict JSON (no NaN); see :func:`write_bytes_atomic`.

    Raises:
        ValueError: ``content`` holds NaN or infinity, which JSON has no word for.
    """
    return write_bytes_atomic(path, json_bytes(content, indent))


def json_bytes(content: Any, indent: int | None = 1) -> bytes:
    """``content`` as a file of strict JSON holds it.

    Raises:
        ValueError: ``content`` holds NaN or infinity, which JSON has no word for.
    """
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False)
    # A name that is no UTF-8 holds lone surrogates; JSON spells them as it comes out here.
    return (text + "\n").encode("utf-8", "backslashreplace")


def sha256_of(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sync_folder(folder: str | Path) -> None:
    """Wait until the disk has a folder's list of names, where the system can say so."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):  # some file systems cannot; the files themselves are there
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def named_in_errors(path: str | Path) -> Iterator[None]:
    """Let an OSError from within name ``path``.

    A full disk is found out while writing, where the system names no file; and a temporary file's
    name tells a reader nothing.
    """
    try:
        yield
    except OSError as error:
        own = Path(os.fsdecode(error.filename)).name if error.filename is not None else ""
        if error.filename is None or own.startswith(DRAFT_PREFIX):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
