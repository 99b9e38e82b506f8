"""Which file a labelme file's ``imagePath`` may have us open."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path, PureWindowsPath

from ..converters.images import ImageIndex
from ..errors import MmcephError
from ..imaging.suffixes import IMAGE_SUFFIXES
from ..io import leads_out

_LAYOUT = "labelme"  # the folder of the labelme files, in predictions and in raw data
_DEVICES = frozenset(
    {"aux", "con", "nul", "prn", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)


class PictureError(MmcephError):
    """A stated picture is not opened; the message says why, and what to do."""


def find_stated_picture(
    file: Path, written: str, *, predicted_on: str = "", images: Path | None = None
) -> Path:
    """The picture of a labelme file, which anyone may have written.

    Paths are taken from the file, as labelme does. They lead to a picture in the file's folder, or
    in the one around it where that is called ``labelme``; elsewhere only to one of the name that
    the prediction in the file was made on. Absolute paths, other machines, addresses and devices
    are never opened.

    Args:
        file: The labelme file.
        written: Its ``imagePath``.
        predicted_on: The picture that the prediction in it was made on, as it was called then.
        images: A folder of the user's with the pictures, found there by their names instead.

    Returns:
        A path that may be opened; whether anything is there is not looked at.

    Raises:
        PictureError: There is none.
    """
    # PureWindowsPath splits at both kinds of slash, whatever system wrote the file.
    path = PureWindowsPath(written)
    if images is not None:
        return _in_folder(images, path)
    if path.drive or path.root or "://" in written or "\0" in written or path.name in ("", ".."):
        raise PictureError(_refusal(written, "is no path relative to the labelme file"))
    if any(part.split(".")[0].lower() in _DEVICES for part in path.parts):
        raise PictureError(_refusal(written, "names a device"))
    found = file.parent / path.as_posix()
    if any(not leads_out(found, folder) for folder in _around(file)):
        return found
    recorded = PureWindowsPath(predicted_on).name
    if path.name != recorded or path.suffix.lower() not in IMAGE_SUFFIXES:
        raise PictureError(_refusal(written, "lies elsewhere than the labelme file"))
    return found


def _refusal(written: str, reason: str) -> str:
    return f"imagePath {written!r} {reason} and is not opened; name its folder with --images"


def _around(file: Path) -> list[Path]:
    """The folders that a labelme file and its pictures lie in together."""
    folders = [file.parent]
    for folder in (file.parent, file.parent.parent):  # labelme/a.json, labelme/observer/a.json
        above = folder.resolve().parent
        if folder.name == _LAYOUT and above != above.parent:
            folders.append(above)
    return folders


def _in_folder(images: Path, path: PureWindowsPath) -> Path:
    _, found = _index(images).like(str(path))
    if len(found) != 1:
        count = f"{len(found)} pictures" if found else "no picture"
        raise PictureError(f"{images}: holds {count} called {path.name!r}")
    return found[0]


@lru_cache(maxsize=4)
def _index(folder: Path) -> ImageIndex:
    return ImageIndex(folder, recursive=True)
