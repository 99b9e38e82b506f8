"""Which image a labelme file belongs to."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

from .images import ImageIndex
from .labelme import LabelmeFile
from .layout import shown_name
from .problems import Problems


def find_image(
    content: LabelmeFile, index: ImageIndex, raw: Path, shown: str, problems: Problems
) -> Path | None:
    """Return the image a labelme file speaks of, or None (noted as an error).

    Folders get moved after labelling, so only the last part of ``imagePath`` is looked for, and
    only among the raw folder's images: nothing outside is ever opened. An image named like the
    file but not like ``imagePath`` is taken only where ``imagePath`` is not there at all.

    Args:
        content: The labelme file.
        index: The raw folder's images.
        raw: The raw folder.
        shown: How to call the file in messages.
        problems: Where problems are noted.
    """
    # PureWindowsPath splits at both kinds of slash, whatever system wrote the file.
    name = PureWindowsPath(content.image_path).name
    named = index.named(name) if name else None
    same_stem = index.with_stem(content.path.stem)
    if named is not None:
        if not same_stem or named in same_stem:
            return named
        problems.error(
            shown,
            "",
            "imagePath",
            f"names {name}, but {same_stem[0].name} is there too, with this file's own name; "
            "correct imagePath or rename the file",
        )
        return None
    if len(same_stem) == 1:
        if name:
            problems.warning(
                shown, "", "imagePath", f"{name} is not there; {same_stem[0].name} taken"
            )
        return same_stem[0]
    looked = "the raw folder" if index.folder == raw else f"{shown_name(index.folder, raw)}/"
    if same_stem:
        names = " and ".join(path.name for path in same_stem)
        text = f"{content.image_path!r} fits neither of {names}; correct imagePath"
    elif _escapes(content, raw):
        text = (
            f"{content.image_path!r} points outside the raw folder and {looked} has no such "
            "image; copy the image there"
        )
    elif not name:
        text = f"is missing and {looked} has no image named {content.path.stem}"
    else:
        text = f"{content.image_path!r}: no such image in {looked}; put it there or remove the file"
    problems.error(shown, "", "imagePath", text)
    return None


def _escapes(content: LabelmeFile, raw: Path) -> bool:
    written = content.image_path.replace("\\", "/")
    if PureWindowsPath(content.image_path).anchor:
        return True
    try:
        target = (content.path.parent / written).resolve()
    except (OSError, ValueError):  # a name that no file can have
        return True
    return not target.is_relative_to(raw.resolve())
