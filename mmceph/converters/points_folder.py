"""Tables of points (csv) and the images they name, to cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from mmceph.errors import some_names
from mmceph.io import name_key

from .collect import collect
from .images import ImageIndex
from .json_file import ALL_IMAGES, brief, read_text
from .layout import files_with, require_folder, shown_name
from .points_table import NoPointsTable, PointsTable, TablePoint, read_points_table
from .problems import ConversionError, Problems
from .progress import Progress, no_progress
from .raw_data import Labelled, RawData, RawImage, ReadOptions

OBSERVER = "observer"
TABLES = (".csv", ".tsv", ".txt")
_SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")


@dataclass(frozen=True)
class _Table:
    """A table of points and what to call it."""

    path: Path
    shown: str
    content: PointsTable


def read_points_folder(
    raw: Path,
    out: Path,
    options: ReadOptions,
    problems: Problems,
    progress: Progress = no_progress,
) -> RawData:
    """Read tables of points; nothing is written.

    Args:
        raw: A table, or a folder with tables and the images (or ``images/``).
        out: The data root.
        options: How to read it; in ``images`` subfolders are searched too.
        problems: Where problems are noted.
        progress: Shows progress.

    Raises:
        ConversionError: There is no table of points, or problems were found and ``problems`` does
            not skip them.
    """
    tables = _read_tables(_find_tables(raw, out), raw, problems)
    index = _index(raw, out, options.images)
    index.note_links(raw, problems)
    finder = _Finder(index, raw)
    images: dict[Path, RawImage] = {}
    for table in progress(tables, "Finding images"):
        for written in table.content.images:
            try:
                path = finder.find(written or table.path.stem)
            except ConversionError as error:
                problems.error(table.shown, f"image {brief(written)}", "", str(error))
                continue
            _add(table, written, path, images, raw, problems)
    finder.note(problems)
    _note_rest(index, images, raw, problems)
    labels = options.label_map(point.label for table in tables for point in table.content.points)
    labelled = [image for image in images.values() if image.observers]
    if not labelled:
        problems.raise_if_strict()
        raise ConversionError(
            f"{raw}: none of the images that it names is in {index.folder}; give their folder with "
            "--images DIR"
        )
    found = collect(labelled, labels, out, options, problems, progress)
    found.num_images, found.num_files = len(index.paths), {"tables": len(tables)}
    found.originals = [table.path for table in tables]
    return found


def _find_tables(raw: Path, out: Path) -> list[Path]:
    if raw.is_file():
        if raw.suffix.lower() in _SPREADSHEETS:
            raise ConversionError(f"{raw}: is a spreadsheet's own file; save it as CSV (UTF-8)")
        return [raw]
    if not raw.is_dir():
        raise ConversionError(f"{raw}: no such file or folder")
    ours = [] if out.resolve() == raw.resolve() else [out]
    found = files_with(raw, *TABLES) or files_with(raw, *TABLES, recursive=True, leave_out=ours)
    if not found:
        sheets = files_with(raw, *_SPREADSHEETS, recursive=True)
        hint = f"; save {sheets[0].name} as CSV (UTF-8)" if sheets else ""
        raise ConversionError(f"{raw}: holds no table ({', '.join(TABLES)}){hint}")
    return found


def _read_tables(paths: Iterable[Path], raw: Path, problems: Problems) -> list[_Table]:
    """Read the tables that hold points; others beside them are passed over with a note."""
    tables: list[_Table] = []
    others: list[tuple[str, ConversionError]] = []
    for path in paths:
        shown = shown_name(path, raw)
        try:
            text = read_text(path, ALL_IMAGES, problems.noting(shown))
            content = read_points_table(text, need_image=False)
        except NoPointsTable as error:
            if '"keypointlabels"' in text.replace('""', '"'):
                raise ConversionError(
                    f"{shown}: is an export of Label Studio; convert it with "
                    "tools/dataset_converters/labelstudio.py"
                ) from error
            others.append((shown, error))
            continue
        except ConversionError as error:
            problems.error(shown, "", "", str(error))
            continue
        if content.unused:
            text = f"columns passed over: {some_names(content.unused, shown=8)}"
            problems.warning(shown, "", "", text)
        tables.append(_Table(path, shown, content))
    if not tables:
        problems.raise_if_strict()
        shown, reason = others[0] if others else (str(raw), ConversionError("holds no table"))
        raise ConversionError(f"{shown}: {reason}")
    if others:
        names = some_names([shown for shown, _ in others], shown=3)
        problems.warning("all files", "", "", f"tables that hold no points passed over: {names}")
    return tables


def _index(raw: Path, out: Path, chosen: Path | None) -> ImageIndex:
    if chosen is not None:
        require_folder(chosen)
        return ImageIndex(chosen, recursive=True)
    folder = raw if raw.is_dir() else raw.parent
    if (folder / "images").is_dir():
        return ImageIndex(folder / "images", recursive=True)
    leave_out = [] if out.resolve() == folder.resolve() else [out]
    return ImageIndex(folder, recursive=True, leave_out=leave_out)


class _Finder:
    """Finds the image that a table names by path, name, name without suffix, or number."""

    def __init__(self, index: ImageIndex, raw: Path) -> None:
        self._index, self._raw = index, raw
        self._other_suffix: list[str] = []
        self._by_number: list[str] = []
        self._numbers: dict[int, list[Path]] = {}
        for path in index.paths:
            if (number := _number(path.stem)) is not None:
                self._numbers.setdefault(number, []).append(path)

    def find(self, written: str) -> Path:
        """Return the image.

        Raises:
            ConversionError: There is none, several fit, or it may be another's.
        """
        name = PureWindowsPath(written).name
        _, found = self._index.like(written)
        if not found:
            found = self._index.with_stem(name)
            if not found:
                _, found = self._index.like(written, by_stem=True)
                self._other_suffix += [f"{name} is {path.name}" for path in found[:1]]
        if not found and (number := _number(PureWindowsPath(name).stem)) is not None:
            found = self._numbers.get(number, [])
            self._by_number += [f"{name} is {path.name}" for path in found[:1]]
        if not found:
            raise ConversionError(
                f"no such image in {self._index.folder}; put it there, or give the folder with "
                "--images DIR"
            )
        if len(found) > 1:
            where = " and ".join(shown_name(path, self._raw) for path in found[:3])
            raise ConversionError(f"fits {where}; write the path, or keep one of them")
        self._require_folder(written, found[0])
        return found[0]

    def note(self, problems: Problems) -> None:
        """Note what was not found as it is written."""
        for names, what in ((self._other_suffix, "suffix"), (self._by_number, "number")):
            if names:
                text = f"{len(names)} image(s) have another {what} than written: "
                problems.warning("all files", "", "image", text + some_names(names, shown=3))

    def _require_folder(self, written: str, path: Path) -> None:
        folder = name_key(PureWindowsPath(written).parent.name)
        if folder in ("", name_key(path.parent.name)):
            return
        meant = [p.parent for p in self._index.paths if name_key(p.parent.name) == folder]
        if meant:
            raise ConversionError(
                f"is not in {shown_name(meant[0], self._raw)}, and {shown_name(path, self._raw)} "
                "lies in another folder; put the image where it belongs, or correct the path"
            )


def _number(stem: str) -> int | None:
    return int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 10 else None


def _add(
    table: _Table,
    written: str,
    path: Path,
    images: dict[Path, RawImage],
    raw: Path,
    problems: Problems,
) -> None:
    """Give the points that a table has for an image to it."""
    image = images.setdefault(path, RawImage(shown_name(path, raw), path.stem, path=path))
    content = table.content
    image.subject = image.subject or content.subjects.get(written)
    by_observer: dict[str, list[TablePoint]] = {}
    for point in content.points_of(written):
        by_observer.setdefault(point.observer or OBSERVER, []).append(point)
    if not by_observer:
        problems.warning(table.shown, f"image {brief(written)}", "", "has no point; left out")
    for observer, points in by_observer.items():
        shown = f"{table.shown}, {written or path.name}"
        shown += f", {observer}" if any(point.observer for point in points) else ""
        if observer in image.observers:
            problems.error(
                shown,
                "",
                "image",
                f"{image.observers[observer].shown} is the same image by the same observer; keep "
                "one, or name the observers in a column",
            )
            continue
        places = tuple((point.label, point.place) for point in points)
        image.observers[observer] = Labelled(shown, places, content.sizes.get(written))


def _note_rest(
    index: ImageIndex, images: dict[Path, RawImage], raw: Path, problems: Problems
) -> None:
    rest = [shown_name(path, raw) for path in index.paths if path not in images]
    if rest:
        text = f"{len(rest)} image(s) are in no table; left out: {some_names(rest, shown=3)}"
        problems.warning("all files", "", "", text)
