"""Whose head an image shows: a table the user gives, so that no split parts one subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from mmceph.errors import some_names
from mmceph.io import one_form, spreadsheet
from mmceph.io.text import Note, TextError

from .case import Case
from .json_file import ALL_IMAGES, read_text
from .problems import ConversionError, Problems

COLUMNS = ("file", "subject")


def read_table(
    path: Path, columns: Sequence[str], note: Note | None = None
) -> list[dict[str, str]]:
    """Return the rows of a table; see :func:`mmceph.io.spreadsheet.read_table`.

    Column names are matched without case and surrounding blanks.

    Args:
        path: The file.
        columns: Columns it must have; others are kept.
        note: As of :func:`mmceph.io.text.read_text`.

    Raises:
        ConversionError: It cannot be read or lacks a column.
    """
    try:
        table = spreadsheet.read_table(read_text(path, ALL_IMAGES, note))
    except TextError as error:
        raise ConversionError(str(error)) from error
    header = [name.lower() for name in table.titles]
    for name in columns:
        if name not in header:
            raise ConversionError(f"lacks the column {name!r} (it has {', '.join(header)[:80]})")
    return [dict(zip(header, row.cells, strict=True)) for row in table.rows]


def read_subjects(path: Path) -> dict[str, str]:
    """Read ``--subjects``: a CSV file with the columns ``file`` and ``subject``.

    Returns:
        Subject by file as written: a name, a stem, or a path.

    Raises:
        ConversionError: The file cannot be read, lacks a column or a cell, or gives one file two
            subjects.
    """
    try:
        rows = read_table(path, COLUMNS)
    except ConversionError as error:
        raise ConversionError(f"--subjects {path}: {error}") from error
    subjects: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        file, subject = row.get("file"), row.get("subject")
        if not file or not subject:
            raise ConversionError(f"--subjects {path}: row {number} lacks file or subject")
        key = one_form(PureWindowsPath(file).as_posix())
        if subjects.setdefault(key, subject) != subject:
            raise ConversionError(f"--subjects {path}: row {number}: {file} has two subjects")
    return subjects


def assign_subjects(
    cases: Sequence[Case], subjects: Mapping[str, str], problems: Problems
) -> list[Case]:
    """Give cases the subjects of a table; a case it does not name keeps its own, with a note.

    A path in the table must be the end of the image's path; a name without suffix is a stem.
    """
    if not subjects:
        return list(cases)
    assigned, unknown = [], []
    used: set[str] = set()
    for case in cases:
        key = next((key for key in _keys(case.file_name) if key in subjects), None)
        if key is None:
            unknown.append(case.file_name)
        else:
            used.add(key)
            case = replace(case, subject=subjects[key])
        assigned.append(case)
    for text, names in (
        ("images are not in it, each its own subject", unknown),
        ("rows fit no image", [key for key in subjects if key not in used]),
    ):
        if names:
            text = f"{len(names)} {text}: {some_names(names, shown=3)}"
            problems.warning("--subjects", "", "", text)
    return assigned


def _keys(file_name: str) -> list[str]:
    path = PurePosixPath(one_form(file_name))
    tails = ["/".join(path.parts[i:]) for i in range(len(path.parts))]
    return [*tails, path.stem]
