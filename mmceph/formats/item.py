"""Values of a JSON file together with their place in it, so that an error can name it."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, NoReturn

from ..errors import MmcephError
from ..io.text import ALL_IMAGES, TextError, read_json

# No px, mm or count of ours is beyond; what is would become infinite in a square or a sum.
_LARGEST = 1e12
_SPACINGS = (1e-6, 1e6)
_SHOWN = 60


class FormatError(MmcephError):
    """A file of mmceph's own is damaged, or is none."""


class Item:
    """A value of a JSON file and its place.

    Its methods give the value as what it must be, or raise an error of the class that was given to
    :func:`open_json`, which names the file, the place and what is there instead.

    Args:
        value: The value, of the kinds JSON has.
        file: How to call the file.
        place: Where in the file, as in ``images[3].scores[0]``; empty for all of it.
        error: What to raise.
        hint: What to do, said after whatever is wrong.

    Example:
        >>> report = Item({"landmarks": {"S": {"n": "12"}}}, "report.json")
        >>> report["landmarks"]["S"]["n"].whole()
        Traceback (most recent call last):
        ...
        mmceph.formats.item.FormatError: report.json: landmarks.S.n is '12', not a whole number
    """

    def __init__(
        self,
        value: Any,
        file: str,
        place: str = "",
        error: type[MmcephError] = FormatError,
        hint: str = "",
    ) -> None:
        self.value, self.file, self.place, self.error, self.hint = value, file, place, error, hint

    def fail(self, what: str) -> NoReturn:
        """Raise the error: ``what`` follows the place, as in ``"is no name"``."""
        hint = f"; {self.hint}" if self.hint else ""
        raise self.error(f"{self.file}: {self.place or 'its content'} {what}{hint}")

    def __getitem__(self, key: str) -> Item:
        """An entry of an object; it must be there."""
        found = self.get(key)
        if found is None:
            self._under(key, None).fail("is missing" if key not in self.value else "is null")
        return found

    def get(self, key: str) -> Item | None:
        """An entry of an object, None where it is missing or null."""
        value = self._object().get(key)
        return None if value is None else self._under(key, value)

    def nullable(self, key: str) -> Item | None:
        """An entry of an object that must be there; None where it is null."""
        if key not in self._object():
            self._under(key, None).fail("is missing")
        return self.get(key)

    def entries(self) -> dict[str, Item]:
        """All entries of an object."""
        return {key: self._under(key, value) for key, value in self._object().items()}

    def items(self, count: int | None = None) -> list[Item]:
        """The items of a list, which must be ``count`` where that is given."""
        if not isinstance(self.value, list):
            self._not("a list")
        if count is not None and len(self.value) != count:
            self.fail(f"has {len(self.value)} items, not {count}")
        return [self._at(f"{self.place}[{n}]", value) for n, value in enumerate(self.value)]

    def text(self, among: Container[str] | None = None) -> str:
        """A text; with ``among``, one of these."""
        if not isinstance(self.value, str) or (among is not None and self.value not in among):
            self._not("a text" if among is None else "known here")
        return self.value

    def name(self) -> str:
        """A text that is not empty."""
        if not self.text():
            self.fail("is empty")
        return self.value

    def number(self, least: float = -_LARGEST, *, above: float | None = None) -> float:
        """A finite number of at least ``least`` and more than ``above``."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            self._not("a number")
        # Compared before it is made a float, which an integer of thousands of digits cannot be.
        if not least <= self.value <= _LARGEST or (above is not None and not self.value > above):
            limit = f"more than {above:g}" if above is not None else f"at least {least:g}"
            self._not("a number" + (f" of {limit}" if limit != f"at least {-_LARGEST:g}" else ""))
        return float(self.value)

    def whole(self, least: int = 0, most: int = 2**53) -> int:
        """A whole number from ``least`` to ``most``."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._not("a whole number" + (f" of at least {least}" if least else ""))
        return value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self._not("true or false")
        return self.value

    def numbers(self, count: int, *, above: float | None = None) -> tuple[float, ...]:
        """A list of so many finite numbers."""
        low = -_LARGEST if above is None else above
        if isinstance(self.value, list) and len(self.value) == count:
            plain = all(type(v) in (int, float) and -_LARGEST <= v <= _LARGEST for v in self.value)
            if plain and (above is None or min(self.value, default=math.inf) > low):
                return tuple(map(float, self.value))
        return tuple(item.number(above=above) for item in self.items(count))

    def spacing(self) -> tuple[float, float]:
        """mm per px along x and y."""
        x, y = self.numbers(2, above=0.0)
        if not all(_SPACINGS[0] <= size <= _SPACINGS[1] for size in (x, y)):
            self.fail(f"is [{x:g}, {y:g}], no mm per px")
        return x, y

    def point(self) -> tuple[float, float]:
        """Two finite numbers."""
        x, y = self.numbers(2)
        return x, y

    def names(self) -> tuple[str, ...]:
        """A list of names, each once."""
        found: dict[str, None] = {}
        for item in self.items():
            if item.name() in found:
                item.fail(f"is {item.value!r} again")
            found[item.value] = None
        if not found:
            self.fail("is empty")
        return tuple(found)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items())

    def _object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            self._not("an object")
        return self.value

    def _under(self, key: str, value: Any) -> Item:
        place = f"{self.place}.{key}" if self.place else key
        return self._at(place, value)

    def _at(self, place: str, value: Any) -> Item:
        return Item(value, self.file, place, self.error, self.hint)

    def _not(self, wanted: str) -> NoReturn:
        self.fail(f"is {brief(self.value)}, not {wanted}")


def open_json(
    path: str | Path,
    error: type[MmcephError] = FormatError,
    *,
    schema: int | None = None,
    hint: str = "",
) -> Item:
    """Read a JSON file.

    Args:
        path: The file.
        error: What to raise where it is not what it must be.
        schema: Version that its ``schema`` must state.
        hint: What to do, said after whatever is wrong.

    Raises:
        MmcephError: Of the class ``error``: it cannot be read, is no JSON, or of another version.
    """
    try:
        content = read_json(path, ALL_IMAGES)
    except TextError as reason:
        said = f"; {hint}" if hint and Path(path).is_file() else ""
        raise error(f"{path}: {reason}{said}") from reason
    item = Item(content, str(path), error=error, hint=hint)
    if schema is not None:
        item.entries()  # an object, before it is asked for anything
        if type(content.get("schema")) is not int or content["schema"] != schema:
            stated = brief(content.get("schema"))
            item.fail(f"is of schema {stated}, not {schema}: by another program or version")
    return item


def brief(value: Any) -> str:
    """A value as it may stand in a message."""
    if value is None:
        return "null"
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    try:
        text = repr(value)
    except ValueError:  # an integer of too many digits to be written
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
