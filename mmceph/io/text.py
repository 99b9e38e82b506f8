"""Text that users' programs wrote: in UTF-8, in UTF-16, or in the code page of some Windows.

Spreadsheets write UTF-16 or the code page of their country, editors put a byte-order mark in front,
and shells of Windows redirect into UTF-16. Everything that reads a user's text reads it here.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..errors import MmcephError

ONE_IMAGE = 64 * 2**20
"""Bytes that a file about one image may have; it may hold the image itself."""
ALL_IMAGES = 256 * 2**20
"""Bytes that a file about all the images may have."""

Note = Callable[[str], object]
"""Told what had to be guessed, in a sentence without the file's name."""

# The first of those that fit equally well is taken.
_CODE_PAGES = {"cp1252": "Western European", "cp1256": "Arabic", "cp1251": "Cyrillic"}
_SAMPLE = 1 << 16
_BOMS = {
    b"\xff\xfe\0\0": "utf-32",  # before UTF-16, whose mark it starts with
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
# Sequences of UTF-8 for what is no ASCII; hardly any text of a code page looks like them.
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_NO_TEXT = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f\x7f]")
_WORD = re.compile(r"[^\W\d_]+")


class TextError(MmcephError):
    """A file cannot be read as text, or as JSON; the message does not name the file."""


@dataclass(frozen=True)
class Decoded:
    """Bytes as text.

    Attributes:
        text: The text, without a byte-order mark.
        encoding: Python's name of what it was written in.
        note: What had to be guessed, in a sentence; empty where nothing was.
    """

    text: str
    encoding: str
    note: str = ""


def read_bytes(path: str | Path, limit: int = ONE_IMAGE) -> bytes:
    """Return a file's bytes.

    Raises:
        TextError: It cannot be read, is empty or larger than ``limit``.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(limit + 1)  # a device tells no size and never ends
            size = max(len(data), Path(path).stat().st_size)
    except OSError as error:
        raise TextError(f"cannot be read ({error.strerror})") from error
    except ValueError as error:  # a NUL in the name
        raise TextError(f"cannot be read ({error})") from error
    if len(data) > limit:
        raise TextError(
            f"has {size / 2**20:.0f} MB, more than the {limit // 2**20} MB of any such file"
        )
    if not data.strip():
        raise TextError("is empty; get it again, or remove it")
    return data


def read_text(path: str | Path, limit: int = ONE_IMAGE, note: Note | None = None) -> str:
    """Return a file's text, without a byte-order mark; see :func:`decode_text`.

    Args:
        path: The file.
        limit: How many bytes it may have.
        note: Told where the encoding had to be guessed; logged as a warning if left out.

    Raises:
        TextError: As for :func:`read_bytes` and :func:`decode_text`.
    """
    found = decode_text(read_bytes(path, limit))
    if found.note:
        if note is None:
            logging.getLogger("mmceph").warning("%s: %s", path, found.note)
        else:
            note(found.note)
    return found.text


def read_json(path: str | Path, limit: int = ONE_IMAGE, note: Note | None = None) -> Any:
    """Return what a JSON file holds; arguments as of :func:`read_text`.

    Raises:
        TextError: As for :func:`read_text`, or it is no JSON; the message says where.
    """
    return parse_json(read_text(path, limit, note))


def parse_json(text: str) -> Any:
    """Return what a text of JSON holds.

    Raises:
        TextError: It is no JSON; the message says where.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise TextError("is nested too deeply") from error
    except ValueError as error:
        raise TextError(f"is no valid JSON ({error})") from error


def decode_text(data: bytes) -> Decoded:
    """Decode text of unknown origin.

    Known by certain signs are UTF-8, and UTF-16 and UTF-32 with a byte-order mark or, UTF-16, by
    its zeros. What is none of these was written in a code page of Windows: of
    Western Europe (1252), Arabic (1256) and Cyrillic (1251) the one whose words look like words.

    Raises:
        TextError: It is cut short or damaged, or it is no text.
    """
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "")
    encoding = encoding or _utf16_by_zeros(data) or "utf-8"
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            name = encoding.upper().removesuffix("-SIG")
            raise TextError(f"is {name} that is damaged at byte {error.start}; get it again, or "
                            "save it as UTF-8") from error  # fmt: skip
        return _by_code_page(data, error.start)
    return Decoded(_require_text(text), encoding)


def _utf16_by_zeros(data: bytes) -> str:
    """Which UTF-16 is without its mark: Latin letters, digits and signs have a zero each."""
    sample = data[:_SAMPLE]
    first, second = sample[::2].count(0), sample[1::2].count(0)
    least = max(2, len(sample) // 20)
    if second >= least and first * 20 <= second:
        return "utf-16-le"
    return "utf-16-be" if first >= least and second * 20 <= first else ""


def _by_code_page(data: bytes, position: int) -> Decoded:
    high = sum(byte >= 0x80 for byte in data)
    if 2 * sum(map(len, _MULTIBYTE.findall(data))) > high:
        raise TextError(f"is UTF-8 that is damaged at byte {position}; save it again as UTF-8")
    sample = data[max(0, position - _SAMPLE) : position + _SAMPLE]
    found: dict[str, int] = {}
    for name in _CODE_PAGES:
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        found[name] = _oddities(sample.decode(name))
    name = min(found, key=lambda page: found[page])
    text = _require_text(data.decode(name))
    note = (
        f"is not UTF-8; read as Windows-{name[2:]} ({_CODE_PAGES[name]}): save it as UTF-8 if "
        "names in it come out wrong"
    )
    return Decoded(text, name, note)


def _oddities(text: str) -> int:
    """How much in a text no hand would write: the more, the less is it of that code page."""
    odd = sum(not c.isascii() and unicodedata.category(c) in ("Cc", "Cn", "Co") for c in text)
    for word in _WORD.findall(text):
        if word.isascii():
            continue
        scripts = [_script(c) for c in word]
        odd += len(scripts) - max(map(scripts.count, set(scripts)))
        for a, b in pairwise(word):
            if a.isascii() or b.isascii():
                continue
            # A capital within a word; or two letters with marks side by side, as in no Western one.
            odd += (a.islower() and b.isupper()) or _script(a) == _script(b) == "LATIN"
    return odd


def _script(letter: str) -> str:
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "?").partition(" ")[0]


def _require_text(text: str) -> str:
    found = _NO_TEXT.search(text)
    if found:
        raise TextError(f"is no text (character {found.start() + 1} is {found[0]!r})")
    return text
