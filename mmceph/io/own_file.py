"""Single files that a tool was asked for: never written over what mmceph did not write."""

from __future__ import annotations

import json
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


def json_with(*keys: str) -> Callable[[Path], Standing]:
    """Tells a JSON file of an earlier version, for which there is no record, by what it holds.

    It counts as changed, since nobody knows: it will be kept beside the new one.
    """

    def recognise(path: Path) -> Standing:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return Standing.FOREIGN
        ours = isinstance(content, dict) and all(key in content for key in keys)
        return Standing.CHANGED if ours else Standing.FOREIGN

    return recognise


def text_with(start: str) -> Callable[[Path], Standing]:
    """As :func:`json_with`, for a text or csv file by how it begins."""

    def recognise(path: Path) -> Standing:
        try:
            with path.open("rb") as stream:
                found = stream.read(len(start.encode("utf-8"))).decode("utf-8", "replace")
        except OSError:
            return Standing.FOREIGN
        return Standing.CHANGED if found == start else Standing.FOREIGN

    return recognise
