"""What a folder holds of a user's own, and when two names are one."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

_OF_THE_SYSTEM = frozenset(
    {
        "__macosx",  # what zip archives made on a Mac carry along
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "@eadir",  # thumbnails of a network drive
        "$recycle.bin",
        "#recycle",
        "system volume information",
        "lost+found",
    }
)


def is_of_the_system(name: str) -> bool:
    """Whether a file or folder of that name was left by the system and not by the user.

    Everything hidden counts: ``._001.png`` beside ``001.png`` is no second picture.
    """
    return name.startswith(".") or name.casefold() in _OF_THE_SYSTEM


def list_files(
    folder: Path, *, recursive: bool = False, leave_out: Iterable[Path] = ()
) -> list[Path]:
    """The files of a folder in order, without those of the system.

    Links to folders are not followed; subfolders that may not be read are passed over.

    Args:
        folder: The folder.
        recursive: Its subfolders too.
        leave_out: Folders not to look into.

    Raises:
        OSError: The folder itself cannot be read.
    """
    closed = {path.resolve() for path in leave_out}
    found: list[Path] = []
    level = [folder]
    while level:
        here = level.pop()
        try:
            entries = list(here.iterdir())
        except OSError:
            if here == folder:
                raise
            continue
        for path in entries:
            if is_of_the_system(path.name):
                continue
            if path.is_dir():
                if recursive and not path.is_symlink() and path.resolve() not in closed:
                    level.append(path)
            elif path.is_file():
                found.append(path)
    return sorted(found)


def links_out(folder: Path, *, recursive: bool = False) -> list[Path]:
    """The links in a folder that lead out of it, to files or to folders.

    Args:
        folder: The folder; that it is a link itself does not matter.
        recursive: Look into its subfolders too.
    """
    base = folder.resolve()
    found: list[Path] = []
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(root, name)
            if path.is_symlink() and not is_of_the_system(name) and leads_out(path, base):
                found.append(path)
        if not recursive:
            break
    return sorted(found)


def leads_out(path: Path, folder: Path) -> bool:
    """Whether what a path leads to, over links and ``..``, lies outside a folder."""
    try:
        return not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a ring of links, or a name no file can have
        return True


def name_key(name: str) -> str:
    """What is the same for two spellings of one file name.

    Case may differ, and letters with marks are one character or two: Macs write the one, Windows
    and browsers the other.

    Example:
        >>> name_key("Jose\u0301.PNG") == name_key("Jos\u00e9.png")
        True
    """
    return one_form(one_form(name).casefold())


def one_form(text: str) -> str:
    """A text in the form of Unicode in which names are compared (NFC)."""
    return unicodedata.normalize("NFC", text)
