"""A landmark list as a user gives it: on the command line, or as a small file.

A text file holds one name per line, ``#`` begins a remark. A JSON file holds a list of names, or
an object with ``landmarks`` and where there are any ``name``, ``difficult`` and ``mirror_pairs``.
An annotation file of a converter is a list, too: it names its landmarks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmceph.io.text import ALL_IMAGES, TextError, parse_json, read_text

from .definitions import LANDMARKS
from .errors import LandmarkError
from .landmark_set import LandmarkSet
from .names import find_canonical_name, suggestion
from .sets import as_config, as_landmark_set, get_landmark_set, known_set_of, landmark_set_names

# None is part of any landmark's name, and all are of some other kind of file.
_NO_NAME = re.compile(r'[\x00-\x1f={}\[\]";]')
_FIELDS = ("name", "landmarks", "difficult", "mirror_pairs")


def parse_landmarks(text: str, flag: str = "--landmarks") -> LandmarkSet:
    """Understand ``--landmarks``: names with commas between them, a known set's name, or a file.

    Args:
        text: What was given.
        flag: What it was given for, for messages.

    Raises:
        LandmarkError: It is none of these, or the list is not in order; the message says what is
            wrong.

    Example:
        >>> parse_landmarks("S,N,Pog',ear").names
        ('S', 'N', 'Pog`', 'ear')
        >>> parse_landmarks("isbi19").name
        'isbi19'
    """
    if text in landmark_set_names():
        return get_landmark_set(text)
    if os.path.isfile(text):
        return read_landmarks(text)
    try:
        if "," in text or find_canonical_name(text) is not None:
            return _of_names(text.split(","))
    except LandmarkError as error:
        raise LandmarkError(f"{flag} {text}: {error}") from error
    if os.path.isdir(text):
        reason = "is a folder; name a file in it, such as annotations/train.json"
    elif "/" in text or "\\" in text or Path(text).suffix:
        reason = "no such file"
    else:
        reason = (
            f"no known landmark set{suggestion(text, landmark_set_names())} (known: "
            f"{', '.join(landmark_set_names())}), no file, and no list such as S,N,A"
        )
    raise LandmarkError(f"{flag} {text}: {reason}")


def read_landmarks(path: str | Path) -> LandmarkSet:
    """Read a list of landmarks from a text or JSON file, or from an annotation file.

    Returns:
        The set; its name is the file's where the file gives none.

    Raises:
        LandmarkError: The file cannot be read or holds no such list; the message names it.
    """
    path = Path(path)
    try:
        text = read_text(path, ALL_IMAGES)
        if text.lstrip()[:1] in ("{", "["):
            return _of_json(text, path.stem)
        lines = [line.split("#", 1)[0] for line in text.splitlines()]
        return _of_names([name for line in lines for name in line.split(",")], path.stem)
    except (LandmarkError, TextError) as error:
        raise LandmarkError(f"{path}: {error}") from error


def landmarks_flag(chosen: LandmarkSet, file: str | Path | None = None) -> str:
    """Return the flag that gives this list, as it is typed into any shell.

    Args:
        chosen: The list.
        file: A file that holds the same list, for one with more than names and for names that no
            shell takes as they are.

    Example:
        >>> landmarks_flag(LandmarkSet("mine", ("S", "Pog`", "ear")))
        '--landmarks "S,Pog\\',ear"'
    """
    known = known_set_of(chosen.names)
    if known is not None:
        return f"--landmarks {known.name}"
    if file is not None and (chosen.difficult or chosen.mirror_pairs):
        return f"--landmarks {_quoted(os.fspath(file))}"
    # A shell would take the backtick of soft-tissue points; every apostrophe stands for it.
    typed = [name.replace("`", "'") if name in LANDMARKS else name for name in chosen.names]
    listed = ",".join(typed) if len(typed) > 1 else f"{typed[0]},"
    if re.fullmatch(r"[\w.+,-]+", listed, re.ASCII):
        return f"--landmarks {listed}"
    if re.fullmatch(r"[\w.+,' ()-]+", listed):
        return f'--landmarks "{listed}"'
    return f"--landmarks {'FILE' if file is None else _quoted(os.fspath(file))}"


def flag_for_annotations(path: str, names: Sequence[str]) -> str:
    """Return the flag that gives the list of an annotation file.

    Args:
        path: The file, or an address.
        names: Its landmarks.
    """
    try:
        chosen = read_landmarks(path)
    except LandmarkError:  # an address, or a file with names that are none
        chosen = LandmarkSet("data", tuple(names))
    return landmarks_flag(chosen, path)


def _quoted(path: str) -> str:
    return f'"{path}"' if re.search(r"[^\w./\\:+,-]", path) else path


def describe_landmarks(chosen: LandmarkSet) -> str:
    """Say in one line how many landmarks there are, which, and which of them are one's own."""
    own = [name for name in chosen.names if name not in LANDMARKS]
    text = f"{len(chosen)} landmarks ({chosen.name}): {', '.join(chosen.names)}"
    if own:
        text += f"; your own, without a definition or measurements: {', '.join(own)}"
    if chosen.difficult:
        text += f"; difficult: {', '.join(chosen.difficult)}"
    if chosen.mirror_pairs:
        text += (
            f"; change places in a flip: {', '.join(' and '.join(p) for p in chosen.mirror_pairs)}"
        )
    return text


