"""Damaging raw data sets: in the ways files get damaged, and in some that only malice finds."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any

Files = dict[str, bytes]
"""Content by path relative to the raw folder."""

EVIL_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 0.5, 1e308, -1e308, 10**30, 10**400, float("nan"), float("inf"),
    "", " ", "nan", "1e999", "-0", "0x10", "12abc", "../../x.png", "../../../outside.png",
    "/etc/passwd", "C:\\Windows\\x.png", "..\\..\\outside.png", "a\0b", "\ud800", "é\u202e",
    "x" * 5000,
    "https://[::1/x.png", "/data/local-files/?d=../../outside.png", "%2e%2e%2foutside.png", "con",
    [], {}, [[]], [1], [1, 2, 3, 4], {"x": 1}, {"image": "../../outside.png"}, [None] * 50,
)  # fmt: skip


def _png_bomb(rng: random.Random) -> bytes:
    side = rng.choice([20_000, 60_000, 2**31 - 1])
    rows = zlib.compress(bytes(2**22), 9)

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def _bmp_bomb(rng: random.Random) -> bytes:
    side = rng.choice([30_000, 65_000, 2**31 - 1])
    header = struct.pack("<IiiHHIIiiII", 40, side, -side, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header + bytes(64)


def _jpeg_bomb(rng: random.Random) -> bytes:
    side = rng.choice([30_000, 65_535])
    frame = struct.pack(">HBHHB", 11, 8, side, side, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + frame + b"\xff\xd9"


def _pnm_bomb(_rng: random.Random) -> bytes:
    return b"P5 60000 60000 255\n" + bytes(100)


def _zeros_bomb(_rng: random.Random) -> bytes:
    global _ZEROS
    if not _ZEROS:
        _ZEROS = zlib.compress(bytes(200 * 2**20), 9)
    return _ZEROS


_ZEROS = b""


def image_bomb(_data: bytes, rng: random.Random) -> bytes:
    """Return a few bytes that claim to be a picture of thousands of millions of pixels."""
    return rng.choice([_png_bomb, _bmp_bomb, _jpeg_bomb, _pnm_bomb])(rng)


def cut_short(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def flip_bytes(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 3, 20])):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def other_content(data: bytes, rng: random.Random) -> bytes:
    makers: list[Callable[[], bytes]] = [
        lambda: b"", lambda: b" \n\t", lambda: rng.randbytes(300), lambda: b"PK\x03\x04",
        lambda: b"[" * 200_000, lambda: b'{"a":' * 50_000, lambda: b"null", lambda: b"[]",
        lambda: b"{}", lambda: b"[[]]", lambda: b"9" * 6000, lambda: data + data,
        lambda: b"[{}]", lambda: b"\xef\xbb\xbf",
    ]  # fmt: skip
    return rng.choice(makers)()


def other_encoding(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace") + rng.choice(["", "é", "\0", "\u2028"])
    encoding = rng.choice(["utf-16", "utf-32", "utf-8-sig", "latin-1", "utf-16-be", "cp1252"])
    return text.encode(encoding, "replace")


def other_numbers(data: bytes, rng: random.Random) -> bytes:
    """Replace some of the numbers in a text."""
    evil = rng.choice([b"NaN", b"1e999", b"-1e999", b"9" * 400, b"", b"abc", b"-5", b"0", b"1e5"])
    share = rng.choice([0.01, 0.1, 1.0])
    pattern = rb"-?\d+(\.\d+)?"
    return re.sub(pattern, lambda m: evil if rng.random() < share else m[0], data)


def other_lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(rng.choice([1, 5])):
        at = rng.randrange(len(lines) + 1)
        action = rng.randrange(4)
        if action == 0 and lines:
            del lines[min(at, len(lines) - 1)]
        elif action == 1:
            lines.insert(
                at, rng.choice([b"", b"x", b'"', b"1,2,3", b"\0", b"a=b", b"=", b"," * 300])
            )
        elif action == 2 and lines:
            lines.insert(at, rng.choice(lines))
        else:
            rng.shuffle(lines)
    return b"\n".join(lines)


def long_cell(data: bytes, rng: random.Random) -> bytes:
    """Make a cell longer than Python's csv module takes by itself, or open a quote."""
    cells = data.split(b",")
    at = rng.randrange(len(cells))
    cells[at] = rng.choice([b"x" * 200_000, b'"' + cells[at], b"9" * 140_000, b"\0", b'"' * 5])
    return b",".join(cells)


