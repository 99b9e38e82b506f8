"""The two containers in which torch saves: a zip archive, and before 1.6 a row of pickles.

MMPose publishes its models in the older one to this day. Neither is unpacked: what is read lies in
the file as it is, once, so that memory stays near the file's size.
"""

from __future__ import annotations

import io
import os
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray

from .builders import LEFTOVERS, Builders
from .error import Damaged, Refused
from .machine import Machine
from .whole import require_plain

_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_MOST_PICKLE = 512 << 20  # log histories of very long trainings; the tensors lie elsewhere
_MOST_DIRECTORY = 16 << 20  # of the zip: 200,000 tensors
_CHUNK = 8 << 20
_END, _END64, _LOCATOR = b"PK\5\6", b"PK\6\6", b"PK\6\7"


def read_archive(path: Path, device: torch.device) -> Any:
    """Read a file that ``torch.save`` wrote.

    Args:
        path: The file.
        device: Where the tensors go.

    Raises:
        Refused: It holds what is not built.
        Damaged: It is no such file, or not a whole one.
        OSError: It cannot be read.
    """
    with path.open("rb") as stream:
        length = os.fstat(stream.fileno()).st_size
        is_zip = stream.read(4) == b"PK\3\4"
        stream.seek(0)
        content = (_read_zip if is_zip else _read_legacy)(stream, length, device)
    require_plain(content, *LEFTOVERS)
    return content


def _read_zip(stream: BinaryIO, length: int, device: torch.device) -> Any:
    _require_short_directory(stream, length)
    try:
        with zipfile.ZipFile(stream) as archive:
            records = _ZipRecords(archive, length, device)
            data = records.pickle()
            return Machine(io.BytesIO(data), Builders(records, len(data))).load()
    # What zipfile makes of damaged names, versions and lengths; the pickle's errors are its own.
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, struct.error) as error:
        raise Damaged(f"its archive is damaged: {error}") from error


def _require_short_directory(stream: BinaryIO, length: int) -> None:
    """See that the archive has an end, and a directory that fits into memory."""
    stream.seek(max(0, length - (1 << 16) - 22))
    tail = stream.read()
    place = len(tail) - 22 if tail[-22:-18] == _END and tail[-2:] == b"\0\0" else tail.rfind(_END)
    if place < 0 or len(tail) < place + 22:
        raise Damaged("it is cut short")
    size = int.from_bytes(tail[place + 12 : place + 16], "little")
    locator = tail[max(0, place - 20) : place]
    if locator.startswith(_LOCATOR):
        stream.seek(min(length, int.from_bytes(locator[8:16], "little")))
        end = stream.read(56)
        size = max(size if size < 0xFFFFFFFF else 0, int.from_bytes(end[40:48], "little"))
        if not end.startswith(_END64):
            raise Damaged("its archive is damaged")
    if size > min(_MOST_DIRECTORY, length):
        raise Refused(f"a list of parts of {size / 1e6:.0f} MB")
    stream.seek(0)


