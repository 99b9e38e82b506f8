"""The annotation files of one conversion: they appear as one, and readers see whether they are.

A manifest beside them holds their checksums. It is written last; while files are being replaced it
says so, and then no reader takes any of them: half of one split and half of another would train and
test on the same heads. Folders without a manifest, older or made by hand, are taken as they are,
and so is a file that was edited since, with a note.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import AnnotationError, MmcephError
from ..io import OwnFolder, Standing, json_bytes, sha256_of, write_files_atomic
from ..io.text import TextError, parse_json

MANIFEST = "conversion.manifest"
"""The manifest's name, in the folder of the annotations; no .json, of which users list all."""
REPORT = "conversion_report.json"
"""The name of the report of what was left out, beside it."""
FOLDER = "annotations"
WHAT = "a conversion"
"""What the record of a data root calls the files of a conversion."""
_AGAIN = "run its converter again with --force"
_OURS = "canonical cephalogram annotations of mmceph"


class AnnotationSet:
    """The annotation files of a data root, as the one who writes them sees them.

    Args:
        own: The data root.
        command: How to write the set again, for the message after a kill.
    """

    def __init__(self, own: OwnFolder, command: str = "") -> None:
        self.own = own
        self._command = command
        self._open = False

    def require_writable(self, names: Iterable[str], force: bool) -> None:
        """See, before the work, that files of these names may be written.

        Args:
            names: As ``"train"``.
            force: Whether a set that is there may be replaced; one that was stopped always may.

        Raises:
            OwnershipError: One of them is there and mmceph did not write it.
            MmcephError: One of them is there and ``force`` is off.
        """
        files = [_file(name) for name in names]
        self.own.require_free([*files, f"{FOLDER}/{MANIFEST}"])
        there = [name for name in files if self.own.standing(name) is not Standing.ABSENT]
        if there and not force and not was_stopped(self._folder):
            listed = ", ".join(Path(name).name for name in there)
            raise MmcephError(
                f"{self._folder}: {listed} exist(s) already; give --force to replace, or another "
                "--out"
            )

    def open(self) -> None:
        """Say that the set there is no longer whole, before anything that it speaks of changes."""
        if not self._open:
            content = {"schema": 1, "state": "being written", "again": self._command}
            content["folder"] = os.getcwd()
            self.own.write(f"{FOLDER}/{MANIFEST}", json_bytes(content))
            self._open = True

    def write(
        self,
        contents: Mapping[str, Mapping[str, Any]],
        names: Iterable[str],
        more: Mapping[str, bytes] | None = None,
        indent: int | None = 1,
    ) -> dict[str, Path]:
        """Write the set in the place of the one that is there.

        A file there that a hand has changed is kept beside, as NAME.kept-1.

        Args:
            contents: COCO dicts by name, as ``"train"``; each gets ``info.conversion``, by which
                files of one conversion know each other.
            names: All the names of such a set: a file that is not among the contents is removed.
            more: Files to write with them, by file name.
            indent: Of the files' JSON.

        Returns:
            The written files by name.

        Raises:
            OwnershipError: A file is there that mmceph did not write.
            OSError: They cannot be written.
        """
        identity = _identity(contents)
        data = {
            _file(name): json_bytes(
                {**content, "info": {**content.get("info", {}), "conversion": identity}}, indent
            )
            for name, content in contents.items()
        }
        listed = {Path(name).name: _described(entry) for name, entry in data.items()}
        data |= {f"{FOLDER}/{name}": entry for name, entry in (more or {}).items()}
        self.own.claim(data)
        gone = [_file(name) for name in names if name not in contents]
        paths = {self.own.folder / name: entry for name, entry in data.items()}
        write_files_atomic(paths, lambda: self._make_room(data, gone))
        manifest = {"schema": 1, "state": "whole", "conversion": identity, "files": listed}
        self.own.write(f"{FOLDER}/{MANIFEST}", json_bytes(manifest))
        self._open = False
        return {name: self.own.folder / _file(name) for name in contents}

    def _make_room(self, written: Iterable[str], gone: Iterable[str]) -> None:
        self.open()
        for name in written:
            if self.own.standing(name) is Standing.CHANGED:
                self.own.remove(name)  # kept aside
        for name in gone:
            self.own.remove(name)

    @property
    def _folder(self) -> Path:
        return self.own.folder / FOLDER


def data_root(out: str | Path) -> OwnFolder:
    """A data root that a conversion writes to."""
    return OwnFolder(out, WHAT, _recognise)


