"""Sets of files that change all at once: made aside, then swapped for those there are.

A kill at any time leaves the whole old set or the whole new one. Linux and macOS can exchange two
folders in one step; elsewhere there is a moment between two renames, after which :func:`heal`, that
every reader and writer calls first, puts the new set in its place.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..errors import MmcephError
from .atomic import DRAFT_PREFIX, sync_folder, write_bytes_atomic
from .ours import OwnFolder, Recognise, Standing, files_in, set_aside

_NEW, _OLD = "new", "old"


def replace_files(
    out: str | Path,
    contents: Mapping[str, bytes],
    what: str,
    recognise: Recognise | None = None,
) -> Path | None:
    """Put a set of files in the place of the one that lies in a folder.

    Files in the folder that are not of the set stay.

    Args:
        out: The folder: new, empty, or one that holds such a set.
        contents: The new set: by path from the folder, with forward slashes.
        what: As for :class:`OwnFolder`.
        recognise: As for :class:`OwnFolder`.

    Returns:
        Where the old set was kept, because a hand had changed it or that cannot be told; None where
        there was none, or none but what mmceph wrote.

    Raises:
        OwnershipError: The folder holds other files only, or one with the name of a new one.
        MmcephError: The folder cannot be replaced; the message says where the new set lies.
        OSError: The files cannot be written; the old set is as it was.
    """
    out = real_folder(out)
    old = OwnFolder(out, what, recognise)
    old.require_ours()
    old.require_free(contents)
    out.parent.mkdir(parents=True, exist_ok=True)
    # Not tempfile's, which is for its owner alone, by an access list on Windows.
    draft = _beside(out, secrets.token_hex(4))
    draft.mkdir()
    try:
        if out.is_dir():
            with contextlib.suppress(OSError):
                draft.chmod(out.stat().st_mode & 0o7777)
        new = OwnFolder(draft, what)
        new.claim(contents)
        for name, data in contents.items():
            write_bytes_atomic(draft / name, data)
        new.take_over(old, _carry(old, draft))
        sync_folder(draft)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError) and isinstance(error.filename, str):
            # The user knows the folder by its own name.
            error.filename = error.filename.replace(str(draft), str(out))
        raise
    was = _swap(draft, out)
    return None if was is None else _discard(was, out, what)


def require_replaceable(out: str | Path) -> None:
    """See, before the work, that a folder can be swapped for another one.

    Raises:
        MmcephError: It is the folder one is in, or a drive of its own.
        OSError: Nothing can be written beside it.
    """
    out = real_folder(out)
    if Path.cwd().is_relative_to(out) or os.path.ismount(out):
        what = "a drive of its own" if os.path.ismount(out) else "the folder that you are in"
        raise MmcephError(
            f"{out}: is {what}, which cannot be replaced by the new files at one stroke; name a "
            f"folder in it, such as {out.name}/report"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_prefix(out), dir=out.parent) as folder:
        Path(folder, f"{DRAFT_PREFIX}probe").write_bytes(b"probe")


def heal(out: str | Path) -> None:
    """Put a folder in its place again that a kill had left beside it."""
    out = real_folder(out)
    for state in (_NEW, _OLD):
        if os.path.lexists(out):
            return
        with contextlib.suppress(OSError):  # it is not there; or another reader was faster
            os.rename(_beside(out, state), out)


def remove_leftovers(out: str | Path, what: str) -> None:
    """Remove what killed processes left beside a folder; only where no other one writes there.

    What holds anything that is neither ours nor in the folder as well is kept in sight.
    """
    out = real_folder(out)
    heal(out)
    if out.parent.is_dir():
        for path in sorted(out.parent.iterdir()):
            if path.name.startswith(_prefix(out)) and path.is_dir():
                _discard(path, out, what)


def real_folder(out: str | Path) -> Path:
    """The folder itself where a link leads to it: its neighbours lie beside that."""
    return Path(os.path.realpath(out))


def _prefix(out: Path) -> str:
    # A name may be as long as names can be, so that nothing can be added to it.
    mark = hashlib.sha256(os.fsencode(out.name)).hexdigest()[:8]
    return f".{out.name[:40]}-{mark}.mmceph-"


def _beside(out: Path, state: str) -> Path:
    return out.with_name(_prefix(out) + state)


def _carry(old: OwnFolder, draft: Path) -> list[str]:
    """Take the files along that are not of the set: as the same file, or as a copy."""
    names = old.foreign()
    for name in names:
        source, target = old.folder / name, draft / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target, follow_symlinks=False)
        except (OSError, NotImplementedError):
            shutil.copy2(source, target, follow_symlinks=False)
    return names


def _swap(draft: Path, out: Path) -> Path | None:
    """Give ``draft`` the name ``out``; where the old folder lies now, if there was one."""
    if not os.path.lexists(out):
        os.rename(draft, out)
        sync_folder(out.parent)
        return None
    if _exchange(draft, out):
        sync_folder(out.parent)
        return draft
    new, old = _beside(out, _NEW), _beside(out, _OLD)
    os.rename(draft, new)
    try:
        os.rename(out, old)
    except OSError as error:
        number = 2
        while os.path.lexists(saved := out.with_name(f"{out.name}-{number}")):
            number += 1
        os.rename(new, saved)
        raise MmcephError(
            f"{out}: cannot be replaced ({error.strerror}); is one of its files open in another "
            f"program? The new files lie in {saved}"
        ) from error
    with contextlib.suppress(FileNotFoundError):  # a reader has healed it already
        os.rename(new, out)
    sync_folder(out.parent)
    return old


def _discard(was: Path, out: Path, what: str) -> Path | None:
    """Remove a folder that was replaced; keep it where something would be lost with it."""
    own = OwnFolder(was, what)
    for name in files_in(was):
        if own.standing(name) is not Standing.OURS and not _same(was / name, out / name):
            return set_aside(was, out)
    with contextlib.suppress(OSError):  # open in another program: the next run removes it
        for name in files_in(was):  # the record last: a kill meanwhile leaves nothing unknown
            (was / name).unlink()
        shutil.rmtree(was)
    return None


def _same(path: Path, other: Path) -> bool:
    try:
        if path.is_symlink() or other.is_symlink():
            return os.readlink(path) == os.readlink(other)
        return path.samefile(other) or path.read_bytes() == other.read_bytes()
    except OSError:
        return False


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; False where this system or file system cannot."""
    names = os.fsencode(first), os.fsencode(second)
    try:
        if sys.platform.startswith("linux"):
            here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
            call = ctypes.CDLL(None, use_errno=True).renameat2
            return bool(call(here, names[0], here, names[1], exchange) == 0)
        if sys.platform == "darwin":
            return bool(ctypes.CDLL(None, use_errno=True).renamex_np(*names, 2) == 0)  # RENAME_SWAP
    except (OSError, AttributeError):  # a C library without it
        pass
    return False
