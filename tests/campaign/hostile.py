"""Checkpoints made to do harm: all they would do is create a marker file.

Each maker writes one file. They are made step by step of the pickle language where Python's own
pickler would not write them.
"""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

PROTO, STOP = b"\x80\x02", b"."
FLOATS = b"ctorch\nFloatStorage\n"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85c_codecs\nencode\n"
RECONSTRUCT += b"X\x01\0\0\0bX\x06\0\0\0latin1\x86RtR"
MAGIC = 0x1950A86A20F9469CFC6C


@dataclass(frozen=True)
class Hostile:
    """A kind of hostile file.

    Attributes:
        name: What it tries.
        write: Writes it: path of the file, path of the marker.
        slow: Takes more than an instant to make or to refuse.
        loads: Comes out as plain values, which is no harm by itself.
    """

    name: str
    write: Callable[[Path, Path], None]
    slow: bool = False
    loads: bool = False


class Calls:
    """Pickles as a call of ``function(*arguments)``."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> Any:
        return self._call


def text(value: str) -> bytes:
    """The step that pushes a text."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    """The step that pushes a number."""
    size = (value.bit_length() + 8) // 8
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def named(path: str) -> bytes:
    """The step that pushes what a dotted name stands for."""
    module, _, name = path.rpartition(".")
    return f"c{module}\n{name}\n".encode()


def call(path: str, *arguments: bytes) -> bytes:
    """The steps of a call."""
    return named(path) + b"(" + b"".join(arguments) + b"tR"


def entry(value: bytes, key: str = "weight") -> bytes:
    """A whole pickle: ``{"state_dict": {key: value}}``."""
    return PROTO + b"}" + text("state_dict") + b"}" + text(key) + value + b"ss" + STOP


def archive(path: Path, data: bytes, **records: bytes) -> None:
    """A zip archive as torch writes them, around a pickle."""
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("archive/data.pkl", data)
        target.writestr("archive/byteorder", "little")
        for key, content in (records or {"0": bytes(16)}).items():
            target.writestr(f"archive/data/{key}", content)
        target.writestr("archive/version", "3\n")


def legacy(path: Path, *parts: bytes, tail: bytes = b"") -> None:
    """A row of pickles, as torch wrote before 1.6; parts not given are sound."""
    sound = [MAGIC, 1001, {"protocol_version": 1001, "little_endian": True}, {}, []]
    pickles = [pickle.dumps(value, 2) for value in sound]
    pickles[len(pickles) - len(parts) :] = parts
    path.write_bytes(b"".join(pickles) + tail)


def storage(count: int, key: str = "0", kind: bytes = FLOATS) -> bytes:
    """The steps that push a storage."""
    return b"(" + text("storage") + kind + text(key) + text("cpu") + number(count) + b"tQ"


def tensor(store: bytes, offset: int, size: list[int], stride: list[int]) -> bytes:
    """The steps that push a tensor."""
    sides, steps = (b"(" + b"".join(map(number, values)) + b"t" for values in (size, stride))
    hooks = named("collections.OrderedDict") + b")R"
    return REBUILD + b"(" + store + number(offset) + sides + steps + b"\x89" + hooks + b"tR"


def dtype(code: str, state: bytes = b"") -> bytes:
    """The steps that push a NumPy dtype."""
    return call("numpy.dtype", text(code), b"\x89", b"\x88") + (state + b"b" if state else b"")


def plain_state(order: str = "<") -> bytes:
    """The state of a plain dtype."""
    return b"(K\x03" + text(order) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"


def array(shape: list[int], kind: bytes, data: bytes) -> bytes:
    """The steps that push an array of these bytes."""
    sides = b"(" + b"".join(map(number, shape)) + b"t"
    written = call("_codecs.encode", text(data.decode("latin-1")), text("latin1"))
    return RECONSTRUCT + b"(K\x01" + sides + kind + b"\x89" + written + b"tb"


def history(state: bytes) -> bytes:
    """The steps that push mmengine's log history with a state."""
    return named("mmengine.logging.history_buffer.HistoryBuffer") + b")\x81" + state + b"b"


def saved(value: Any, old: bool = False) -> Callable[[Path, Path], None]:
    """Write ``value(marker)`` with torch itself."""

    def write(path: Path, marker: Path) -> None:
        torch.save(value(marker), path, _use_new_zipfile_serialization=not old)

    return write


def pickled(steps: bytes | Callable[[Path], bytes], **records: bytes) -> Callable[..., None]:
    """Write one value of a state dict as these steps."""

    def write(path: Path, marker: Path) -> None:
        archive(path, entry(steps(marker) if callable(steps) else steps), **records)

    return write


def raw(data: bytes | Callable[[], bytes]) -> Callable[[Path, Path], None]:
    """Write bytes as they are."""
    return lambda path, _: path.write_bytes(data() if callable(data) else data) and None


def whole(data: Callable[[], bytes], **records: bytes) -> Callable[[Path, Path], None]:
    """Write a whole pickle into an archive."""
    return lambda path, _: archive(path, data(), **records)


def sound() -> dict[str, Any]:
    """A checkpoint such as mmengine saves."""
    import numpy as np
    from mmengine.logging import HistoryBuffer

    losses = HistoryBuffer([3.0, 2.0, 1.0], [1, 1, 1])
    weights: dict[str, Tensor] = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2).half()}
    optimizer = {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1}]}
    meta = {"epoch": 3, "cfg": "a = 1", "dataset_meta": {"sigmas": np.ones(4, np.float32)}}
    hub = {"log_scalars": {"loss": losses}, "runtime_info": {"best": np.float64(1.5)}}
    return {"state_dict": weights, "optimizer": optimizer, "meta": meta, "message_hub": hub}


def mutated(rng: Any, old: bool) -> bytes:
    """The bytes of a sound checkpoint, damaged at random; at times in its pickle alone.

    An archive has checksums, which would otherwise find all of it.
    """
    stream = io.BytesIO()
    torch.save(sound(), stream, _use_new_zipfile_serialization=not old)
    if old or rng.random() < 0.3:
        return _damaged(rng, stream.getvalue())
    damaged = io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(damaged, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, _damaged(rng, data) if name.endswith("data.pkl") else data)
    return damaged.getvalue()


def _damaged(rng: Any, given: bytes) -> bytes:
    data = bytearray(given)
    if rng.random() < 0.2:
        del data[rng.integers(1, len(data)) :]
    for _ in range(rng.integers(1, 10)):
        data[rng.integers(0, len(data))] = rng.integers(0, 256)
    return bytes(data)


def in_tar(path: Path, marker: Path) -> None:
    """torch's oldest container."""
    with tarfile.open(path, "w") as target:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            data = pickle.dumps(Calls(open, str(marker), "w"), 2)
            info = tarfile.TarInfo(name)
            info.size = len(data)
            target.addfile(info, io.BytesIO(data))
