"""Single files that a tool was asked for: never written over what mmceph did not write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .ours import OwnFolder, Standing


def write_own_file(
    path: str | Path,
    data: bytes,
    what: str,
    *,
    recognise: Callable[[Path], Standing] | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Write a single file that a tool was asked for, in a folder that may hold anything.

    A file of that name is replaced where mmceph wrote it as the same kind of thing, which the
    record in its folder tells. One that was changed since is kept beside, and said so.

    Args:
        path: Where it shall lie.
        data: Its content.
        what: What it is, in words: ``"a comparison"``.
        recognise: Whose a file is that is in no record, by its content: an earlier version's.
        say: Told where a changed file was kept.

    Returns:
        ``path``.

    Raises:
        OwnershipError: A file is there that is not mmceph's, or as something else.
        OSError: It cannot be written.
    """
    path = Path(path)
    folder = _folder_of(path, what, recognise)
    folder.write(path.name, data)
    for kept in folder.kept:
        say(f"{path}: was changed since mmceph wrote it; kept as {kept.name}")
    return path


def require_own_file(
    path: str | Path, what: str, *, recognise: Callable[[Path], Standing] | None = None
) -> None:
    """See, before the work, that :func:`write_own_file` will write ``path``.

    Raises:
        OwnershipError: A file is there that is not mmceph's, or as something else.
    """
    _folder_of(Path(path), what, recognise).require_free([Path(path).name])


def _folder_of(path: Path, what: str, recognise: Callable[[Path], Standing] | None) -> OwnFolder:
    folder = OwnFolder(path.parent, what)
    if recognise is not None and path.is_file():
        folder.adopt({path.name: recognise(path)})
    return folder