def other_values(data: bytes, rng: random.Random) -> bytes:
    """Change, remove or repeat random values of a JSON file."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return flip_bytes(data, rng)
    for _ in range(rng.choice([1, 1, 2, 10])):
        content = _change(content, rng)
    return json.dumps(content, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def _change(content: Any, rng: random.Random) -> Any:
    holder, key = None, None
    node = content
    while isinstance(node, (list, dict)) and node and (holder is None or rng.random() < 0.85):
        holder = node
        key = rng.randrange(len(node)) if isinstance(node, list) else rng.choice(list(node))
        node = node[key]
    if holder is None:
        return _evil_value(rng)
    action = rng.randrange(6)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, list):
        holder.insert(key, node)
    elif action == 2 and isinstance(holder, list):
        del holder[key:]
    elif action == 3 and isinstance(holder, dict):
        holder[_evil_key(rng)] = node
    else:
        holder[key] = _evil_value(rng)
    return content


def _evil_value(rng: random.Random) -> Any:
    return copy.deepcopy(rng.choice(EVIL_VALUES))


def _evil_key(rng: random.Random) -> str:
    return rng.choice([value for value in EVIL_VALUES if isinstance(value, str)])[:99]


def other_header(data: bytes, rng: random.Random) -> bytes:
    """Change the text header of a MetaImage, or put a bomb behind it."""
    end = data.find(b"LOCAL\n") + 6
    header, pixels = data[:end], data[end:]
    action = rng.randrange(8)
    if action == 0:
        return header + cut_short(pixels, rng)
    if action == 1:
        return header + flip_bytes(pixels, rng)
    if action == 2:
        return header + _zeros_bomb(rng)
    if action == 3:
        name = rng.choice([b"../../outside.png", b"/etc/passwd", b"LIST", b"", b"..", b"x.raw"])
        return header.replace(b"LOCAL", name) + pixels
    if action == 4:
        size = rng.choice(
            [b"0 0 0", b"-1 5 5", b"99999 99999 99999", b"80 100", b"1e9 1 1", b"a b c"]
        )
        size = rng.choice([size, b"999999999 1 1", b"1 1 999999999", b"80 100 900", b"40 50 3"])
        return re.sub(rb"DimSize = .*", b"DimSize = " + size, header) + pixels
    if action == 5:
        kind = rng.choice([b"MET_FLOAT", b"MET_USHORT", b"", b"MET_UCHAR_ARRAY"])
        return header.replace(b"MET_UCHAR", kind) + pixels
    if action == 6:
        flag = b"CompressedData = True"
        return header.replace(flag, b"CompressedData = False") + pixels
    return other_lines(header, rng) + pixels


def damage_file(name: str, data: bytes, rng: random.Random) -> bytes:
    """Return a file's bytes with something wrong with them, as its kind of file allows."""
    suffix = os.path.splitext(name)[1].lower()
    ways = [cut_short, flip_bytes, other_content]
    if suffix in (".json", ".txt", ".csv", ".jsonl", ".py"):
        ways += [other_encoding, other_numbers, other_lines]
    if suffix == ".csv":
        ways += [long_cell]
    if suffix == ".json":
        ways += [other_values] * 8
    if suffix == ".mha":
        ways = [other_header] * 6 + ways
    if suffix in (".png", ".bmp"):
        ways += [image_bomb] * 3
    return rng.choice(ways)(data, rng)


def damage(files: Files, rng: random.Random) -> Files:
    """Return a copy of a raw data set with one to three things wrong with it."""
    files = dict(files)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        name = _pick(sorted(files), rng)
        if rng.random() < 0.12:
            _damage_tree(files, name, rng)
        else:
            files[name] = damage_file(name, files[name], rng)
    return files


def _pick(names: list[str], rng: random.Random) -> str:
    """Choose a file; the one file about all images as often as all the others."""
    central = [name for name in names if "/" not in name or name.startswith("annotations/")]
    return rng.choice(central if central and rng.random() < 0.5 else names)


def _damage_tree(files: Files, name: str, rng: random.Random) -> None:
    data = files.pop(name)
    folder, base = os.path.split(name)
    stem, suffix = os.path.splitext(base)
    odd = [
        "", f"{base.upper()}", f"{stem}{suffix}.bak", f"9{stem}{suffix}", f"0{stem}{suffix}",
        f"{stem}\udcff{suffix}", f"{stem} \n{suffix}", f"{'n' * 200}{suffix}", f"{stem}.png",
        f"{stem}{suffix}/x{suffix}", f"-{base}", f"%2e%2e%2f{base}", "..." + suffix,
    ]  # fmt: skip
    new = rng.choice(odd)
    if new:
        files[os.path.join(folder, new)] = data
    if rng.random() < 0.3:
        files[name] = data
