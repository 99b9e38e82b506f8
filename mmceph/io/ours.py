"""Files that are ours: what mmceph wrote is told, by a record in the folder, from what it did not.

The rule of every tool: nothing is written over a file that mmceph did not write itself; results
that belong together lie in a folder that was empty or new; and a file of ours that a hand has
changed since is kept beside the new one. A file's checksum goes into the record before the file is
written, so that a kill at any time leaves no file of ours unknown.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path

from ..errors import MmcephError, some_names
from .atomic import (
    DRAFT_PREFIX,
    DRAFT_SUFFIX,
    named_in_errors,
    sha256_of,
    sync_folder,
    write_bytes_atomic,
)
from .listing import is_of_the_system
from .lock import LOCK

RECORD = ".mmceph.jsonl"
"""The record's name in a folder: a line per file and content that mmceph wrote or was to write."""
_HEAD = {"mmceph": "record of the files that mmceph wrote here", "schema": 1}


class OwnershipError(MmcephError):
    """Something lies there that mmceph did not write."""


class Standing(Enum):
    """Whose a file is.

    Attributes:
        ABSENT: There is none.
        OURS: As mmceph wrote it.
        CHANGED: mmceph wrote it, and it was changed since, or that cannot be told.
        FOREIGN: mmceph did not write it, or as something else.
    """

    ABSENT = "absent"
    OURS = "ours"
    CHANGED = "changed"
    FOREIGN = "foreign"


Recognise = Callable[[Path], Mapping[str, Standing]]


