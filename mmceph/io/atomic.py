"""Atomic writes: a file is either whole or not there, also after Ctrl-C or a full disk.

And the checksums by which files that belong together are told.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


def write_bytes_atomic(path: str | Path, data: bytes) -> Path:
    """Write ``data`` to ``path`` by way of a temporary file beside it.

    Args:
        path: Where the file shall lie; parent folders are made.
        data: The file's content.

    Returns:
        ``path`` as a :class:`pathlib.Path`.

    Raises:
        OSError: The folder cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        # mkstemp makes files only the owner can read; a result is for everyone the umask allows.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:  # Ctrl-C too: no temporary file stays behind
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def sha256_of(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def write_text_atomic(path: str | Path, text: str) -> Path:
    """Write ``text`` as UTF-8; see :func:`write_bytes_atomic`."""
    return write_bytes_atomic(path, text.encode("utf-8"))


def write_json_atomic(path: str | Path, content: Any, indent: int | None = 1) -> Path:
    """Write ``content`` as strict JSON (no NaN); see :func:`write_bytes_atomic`.

    Raises:
        ValueError: ``content`` holds NaN or infinity, which JSON has no word for.
    """
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False)
    return write_text_atomic(path, text + "\n")