class _ZipRecords:
    """The records of a zip archive, which all lie in it as they are."""

    def __init__(self, archive: zipfile.ZipFile, length: int, device: torch.device) -> None:
        entries = archive.infolist()
        self._archive = archive
        self._device = device
        self._entries = {entry.filename: entry for entry in entries}
        self._read: dict[str, torch.Tensor] = {}
        if len(self._entries) < len(entries):
            raise Damaged("its archive holds two parts of one name")
        if any(e.compress_type != zipfile.ZIP_STORED or e.flag_bits & 1 for e in entries):
            raise Refused("packed parts, which torch does not write")
        if any(e.file_size != e.compress_size or e.header_offset > length for e in entries):
            raise Damaged("its archive is damaged")
        if sum(entry.file_size for entry in entries) > length:
            raise Refused("parts that lie over one another")
        named = [name for name in self._entries if name.endswith("/data.pkl")]
        if len(named) != 1 or named[0].count("/") != 1:
            raise Damaged("it is an archive, but not one of torch")
        self._root = named[0].removesuffix("data.pkl")
        if f"{self._root}constants.pkl" in self._entries:
            raise Refused("a TorchScript program")
        order = self._entries.get(f"{self._root}byteorder")
        if order is not None and self._bytes(order.filename, 16) != sys.byteorder.encode():
            raise Refused("numbers of the other byte order")

    def pickle(self) -> bytes:
        """The pickle that says what the checkpoint is made of."""
        return self._bytes(f"{self._root}data.pkl", _MOST_PICKLE)

    def read(self, key: str, dtype: torch.dtype, count: int) -> torch.Tensor:
        """See :class:`mmceph.checkpoints.builders.Storages`."""
        known = self._read.get(key)
        if known is None:
            entry = self._entries.get(f"{self._root}data/{key}")
            if entry is None or entry.file_size != count * dtype.itemsize:
                raise Damaged(f"tensor data {ascii(key)[:40]} are missing or of another size")
            with self._archive.open(entry) as source:
                known = _filled(source.read, dtype, count).to(self._device)
            self._read[key] = known
        if known.dtype != dtype or known.numel() != count:
            raise Damaged(f"tensor data {ascii(key)[:40]} are of two kinds")
        return known

    def _bytes(self, name: str, most: int) -> bytes:
        if self._entries[name].file_size > most:
            raise Refused(f"{self._entries[name].file_size / 1e6:.0f} MB beside its tensors")
        return self._archive.read(name)


class _LaterRecords:
    """Storages whose numbers come behind the pickle that speaks of them."""

    def __init__(self, length: int, device: torch.device) -> None:
        self._left = length
        self._device = device
        self.found: dict[str, torch.Tensor] = {}

    def read(self, key: str, dtype: torch.dtype, count: int) -> torch.Tensor:
        """See :class:`mmceph.checkpoints.builders.Storages`."""
        known = self.found.get(key)
        if known is None:
            self._left -= count * dtype.itemsize
            if self._left < 0:
                raise Damaged("it is cut short, or its tensors are larger than the file")
            known = self.found[key] = torch.empty(count, dtype=dtype, device=self._device)
        if known.dtype != dtype or known.numel() != count:
            raise Damaged(f"tensor data {ascii(key)[:40]} are of two kinds")
        return known


def _read_legacy(stream: BinaryIO, length: int, device: torch.device) -> Any:
    records = _LaterRecords(length, device)
    maker = Builders(records, length)
    parts = [Machine(stream, maker).load() for _ in range(3)]
    if parts[:2] != [_MAGIC, _LEGACY_PROTOCOL] or not isinstance(parts[2], dict):
        raise Damaged("it is none that torch.save writes")
    if parts[2].get("little_endian") is not (sys.byteorder == "little"):
        raise Refused("numbers of the other byte order")
    content = Machine(stream, maker).load()
    keys = Machine(stream, maker).load()
    if type(keys) is not list or not all(type(key) is str for key in keys):
        raise Damaged("its list of tensor data is damaged")
    if sorted(keys) != sorted(records.found):
        raise Damaged("its list of tensor data is damaged")
    for key in keys:
        numbers = records.found[key]
        if stream.read(8) != numbers.numel().to_bytes(8, "little"):
            raise Damaged(f"tensor data {ascii(key)[:40]} are missing or of another size")
        numbers.copy_(_filled(stream.read, numbers.dtype, numbers.numel()))
    return content


def _filled(read: Callable[[int], bytes], dtype: torch.dtype, count: int) -> torch.Tensor:
    """Read numbers, a chunk at a time."""
    raw = torch.empty(count * dtype.itemsize, dtype=torch.uint8)
    target: NDArray[np.uint8] = raw.numpy()
    start = 0
    while start < len(target):
        part = read(min(_CHUNK, len(target) - start))
        if not part:
            raise Damaged("it is cut short")
        target[start : start + len(part)] = np.frombuffer(part, np.uint8)
        start += len(part)
    return raw.view(dtype)