class OwnFolder:
    """A folder that mmceph writes to, and whose the files in it are.

    Nothing is written before the first :meth:`claim` or :meth:`write`.

    Args:
        folder: The folder; it need not be there.
        what: What mmceph writes to it, in words: ``"a prediction"``. A file that was recorded as
            something else is not written over.
        recognise: Names and standings of the files that an earlier version, which kept no record,
            left in a folder. Asked where the record knows of no file of this kind.

    Attributes:
        kept: Where files that a hand had changed lie now.

    Raises:
        OwnershipError: The folder is none, or its record cannot be read.
    """

    def __init__(self, folder: str | Path, what: str, recognise: Recognise | None = None) -> None:
        self.folder = Path(folder)
        self.what = what
        self.kept: list[Path] = []
        if os.path.lexists(self.folder) and not self.folder.is_dir():
            raise OwnershipError(f"{self.folder}: is no folder")
        self._known: dict[str, tuple[str, set[str]]] = {}
        self._unsaved: list[dict[str, str | None]] = []
        for line in _read_record(self.folder / RECORD):
            self._remember(line)
        if recognise is not None and not self.owned() and self.folder.is_dir():
            self.adopt(recognise(self.folder))

    def owned(self) -> list[str]:
        """Names of the files of this kind that were recorded, whether or not they are there."""
        return [name for name, (what, _) in self._known.items() if what == self.what]

    def foreign(self) -> list[str]:
        """Names of the files in the folder and its subfolders that are not of this kind."""
        return [name for name in files_in(self.folder) if self.standing(name) is Standing.FOREIGN]

    def require_ours(self) -> None:
        """See that results may be written here: the folder is new, empty or holds such results.

        Raises:
            OwnershipError: It holds other files alone.
        """
        others = [] if self.owned() else [name for name in files_in(self.folder) if _is_users(name)]
        if others:
            raise OwnershipError(
                f"{self.folder}: holds files of yours ({some_names(others, 3)}) and no result of "
                f"mmceph of this kind ({self.what}); give a new or an empty folder"
            )

    def require_free(self, names: Iterable[str]) -> None:
        """See that these files may be written.

        Args:
            names: Paths from the folder, with forward slashes.

        Raises:
            OwnershipError: Some are there and are not mmceph's.
        """
        taken = [
            name
            for name in names
            if self.standing(name) is Standing.FOREIGN and not _is_empty(self.folder / name)
        ]
        if taken:
            was = self._known.get(taken[0], (None,))[0]
            whose = "mmceph did not write it" if was is None else f"is of {was}"
            more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
            raise OwnershipError(
                f"{self.folder / taken[0]}: is there already, and {whose}{more}; nothing is "
                "written over it: move it elsewhere, or name another place to write to"
            )

    def standing(self, name: str) -> Standing:
        """Whose the file of this name is."""
        path = self.folder / name
        if not os.path.lexists(path):
            return Standing.ABSENT
        what, sums = self._known.get(name, (None, set()))
        # A link is never ours: we write files only.
        if what != self.what or path.is_symlink() or not path.is_file():
            return Standing.FOREIGN
        return Standing.OURS if sha256_of(path) in sums else Standing.CHANGED

    def claim(self, contents: Mapping[str, bytes]) -> None:
        """Record files that are about to be written, in one go.

        Raises:
            OwnershipError: One is there and is not mmceph's.
            OSError: The folder cannot be written.
        """
        self.require_free(contents)
        for name, data in contents.items():
            checksum = hashlib.sha256(data).hexdigest()
            if checksum not in self._known.get(name, (None, set()))[1]:
                self._note(name, checksum)
        self._save()

    def write(self, name: str, data: bytes) -> Path:
        """Record a file and write it; what a hand made of it is kept beside it.

        Returns:
            Where it lies.

        Raises:
            OwnershipError: A file that is not mmceph's is there.
            OSError: It cannot be written.
        """
        self.claim({name: data})
        path = self.folder / name
        if self.standing(name) is Standing.CHANGED and not _is_empty(path):
            self._set_aside(path)
        return write_bytes_atomic(path, data)

    def remove(self, name: str) -> None:
        """Remove a file of ours; one that a hand changed is kept aside, one of others stays."""
        standing = self.standing(name)
        if standing is Standing.OURS:
            (self.folder / name).unlink()
        elif standing is Standing.CHANGED:
            self._set_aside(self.folder / name)

    def take_over(self, other: OwnFolder, names: Iterable[str]) -> None:
        """Record files that were carried over from another folder, as what they are there."""
        for name in names:
            if name in other._known:
                what, sums = other._known[name]
                for checksum in sums or (None,):
                    self._note(name, checksum, what)
        self._save()

    def adopt(self, found: Mapping[str, Standing]) -> None:
        """Take files that are in no record for ours, as they are or as changed since."""
        for name, standing in found.items():
            if name not in self._known and standing in (Standing.OURS, Standing.CHANGED):
                ours = standing is Standing.OURS
                self._note(name, sha256_of(self.folder / name) if ours else None)

    def _note(self, name: str, checksum: str | None, what: str | None = None) -> None:
        line = {"file": name, "what": what or self.what, "sha256": checksum}
        self._unsaved.append(line)
        self._remember(line)

    def _remember(self, line: Mapping[str, str | None]) -> None:
        name, what, checksum = str(line["file"]), str(line["what"]), line["sha256"]
        before, sums = self._known.get(name, (what, set()))
        # A file that was written as something else first is that no more.
        self._known[name] = (what, sums if before == what else set())
        if checksum is not None:
            self._known[name][1].add(checksum)

    def _save(self) -> None:
        """Append what is new: a record that is only ever added to survives a kill at any time."""
        if not self._unsaved:
            return
        path = self.folder / RECORD
        with named_in_errors(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            new = not path.exists() or path.stat().st_size == 0
            # In front: the line before may have been cut short by a kill.
            lines = [json.dumps(line) for line in ([_HEAD] if new else []) + self._unsaved]
            text = ("" if new else "\n") + "\n".join(lines) + "\n"
            with path.open("ab") as stream:
                stream.write(text.encode("utf-8"))
                stream.flush()
                os.fsync(stream.fileno())
            if new:
                sync_folder(self.folder)
        self._unsaved.clear()

    def _set_aside(self, path: Path) -> None:
        self.kept.append(set_aside(path))


def remove_drafts(folder: str | Path) -> None:
    """Remove what killed writes left; only where no other process writes meanwhile."""
    for path in Path(folder).rglob(f"{DRAFT_PREFIX}*{DRAFT_SUFFIX}"):
        path.unlink(missing_ok=True)


def set_aside(path: Path, name: Path | None = None) -> Path:
    """Rename a file or folder to ``NAME.kept-1`` and so on, never onto another one.

    Args:
        path: The file.
        name: What NAME is; its own one if left out.
    """
    name, number = name or path, 1
    while os.path.lexists(kept := name.with_name(f"{name.name}.kept-{number}")):
        number += 1
    return path.rename(kept)


def files_in(folder: Path) -> list[str]:
    """Paths of the files in a folder, from it, but for the record and the lock of mmceph."""
    found = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if Path(root, name).is_symlink()]
        for name in sorted([*names, *links]):
            if name not in (RECORD, LOCK) and not name.startswith(DRAFT_PREFIX):
                found.append(Path(root, name).relative_to(folder).as_posix())
    return found


def _is_empty(path: Path) -> bool:
    """Whether nothing can be lost: a file without a byte, as ``mktemp`` makes them."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size == 0


def _is_users(name: str) -> bool:
    """Whether a file was put there by its owner, and not by a file manager."""
    return not any(is_of_the_system(part) for part in name.split("/"))


def _read_record(path: Path) -> list[dict[str, str | None]]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise OwnershipError(
            f"{path}: cannot be read ({error.strerror}), so whose the files there are is not "
            "known; name another place to write to"
        ) from error
    found = []
    for line in lines:
        # What cannot be understood is left out: its file then counts as not ours, and is kept.
        with contextlib.suppress(ValueError, RecursionError):
            entry = json.loads(line)
            if isinstance(entry, dict) and all(
                key in entry and isinstance(entry[key], kinds)
                for key, kinds in (("file", str), ("what", str), ("sha256", (str, type(None))))
            ):
                found.append(entry)
    return found