def landmarks_info(chosen: LandmarkSet) -> dict[str, Any]:
    """Return what an annotation file's ``info`` says of a set beside its names."""
    plain = as_config(chosen)
    if isinstance(plain, str):
        return {"landmark_set": plain}
    del plain["names"]
    return {"landmark_set": plain.pop("name"), **plain}


def _of_json(text: str, stem: str) -> LandmarkSet:
    content = parse_json(text)
    if isinstance(content, list):
        return _of_names(content, stem)
    if isinstance(content.get("categories"), list):
        return _of_annotations(content, stem)
    strange = [key for key in content if key not in _FIELDS]
    if "landmarks" not in content:
        raise LandmarkError('holds no landmark list: {"landmarks": ["S", "N", ...]}')
    if strange:
        raise LandmarkError(f"{strange[0]!r} is unknown; a list has {', '.join(_FIELDS)}")
    names = _of_names(content["landmarks"], stem).names
    more = {key: content[key] for key in _FIELDS if key in content and key != "landmarks"}
    return as_landmark_set({"name": stem, **more, "names": names})


def _of_annotations(content: dict[str, Any], stem: str) -> LandmarkSet:
    """The list of an annotation file, with what a converter wrote of it."""
    first = content["categories"][0] if content["categories"] else None
    names = first.get("keypoints") if isinstance(first, dict) else None
    if not isinstance(names, list):
        raise LandmarkError("categories[0].keypoints is no list of landmark names")
    chosen = _of_names(names, stem)
    info = content.get("info")
    info = info if isinstance(info, dict) else {}
    more = {key: info[key] for key in ("difficult", "mirror_pairs") if key in info}
    stated = info.get("landmark_set")
    if not isinstance(stated, str) or stated in landmark_set_names():
        stated = f"custom{len(chosen)}"
    known = known_set_of(chosen.names)
    return known or as_landmark_set({"name": stated, "names": chosen.names, **more})


def _of_names(names: Any, name: str | None = None) -> LandmarkSet:
    if not isinstance(names, list):
        raise LandmarkError(f"landmarks must be a list of names, not {names!r:.60}")
    given = [n.strip() if isinstance(n, str) else n for n in names]
    given = [n for n in given if n != ""]
    for entry in given:
        if not isinstance(entry, str) or _NO_NAME.search(entry) or len(entry) > 64:
            raise LandmarkError(f"{entry!r:.60} is no landmark's name")
    if not given:
        raise LandmarkError("names no landmark")
    chosen = as_landmark_set(given)
    if name is None or name in landmark_set_names():
        return known_set_of(chosen.names) or chosen
    return known_set_of(chosen.names) or LandmarkSet(name, chosen.names)
