"""mmengine's file storage with whole files only: written aside, then renamed."""

from __future__ import annotations

from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from mmceph.io import write_bytes_atomic, write_text_atomic

WHOLE_FILES = "mmceph_whole_files"
"""The storage's name for ``backend_args=dict(backend=...)``."""


class WholeFilesBackend(LocalBackend):
    """The local disk, where what is read under a name was completely written.

    mmengine's own storage empties a file and then writes it in place: whatever stops it in between
    costs the old content and the new.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes; the file that was there stays until the new one is whole."""
        write_bytes_atomic(filepath, obj)

    def put_text(self, obj: str, filepath: str | Path, encoding: str = "utf-8") -> None:
        """Write text; see :meth:`put`."""
        if encoding.lower().replace("_", "-") == "utf-8":
            write_text_atomic(filepath, obj)
        else:
            write_bytes_atomic(filepath, obj.encode(encoding))


register_backend(WHOLE_FILES, WholeFilesBackend, force=True)
