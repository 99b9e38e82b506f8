"""Tables as csv, such that no cell of text is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

# What spreadsheets take for the start of a formula; the quotes before it are those put there.
_FORMULA = re.compile(r"'*[\s]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as the text of a csv file; None is an empty cell, numbers stay numbers.

    Text that a spreadsheet would take for a formula gets a quote in front, which
    :func:`plain_cell` takes away again: a picture may be called ``=HYPERLINK(...).png``.

    Example:
        >>> csv_text([["file", "x"], ["=1+1.png", -2.5]])
        "file,x\\n'=1+1.png,-2.5\\n"
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def plain_cell(cell: str) -> str:
    """A cell of a csv file of ours as it was before it was written.

    Example:
        >>> plain_cell("'=1+1.png"), plain_cell("O'Neil"), plain_cell("-2.5")
        ('=1+1.png', "O'Neil", '-2.5')
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if not isinstance(value, str) or _NUMBER.fullmatch(value) or not _FORMULA.match(value):
        return value
    return f"'{value}"
