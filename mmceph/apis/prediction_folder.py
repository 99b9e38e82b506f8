"""The folder of results: one set of files per picture, and a table of all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import MmcephError
from ..imaging.drawing import encode_png
from ..io import write_bytes_atomic, write_json_atomic
from .corrections import labelme_content, untouched
from .overlay import draw_prediction
from .pictures import distinct_names
from .prediction import CephPrediction
from .stored import StoredPrediction, read_stored
from .table import write_failures, write_table

# What labelme itself opens as mmceph does; for others a copy is written.
_LABELME_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")


class PredictionFolder:
    """Writes predictions to ``json/``, ``labelme/``, ``overlays/``, ``predictions.csv``.

    A picture is done when its file in ``json/`` is there, which is written last. The table is made
    of those files alone, so it always agrees with them.

    Args:
        out: The folder; made where it is not there.
        made_with: Model and settings of the predictions to come.
        overwrite: Write the results of a picture anew. A labelme file that a hand has changed is
            kept beside the new one all the same.
        labelme: Write labelme files.
        overlays: Write pictures with the points.
        anonymise: Call pictures ``image_0001`` and so on, in their order, and leave out what says
            where they come from. ``out`` must hold no results then.

    Raises:
        MmcephError: ``out`` holds something in the way; the message says what to do.
    """

    def __init__(
        self,
        out: str | Path,
        *,
        made_with: Mapping[str, Any] | None = None,
        overwrite: bool = False,
        labelme: bool = True,
        overlays: bool = True,
        anonymise: bool = False,
    ) -> None:
        self.out = Path(out)
        self.overwrite = overwrite
        self.labelme = labelme
        self.overlays = overlays
        self.anonymise = anonymise
        self.names: dict[str, str] = {}
        self.kept: list[Path] = []
        self._made_with = None if made_with is None else dict(made_with)
        if self.out.exists() and not self.out.is_dir():
            raise MmcephError(f"{self.out}: is no folder")
        self._before = self._read_results()
        self._written: set[str] = set()
        if not self._before and self.table.exists() and not overwrite:
            raise MmcephError(f"{self.table}: is there already; give another --out or --overwrite")
        if anonymise and self._before:
            raise MmcephError(
                f"{self.out}: holds results already; numbers would not tell which is which. Give "
                "another --out"
            )

    def plan(self, files: Sequence[str], *, resume: bool = False) -> list[str]:
        """Name the results of these pictures and say which of them are to be made.

        Args:
            files: The pictures as they will be called, each once.
            resume: Leave out those that are done.

        Returns:
            The pictures to make.

        Raises:
            MmcephError: Results are there already, and neither ``resume`` nor ``overwrite`` is
                set; or the folder holds results made with another model or other settings.
        """
        done = [file for file in files if file in self._before]
        if done and not resume and not self.overwrite:
            raise MmcephError(
                f"{self.out}: holds results of {len(done)} of these {len(files)} pictures "
                f"({done[0]}, ...); --resume makes the others only, --overwrite all of them anew"
            )
        self._require_same_settings(
            [f for f in self._before if resume or not self.overwrite or f not in files]
        )
        if self.anonymise:
            self.names = {file: _number(i) for i, file in enumerate(files, 1)}
        else:
            new = [file for file in files if file not in self._before]
            self.names = distinct_names(new, (name for name, _ in self._before.values()))
            self.names.update({file: self._before[file][0] for file in done})
        return [file for file in files if not resume or file not in self._before]

    def write(self, prediction: CephPrediction, name: str | None = None) -> Path:
        """Write one picture's files.

        Args:
            prediction: The prediction.
            name: How to call them, where that is decided elsewhere.

        Returns:
            Its result file.

        Raises:
            MmcephError: It has results already and ``overwrite`` is not set.
        """
        if name is not None:
            self.names[prediction.file] = name
        name = self._name(prediction.file)
        source = Path(prediction.file)
        if self.anonymise:
            prediction = replace(prediction, file=name)
        if self.labelme:
            self._write_labelme(name, source, prediction)
        if self.overlays and prediction.pixels is not None:
            picture = encode_png(draw_prediction(prediction))
            write_bytes_atomic(self.out / "overlays" / f"{name}.png", picture)
        path = write_json_atomic(self.out / "json" / f"{name}.json", prediction.as_dict())
        self._written.add(name)
        return path

    @property
    def table(self) -> Path:
        """Where the table lies."""
        return self.out / "predictions.csv"

    def finish(self, failures: Iterable[tuple[str, str]] = ()) -> None:
        """Write the table of all results in the folder, and the list of what failed.

        Args:
            failures: Name and reason of each picture that was left out.
        """
        results = [read_stored(path).content for path in self._result_files()]
        write_failures(self.out / "failed.csv", list(failures))
        if results:
            write_table(self.table, results)

    def _result_files(self) -> list[Path]:
        folder = self.out / "json"
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if path.suffix == ".json")

    def _read_results(self) -> dict[str, tuple[str, StoredPrediction]]:
        """What is there already, by the picture's name."""
        found: dict[str, tuple[str, StoredPrediction]] = {}
        for path in self._result_files():
            try:
                stored = read_stored(path)
            except MmcephError as error:
                raise MmcephError(f"{error}; move it elsewhere, or give another --out") from error
            found[stored.file] = (path.stem, stored)
        return found

    def _require_same_settings(self, staying: Sequence[str]) -> None:
        if self._made_with is None:
            return
        for file in staying:
            before = self._before[file][1].made_with
            keys = [k for k in self._made_with if self._made_with[k] != before.get(k)]
            if keys:
                key = keys[0]
                raise MmcephError(
                    f"{self.out}: holds results with another {key} ({before.get(key)}, now "
                    f"{self._made_with[key]}); give another --out"
                )

    def _name(self, file: str) -> str:
        if file not in self.names:
            self._add(file)
        name = self.names[file]
        if name in self._written:
            raise MmcephError(f"{file}: comes twice; give each picture once")
        if (self.out / "json" / f"{name}.json").exists() and not self.overwrite:
            raise MmcephError(f"{self.out}: holds results of {file} already")
        return name

    def _add(self, file: str) -> None:
        """Name a picture that was not planned, as those of a generator are not."""
        if self.anonymise:
            self.names[file] = _number(len(self.names) + 1)
            return
        if file in self._before:
            self.names[file] = self._before[file][0]
            return
        self._require_same_settings([name for name in self._before if not self.overwrite])
        taken = [name for name, _ in self._before.values()]
        self.names.update(distinct_names([file], [*taken, *self.names.values()]))

    def _write_labelme(self, name: str, source: Path, prediction: CephPrediction) -> None:
        folder = self.out / "labelme"
        path = folder / f"{name}.json"
        if path.exists() and not untouched(path):
            self.kept.append(_set_aside(path))
        own = prediction.format in _LABELME_FORMATS and prediction.bits == 8
        if own and not self.anonymise:
            image_path = _relative(source, folder)
        else:
            image_path = f"{name}.png"
            if prediction.pixels is not None:
                write_bytes_atomic(folder / image_path, encode_png(prediction.pixels))
        write_json_atomic(path, labelme_content(prediction, image_path))


def _number(number: int) -> str:
    return f"image_{number:04d}"


def _set_aside(path: Path) -> Path:
    """Rename a file that a hand has changed; never onto another one."""
    number = 1
    while (kept := path.with_name(f"{path.name}.kept-{number}")).exists():
        number += 1
    return path.rename(kept)


def _relative(source: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(source.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return source.resolve().as_posix()
