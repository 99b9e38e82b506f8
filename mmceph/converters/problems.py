"""What a converter found wrong: collected, shown together, and never passed over in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

from mmceph.errors import MmcephError

_SHOWN = 10


def printable(text: str) -> str:
    r"""Return ``text`` with what no file or terminal can hold spelt out, as in ``\n``.

    Example:
        >>> printable("a\nb\ud800")
        'a\\nb\\ud800'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class ConversionError(MmcephError):
    """Raw data cannot be converted; the message names file, item, field and what to do."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the raw data.

    Attributes:
        file: The file, as the user would name it.
        item: What in the file: an observer, a label, a line; may be empty.
        field: The field that is wrong; may be empty.
        message: What is wrong, and what was or should be done.
        severity: ``error`` (stops a strict conversion) or ``warning`` (reported only).
    """

    file: str
    item: str
    field: str
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file, self.item, self.field) if part)
        return f"{place}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """Return the problem as plain JSON data."""
        return asdict(self)


@dataclass
class Problems:
    """Collects problems; strict conversions end with :meth:`raise_if_strict`.

    Attributes:
        skip_bad: Leave bad items out and go on instead of raising.
        entries: What was found, in order.
    """

    skip_bad: bool = False
    entries: list[Problem] = field(default_factory=list)

    def error(self, file: str, item: str, field: str, message: str) -> None:
        """Note something that a strict conversion refuses."""
        self._note(file, item, field, message, "error")

    def warning(self, file: str, item: str, field: str, message: str) -> None:
        """Note something that is reported while the conversion goes on."""
        self._note(file, item, field, message, "warning")

    def noting(self, file: str) -> Callable[[str], None]:
        """Return what notes a sentence about a file as a warning."""
        return lambda message: self.warning(file, "", "", message)

    def _note(self, file: str, item: str, field: str, message: str, severity: str) -> None:
        # One line each, which every file and terminal can hold: names come from the raw data.
        file, item, field, message = map(printable, (file, item, field, message))
        self.entries.append(Problem(file, item, field, message, severity))

    @property
    def errors(self) -> list[Problem]:
        """The problems a strict conversion refuses."""
        return [entry for entry in self.entries if entry.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        """The problems that are only reported."""
        return [entry for entry in self.entries if entry.severity == "warning"]

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def raise_if_strict(self) -> None:
        """Raise the errors found, unless bad items are to be skipped.

        Raises:
            ConversionError: At least one error was found and ``skip_bad`` is off.
        """
        errors = self.errors
        if self.skip_bad or not errors:
            return
        lines = [str(entry) for entry in errors[:_SHOWN]]
        if len(errors) > _SHOWN:
            lines.append(f"... and {len(errors) - _SHOWN} more of the kind")
        raise ConversionError("\n".join(lines))
