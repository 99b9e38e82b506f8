"""Tables as users' spreadsheets save them: any delimiter, decimal points or decimal commas."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .tables import plain_cell
from .text import TextError

_DELIMITERS = ",;\t|"
_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
# 1,234 with nothing beside it that shows what the comma is: 1.234 or 1234.
_UNCLEAR = re.compile(r"[+-]?[1-9]\d?,\d{3}")
NOT_GIVEN = frozenset({"", "-", "na", "n/a", "nan", "none", "null"})
"""What programs write where there is no number, in small letters."""


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        line: Its number in the file, from 1; of several lines the first.
        cells: Its cells without surrounding blanks, one for each title.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table whose first line names its columns.

    Attributes:
        titles: The names as written.
        rows: The lines that hold anything.
        too_long: Number and cells of the first line with more cells than there are titles.
    """

    titles: tuple[str, ...]
    rows: tuple[Row, ...]
    too_long: tuple[int, int] | None = None

    def require_width(self) -> None:
        """See that no line has more cells than there are titles, as decimal commas make them.

        Raises:
            TextError: One has.
        """
        if self.too_long is not None:
            line, cells = self.too_long
            raise TextError(
                f"line {line}: {cells} cells, and the first line names {len(self.titles)} columns"
            )

    def column(self, *titles: str) -> int | None:
        """Where the first of these titles stands, as :func:`title_key` compares them, or None.

        Raises:
            TextError: It stands there more than once.
        """
        keys = [title_key(title) for title in self.titles]
        for title in titles:
            if keys.count(title) > 1:
                raise TextError(f"its first line names the column {title!r} twice")
            if title in keys:
                return keys.index(title)
        return None


def title_key(title: str) -> str:
    """What is the same for two spellings of one column title.

    Example:
        >>> title_key(" File_Name "), title_key("X (px)")
        ('file name', 'x px')
    """
    return " ".join(re.split(r"[\s_.()\[\]-]+", title.casefold())).strip()


def read_table(text: str) -> Table:
    """Read a table that is separated by commas, semicolons, tabs or bars.

    Args:
        text: The file's text.

    Raises:
        TextError: It is no table.
    """
    lines = io.StringIO(text, newline="")
    skipped, before, delimiter = 0, 0, ""
    first = text.partition("\n")[0].strip()
    if re.fullmatch(r'"?sep=."?', first, re.IGNORECASE):  # what Excel takes for an instruction
        lines.readline()
        skipped, delimiter = 1, first.strip('"')[-1]
    too_long: tuple[int, int] | None = None
    limit = csv.field_size_limit()
    csv.field_size_limit(max(limit, len(text)))
    try:
        if not delimiter:
            delimiter = _delimiter(text)
        reader = csv.reader(lines, delimiter=delimiter)
        titles: tuple[str, ...] | None = None
        rows = []
        for written in reader:
            line, before = skipped + before + 1, reader.line_num
            cut = _trimmed(written)
            if not cut:
                continue
            if titles is None:
                titles = cut
            else:
                if len(cut) > len(titles):
                    too_long = too_long or (line, len(cut))
                cells = (cut + ("",) * len(titles))[: len(titles)]
                rows.append(Row(line, cells))
    except csv.Error as error:
        raise TextError(f"is no table of text ({error})") from error
    finally:
        csv.field_size_limit(limit)
    return Table(titles or (), tuple(rows), too_long)


class Numbers:
    """The numbers of a table, written with decimal points or with decimal commas.

    Args:
        cells: All the cells that shall be numbers.

    Raises:
        TextError: They do not show which of both it is.
    """

    def __init__(self, cells: Iterable[str]) -> None:
        given = [cell for cell in cells if is_given(cell)]
        commas = [cell for cell in given if _COMMA.fullmatch(cell)]
        points = [cell for cell in given if "." in cell and _POINT.fullmatch(cell)]
        if commas and points:
            raise TextError(
                f"has numbers with a decimal comma ({commas[0]}) and with a decimal point "
                f"({points[0]}); write all with a point"
            )
        if commas and all(_UNCLEAR.fullmatch(cell) for cell in commas):
            raise TextError(
                f"{commas[0]} may be {commas[0].replace(',', '.')} or {commas[0].replace(',', '')};"
                " write numbers with a decimal point, and thousands without a sign"
            )
        self._pattern = _COMMA if commas else _POINT

    def value(self, cell: str) -> float:
        """A cell's number.

        Raises:
            ValueError: It is none, or none that is finite.
        """
        if not (self._pattern.fullmatch(cell) or re.fullmatch(r"[+-]?\d+", cell)):
            raise ValueError(cell)
        value = float(cell.replace(",", "."))
        if not math.isfinite(value):
            raise ValueError(cell)
        return value


def is_given(cell: str) -> bool:
    """Whether a cell holds anything."""
    return cell.strip().casefold() not in NOT_GIVEN


def _delimiter(text: str) -> str:
    """The sign that parts the titles, which are the first line with anything in it."""
    head = text.lstrip().split("\n", 1)[0].split("\r", 1)[0]
    head = re.sub(r'"[^"]*"', "", head)
    return max(_DELIMITERS, key=head.count)


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    """Cells as they were before our own writer's quotes; empty ones at the end are cut off."""
    cut = [plain_cell(cell.strip()) for cell in cells]
    while cut and not cut[-1]:
        cut.pop()
    return tuple(cut)
