"""The folder of results: one set of files per picture, and a table of all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import MmcephError
from ..imaging.drawing import encode_png
from ..io import OwnFolder, folder_lock, json_bytes, remove_drafts
from .anonymous import without_origin
from .corrections import labelme_content
from .earlier_results import recognise_results
from .overlay import draw_prediction
from .pictures import RESULTS, distinct_names
from .prediction import CephPrediction
from .stored import StoredPrediction, read_stored
from .table import FAILED, TABLE, failures_table, table

# What labelme itself opens as mmceph does; for others a copy is written.
_LABELME_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")


def own_results(out: str | Path) -> OwnFolder:
    """A folder of results: new, empty, or one that holds results of a prediction.

    Raises:
        OwnershipError: It holds other files, and no result; nothing is written there.
    """
    folder = OwnFolder(out, RESULTS, recognise_results)
    folder.require_ours()
    return folder


@contextmanager
def locked_results(out: str | Path) -> Iterator[None]:
    """Keep other processes that predict out of a folder of results.

    Raises:
        OwnershipError: The folder holds other files, and no result; nothing is written there.
        FolderLockedError: Another process is at work there.
    """
    own_results(out)  # first, since the lock is a file too
    with folder_lock(out, RESULTS):
        remove_drafts(out)
        yield


class PredictionFolder:
    """Writes predictions to ``json/``, ``labelme/``, ``overlays/``, ``predictions.csv``.

    A picture is done when its file in ``json/`` is there, which is written last. The table is made
    of those files alone, so it always agrees with them. Nothing is written over a file that is not
    a result of a prediction; one that a hand has changed is kept beside the new one. Whoever writes
    holds the folder's lock, see :func:`locked_results`.

    Args:
        out: The folder: new, empty, or one of such results.
        made_with: Model and settings of the predictions to come.
        overwrite: Write the results of a picture anew.
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
        self._made_with = None if made_with is None else dict(made_with)
        self._own = own_results(self.out)
        self._before = self._read_results()
        self._written: set[str] = set()
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
                set; or the folder holds results made with another model or other settings; or a
                file that is no result has the name of one to come.
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
        todo = [file for file in files if not resume or file not in self._before]
        self.require_free([self.names[file] for file in todo])
        return todo

    def require_free(self, names: Iterable[str]) -> None:
        """See, before the work, that results of these names can be written.

        Raises:
            OwnershipError: A file that is no result of a prediction has the name of one.
        """
        targets = [target for name in names for target in self._targets(name)]
        self._own.require_free([*targets, TABLE, FAILED])

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
            warnings = (without_origin(text, prediction.file, name) for text in prediction.warnings)
            prediction = replace(prediction, file=name, warnings=tuple(warnings))
        contents: dict[str, bytes] = {}
        if self.labelme:
            contents.update(self._labelme_files(name, source, prediction))
        if self.overlays and prediction.pixels is not None:
            contents[f"overlays/{name}.png"] = encode_png(draw_prediction(prediction))
        contents[f"json/{name}.json"] = json_bytes(prediction.as_dict())
        self._own.claim(contents)
        for target, data in contents.items():
            path = self._own.write(target, data)
        self._written.add(name)
        return path

    @property
    def table(self) -> Path:
        """Where the table lies."""
        return self.out / TABLE

    @property
    def kept(self) -> list[Path]:
        """Where files that a hand had changed lie now."""
        return self._own.kept

    def finish(self, failures: Iterable[tuple[str, str]] = ()) -> None:
        """Write the table of all results in the folder, and the list of what failed.

        Where nothing failed, an old list is removed.

        Args:
            failures: Name and reason of each picture that was left out.
        """
        results = [read_stored(path).content for path in self._result_files()]
        listed = list(failures)
        if self.anonymise:
            listed = [self._anonymous(file, reason) for file, reason in listed]
        if listed:
            self._own.write(FAILED, failures_table(listed))
        else:
            self._own.remove(FAILED)
        if results:
            self._own.write(TABLE, table(results))

    def _anonymous(self, file: str, reason: str) -> tuple[str, str]:
        name = self.names.get(file, "a picture")
        return name, without_origin(reason, file, name)

    def _targets(self, name: str) -> list[str]:
        """The files that a picture may get."""
        targets = [f"json/{name}.json"]
        if self.labelme:
            targets += [f"labelme/{name}.json", f"labelme/{name}.png"]
        if self.overlays:
            targets += [f"overlays/{name}.png"]
        return targets

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

    def _labelme_files(
        self, name: str, source: Path, prediction: CephPrediction
    ) -> dict[str, bytes]:
        """The labelme file, and before it the picture it names where labelme needs a copy."""
        own = prediction.format in _LABELME_FORMATS and prediction.bits == 8
        files: dict[str, bytes] = {}
        if own and not self.anonymise:
            image_path = _relative(source, self.out / "labelme")
        else:
            image_path = f"{name}.png"
            if prediction.pixels is not None:
                files[f"labelme/{image_path}"] = encode_png(prediction.pixels)
        files[f"labelme/{name}.json"] = json_bytes(labelme_content(prediction, image_path))
        return files


def _number(number: int) -> str:
    return f"image_{number:04d}"


def _relative(source: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(source.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return source.resolve().as_posix()
