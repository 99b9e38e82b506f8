"""The tasks of a Label Studio export, from each form in which it exports points.

JSON has tasks with annotations with results. JSON-MIN and CSV have a flat object, or line, for each
annotation, in which the results of one control stand under the control's name
(https://labelstud.io/guide/export).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmceph.io.spreadsheet import read_table
from mmceph.io.text import Note, TextError, parse_json

from .json_file import ALL_IMAGES, read_json, read_text
from .problems import ConversionError

# What the flat forms say of an annotation besides the task's data.
_ABOUT = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement")
TABLES = (".csv", ".tsv")
"""Suffixes of exports that are tables."""


def read_entries(path: Path, note: Note) -> list[Any]:
    """Return the tasks of an export, each as its JSON form has it, unchecked.

    Args:
        path: The export.
        note: Told of an encoding that had to be guessed.

    Raises:
        ConversionError: It is no export.
    """
    if path.suffix.lower() in TABLES:
        return _joined(_rows(read_text(path, ALL_IMAGES, note)))
    content = read_json(path, ALL_IMAGES, note)
    if isinstance(content, dict) and "annotations" in content and "data" in content:
        content = [content]  # one task, as some of its interfaces give it
    if not isinstance(content, list) or not content:
        raise ConversionError("is no list of tasks; export it as JSON from Label Studio")
    if all(isinstance(entry, dict) and "data" not in entry for entry in content) and any(
        _results(value) for entry in content for value in entry.values()
    ):
        return _joined(content)
    return content


def _rows(text: str) -> list[dict[str, Any]]:
    """The lines of a table as JSON-MIN has them: JSON stands in cells."""
    try:
        table = read_table(text)
        table.require_width()
    except TextError as error:
        raise ConversionError(str(error)) from error
    rows = [dict(zip(table.titles, map(_cell, row.cells), strict=True)) for row in table.rows]
    if not any(_results(value) for row in rows for value in row.values()):
        raise ConversionError(
            "is a table without results of Label Studio (key points as JSON in a cell); a table of "
            "points in px is converted by tools/dataset_converters/points.py"
        )
    return rows


def _cell(text: str) -> Any:
    if text[:1] not in "[{":
        return text or None
    try:
        return parse_json(text)
    except TextError as error:
        raise ConversionError(f"a cell {error}") from error


def _results(value: Any) -> bool:
    """Whether a value is a list of key points, as the flat forms have them."""
    return isinstance(value, list) and any(
        isinstance(entry, dict)
        and "x" in entry
        and ("keypointlabels" in entry or "labels" in entry)
        for entry in value
    )


def _joined(rows: list[Any]) -> list[dict[str, Any]]:
    """Make tasks of flat annotations; those of one task stand together."""
    tasks: dict[Any, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        controls = [name for name, value in row.items() if _results(value)]
        # Which picture a point lies on is not said; the control is the nearest to it.
        results = [
            {**value, "type": "keypointlabels", "value": value}
            | {"to_name": name if len(controls) > 1 else ""}
            for name in controls
            for value in row[name]
            if isinstance(value, dict)
        ]
        data = {
            key: value
            for key, value in row.items()
            if key not in (*_ABOUT, "id") and not _results(value)
        }
        identity = row.get("id")
        if isinstance(identity, str) and identity.isascii() and identity.isdigit():
            identity = int(identity) if len(identity) < 13 else identity
        key = (identity, str(data)) if identity is not None else number
        task = tasks.setdefault(key, {"id": identity, "data": data, "annotations": []})
        task["annotations"].append({"completed_by": row.get("annotator"), "result": results})
    return list(tasks.values())
