"""Whether an ONNX file is all there is of a model, seen before any runtime opens it.

Tensors of an ONNX file may lie in other files, which a runtime opens wherever the file says: in
``../``, at absolute paths, over links. The file is walked here without the package ``onnx``, which
prediction does not need.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mmceph.errors import MmcephError

_DEEPEST = 64  # graphs in attributes of nodes of graphs
_MOST_FIELDS = 3_000_000
_MOST_BYTES = (1 << 31) - 1  # more than which no protobuf message has
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_OPERATOR, _IN_A_FILE = 4, b"EPContext"
# Which fields of a message hold which messages, on the way to every tensor (onnx.proto).
_FIELDS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor",
        23: "sparse tensor",
    },
    "function": {7: "node", 11: "attribute"},
    "training": {1: "graph", 2: "graph"},
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "tensor": {},
}  # fmt: skip


class NotSelfContainedError(MmcephError):
    """An ONNX file wants other files, or is none."""


def require_self_contained(data: bytes, path: str | Path) -> None:
    """Refuse a model that names any other file.

    Args:
        data: The whole ONNX file.
        path: Its name, for messages.

    Raises:
        NotSelfContainedError: A tensor or a node lies in another file, or this is no ONNX file.
    """
    if not data or len(data) > _MOST_BYTES:
        raise NotSelfContainedError(f"{path}: is no ONNX file")
    todo = [("model", 0, len(data), 0)]
    fields = 0
    while todo:
        kind, start, end, depth = todo.pop()
        if depth > _DEEPEST:
            raise NotSelfContainedError(f"{path}: has graphs more than {_DEEPEST} levels deep")
        try:
            for field, wire, first, last in _parts(data, start, end):
                inner = _FIELDS[kind].get(field)
                if inner is not None and wire == _BYTES:
                    todo.append((inner, first, last, depth + 1))
                fields += 1
                if fields > _MOST_FIELDS:
                    raise NotSelfContainedError(f"{path}: has more parts than any network")
                _require_inside(kind, field, data[first : min(last, first + 64)], path)
        except EOFError as error:
            raise NotSelfContainedError(f"{path}: is damaged, or no ONNX file") from error


def _require_inside(kind: str, field: int, value: bytes, path: str | Path) -> None:
    elsewhere = kind == "tensor" and (
        field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value != b"\0")
    )
    if elsewhere or (kind == "node" and field == _OPERATOR and value == _IN_A_FILE):
        raise NotSelfContainedError(
            f"{path}: keeps weights in another file, and only one file that holds all of them is "
            "opened; export it again with tools/deployment/export_onnx.py"
        )


def _parts(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Field number, wire type, and first and last place of each field of a message."""
    position = start
    while position < end:
        tag, position = _varint(data, position, end)
        field, wire = tag >> 3, tag & 7
        first = position
        if wire == _VARINT:
            _, position = _varint(data, position, end)
        elif wire == _BYTES:
            length, first = _varint(data, position, end)
            position = first + length
        elif wire in (_FIXED64, _FIXED32):
            position += 8 if wire == _FIXED64 else 4
        else:
            raise EOFError("a group, which ONNX does not use")
        # A tag of more than 32 bits would be another field to a parser that cuts it off.
        if position > end or field == 0 or tag >> 32:
            raise EOFError("damaged")
        yield field, wire, first, position


def _varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            break
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
    raise EOFError("cut short")
