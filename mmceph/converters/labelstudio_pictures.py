"""Which picture of a Label Studio task a point lies on.

A task's data may name several pictures: in several fields, or as a list in one (``valueList``). A
result says which by ``to_name``, the name of an image tag of the labelling, which mostly is that of
the field, and by ``item_index`` in a list (https://labelstud.io/tags/image).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import unquote

from mmceph.errors import some_names
from mmceph.imaging.suffixes import IMAGE_SUFFIXES
from mmceph.io import name_key
from mmceph.io.text import TextError, parse_json

from .json_file import brief
from .problems import ConversionError

_HASH = re.compile(r"[0-9a-f]{8}-")
_CHOOSE = "say which with --image-field"


@dataclass(frozen=True)
class TaskPicture:
    """A picture of a task.

    Attributes:
        field: The field of the task's data that names it.
        item: Its place in that field's list, from 0.
        written: Its address, path or name as written.
    """

    field: str
    item: int
    written: str

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return next(iter(image_names(self.written)), self.written)


class TaskPictures:
    """The pictures of one task.

    Args:
        data: The task's data.
        chosen: Field by ``to_name`` as the user says it; by "" for every ``to_name``.

    Raises:
        ConversionError: There are none, or the field chosen is not there.
    """

    def __init__(self, data: Mapping[str, Any], chosen: Mapping[str, str]) -> None:
        self._data = data
        self._chosen = chosen
        texts = {field: found for field, value in data.items() if (found := _texts(value))}
        self.fields = {
            field: written
            for field, written in texts.items()
            if any(_is_picture(text) for text in written)
        }
        for field in chosen.values():
            if field in texts:
                self.fields.setdefault(field, texts[field])
        if not self.fields:
            only = "image" if "image" in texts else next(iter(texts), "")
            if not only or (only != "image" and len(texts) > 1):
                shown = brief(data.get("image"))
                raise ConversionError(
                    f"data.image is {shown}, not the name of an image; {_CHOOSE} FIELD, of "
                    f"{some_names(sorted(data)) or 'which there are none'}"
                )
            self.fields = {only: texts[only]}

    def all(self) -> list[TaskPicture]:
        """All pictures, in the order of the data."""
        return [
            TaskPicture(field, item, text)
            for field, texts in self.fields.items()
            for item, text in enumerate(texts)
        ]

    def of(self, to_name: str, item: int | None, names: Collection[str]) -> TaskPicture:
        """Return the picture that a result lies on.

        Args:
            to_name: The result's; empty where it has none.
            item: Its ``item_index``, or None.
            names: All the ``to_name`` of the task's points.

        Raises:
            ConversionError: It does not say which, or there is none.
        """
        field = self._field(to_name, names)
        texts = self.fields[field]
        if item is None and len(texts) > 1:
            counted = re.search(r"_(\d{1,4})$", to_name)  # a repeated tag's name counts its items
            if counted is None:
                raise ConversionError(
                    f"does not say on which of the {len(texts)} pictures of data.{field} it lies "
                    "(item_index); export as JSON with a newer Label Studio"
                )
            item = int(counted[1])
        item = item or 0
        if not 0 <= item < len(texts):
            raise ConversionError(
                f"lies on picture {item} of data.{field}, which has {len(texts)} (counted from 0)"
            )
        return TaskPicture(field, item, texts[item])

    def _field(self, to_name: str, names: Collection[str]) -> str:
        chosen = self._chosen.get(to_name, self._chosen.get(""))
        if chosen is not None:
            if to_name not in self._chosen and len(names) > 1:
                raise ConversionError(
                    f"the points are of {some_names(sorted(names))}; {_CHOOSE} "
                    f"{sorted(names)[0]}=FIELD,{sorted(names)[1]}=FIELD"
                )
            if chosen not in self.fields:
                raise ConversionError(f"data has no text {chosen!r}, which --image-field names")
            return chosen
        if to_name in self.fields:
            return to_name
        free = [field for field in self.fields if field not in names]
        if len(free) == 1 and len(set(names) - set(self.fields)) == 1:
            return free[0]
        if len(self.fields) == 1 and len(names) <= 1:
            return next(iter(self.fields))
        pictures = f"of the pictures in data ({some_names(sorted(self.fields))})"
        if not to_name:
            raise ConversionError(
                f"does not say on which {pictures} it lies; export as JSON, or {_CHOOSE} FIELD"
            )
        many = f"{to_name}=FIELD,..." if len(names) > 1 else "FIELD"
        raise ConversionError(f"to_name {to_name!r} names none {pictures}; {_CHOOSE} {many}")


def parse_image_field(text: str) -> dict[str, str]:
    """Read ``--image-field``: ``FIELD``, or ``TO_NAME=FIELD,...``.

    Returns:
        Field by ``to_name``; by "" where none is named.

    Raises:
        ConversionError: It is neither.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) == 1 and "=" not in parts[0]:
        return {"": parts[0]}
    found = {}
    for part in parts:
        to_name, equals, field = (word.strip() for word in part.partition("="))
        if not (to_name and equals and field) or to_name in found:
            raise ConversionError(f"--image-field {text}: neither FIELD nor TO_NAME=FIELD,...")
        found[to_name] = field
    if not found:
        raise ConversionError("--image-field: names no field")
    return found