def was_stopped(folder: str | Path) -> bool:
    """Whether a conversion was stopped in this folder of annotations."""
    try:
        manifest = _read_manifest(Path(folder))
    except AnnotationError:
        return False
    return manifest is not None and manifest["state"] != "whole"


def is_whole(folder: str | Path) -> bool:
    """Whether all files of one conversion are in a folder; they may have been edited since."""
    folder = Path(folder)
    try:
        manifest = _read_manifest(folder)
        for name in manifest.get("files", ()) if manifest is not None else ():
            check_file(folder / name)
    except (AnnotationError, OSError):  # it is not there
        return False
    return manifest is not None and manifest["state"] == "whole"


def check_file(path: str | Path, data: bytes | None = None, content: Any = None) -> str:
    """See that an annotation file belongs to the others in its folder.

    Args:
        path: The file.
        data: Its bytes, where they were read already.
        content: What these hold, likewise.

    Returns:
        What is to be known of it, in a sentence; empty where nothing is.

    Raises:
        AnnotationError: The conversion was stopped, or the file is of another one than those
            beside it; the message says how to mend that.
    """
    path = Path(path)
    manifest = _read_manifest(path.parent)
    if manifest is None:
        return ""
    if manifest["state"] != "whole":
        again = str(manifest.get("again") or "")
        how = f"{_AGAIN}: {again} (in {manifest.get('folder')})" if again else _AGAIN
        raise AnnotationError(
            f"{path}: its conversion was stopped, so the files beside it may be of two "
            f"conversions; {how}"
        )
    wanted = manifest["files"].get(path.name)
    found = hashlib.sha256(data).hexdigest() if data is not None else sha256_of(path)
    if wanted is None or wanted["sha256"] == found:
        return ""
    stated = _stated_identity(path, data, content)
    if stated not in (None, manifest["conversion"]):
        raise AnnotationError(
            f"{path}: is of another conversion than the files beside it, so the same heads may be "
            f"in training and test; {_AGAIN}, or keep this file in a folder of its own"
        )
    return "was changed since its conversion; taken as it is now"


def _file(name: str) -> str:
    return f"{FOLDER}/{name}.json"


def _identity(contents: Mapping[str, Any]) -> str:
    """The same for the same conversion, so that a second run writes the same bytes."""
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(json.dumps([name, content], sort_keys=True).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def _described(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder; None where there is none."""
    path = folder / MANIFEST
    try:
        manifest = parse_json(path.read_bytes().decode("utf-8", "replace"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, TextError) as error:
        raise AnnotationError(f"{path}: cannot be read ({error}); {_mend(path)}") from error
    files = manifest.get("files", {}) if isinstance(manifest, dict) else None
    if (
        not isinstance(files, dict)
        or not isinstance(manifest.get("state"), str)
        or not all(isinstance(entry, dict) and "sha256" in entry for entry in files.values())
        or (manifest["state"] == "whole" and not isinstance(manifest.get("conversion"), str))
    ):
        raise AnnotationError(f"{path}: is no manifest of a conversion; {_mend(path)}")
    return manifest


def _mend(path: Path) -> str:
    return f"{_AGAIN}, or remove {path.name} if the files beside it belong together"


def _stated_identity(path: Path, data: bytes | None, content: Any) -> str | None:
    """The conversion that a file says it is of; None where it does not say."""
    try:
        if content is None:
            content = json.loads(path.read_bytes() if data is None else data)
        stated = content["info"]["conversion"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return stated if isinstance(stated, str) else None


def recognise_by_manifest(folder: Path) -> dict[str, Standing]:
    """The annotation files of a data root that lost its record, as their manifest knows them."""
    try:
        manifest = _read_manifest(folder / FOLDER)
    except AnnotationError:
        return {}
    if manifest is None:
        return {}
    found = {f"{FOLDER}/{MANIFEST}": Standing.OURS}
    for name, entry in manifest.get("files", {}).items():
        path = folder / FOLDER / name
        if path.is_file():
            same = sha256_of(path) == entry["sha256"]
            found[f"{FOLDER}/{name}"] = Standing.OURS if same else Standing.CHANGED
    return found


def _recognise(folder: Path) -> dict[str, Standing]:
    """The annotation files that an earlier version wrote; whether they were edited is not known."""
    found = recognise_by_manifest(folder)
    for path in (folder / FOLDER).glob("*.json"):
        try:
            content = json.loads(path.read_bytes())
            info = content.get("info", {})
            ours = info.get("description") == _OURS and "converter" in info
            ours = ours or (path.name == REPORT and "images_converted" in content)
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            continue
        if ours:
            found.setdefault(f"{FOLDER}/{path.name}", Standing.CHANGED)
    return found