def image_names(written: str) -> list[str]:
    """Return the file names that a picture may have, likeliest first.

    Args:
        written: An address, a path or a name, perhaps with percent escapes and with the eight
            hexadecimal digits that an upload puts before the name.

    Example:
        >>> image_names("/data/upload/1/1a2b3c4d-my%20film.png")
        ['1a2b3c4d-my%20film.png', '1a2b3c4d-my film.png', 'my%20film.png', 'my film.png']
        >>> image_names("/data/local-files/?d=set%2F7.bmp")[0]
        '7.bmp'
    """
    local = written.partition("?d=")[2].partition("&")[0]
    plain = re.split(r"[?#]", written, maxsplit=1)[0]
    forms = [unquote(local)] if local else [written, plain, unquote(plain)]
    # PureWindowsPath splits at both kinds of slash, whatever system wrote the file.
    names = [PureWindowsPath(form).name for form in forms]
    names += [original for name in names if (original := original_name(name)) != name]
    return [name for name in dict.fromkeys(names) if name]


def original_name(name: str) -> str:
    """Return what a file was called before it was uploaded."""
    return _HASH.sub("", name, count=1) if _HASH.match(name) else name


def stored_path(written: str) -> str:
    """Return by what two pictures are told apart: the path in their storage.

    Of an upload that is the name with its digits, which no other upload has.

    Example:
        >>> stored_path("https://host:8080/data/upload/1/1a2b3c4d-Film%201.PNG?x=1")
        '1a2b3c4d-film 1.png'
        >>> stored_path("/data/local-files/?d=set%2F7.bmp"), stored_path("s3://bucket/a/7.bmp")
        ('set/7.bmp', 'bucket/a/7.bmp')
        >>> stored_path("s3://bucket/a/1a2b3c4d-x.png")  # digits of the user's own
        'bucket/a/1a2b3c4d-x.png'
    """
    local = written.partition("?d=")[2].partition("&")[0]
    path = local or re.split(r"[?#]", written, maxsplit=1)[0]
    path = re.sub(r"^https?://[^/]*", "", path)
    parts = PureWindowsPath(re.sub(r"^[a-z][a-z0-9+.-]*://", "", unquote(path))).parts
    named = [part for part in parts if part not in ("/", "\\", ".")]
    if named and _HASH.match(named[-1]) and ("upload" in named[:-1] or len(named) == 1):
        named = named[-1:]
    return name_key("/".join(named))


def _texts(value: Any) -> list[str]:
    """The texts of a field that may name pictures: one, a list, or a list written as a text."""
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = parse_json(value)
        except TextError:
            return [value]
    entries = value if isinstance(value, list) else [value]
    return [text for entry in entries if (text := _text(entry))]


def _text(entry: Any) -> str:
    if isinstance(entry, dict):  # as a Repeater has them: {"url": ...}
        texts = [text for text in entry.values() if isinstance(text, str)]
        return next((text for text in texts if _is_picture(text)), next(iter(texts), ""))
    return entry if isinstance(entry, str) and entry.strip() else ""


def _is_picture(written: str) -> bool:
    return any(
        PureWindowsPath(name).suffix.lower() in IMAGE_SUFFIXES for name in image_names(written)
    )
