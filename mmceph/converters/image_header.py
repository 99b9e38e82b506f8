"""An image's size from its first bytes, so that nothing huge is ever decoded."""

from __future__ import annotations

import struct


def size_in_header(data: bytes) -> tuple[int, int] | None:
    """Return width and height in px as the header of an image file states them.

    Args:
        data: The file's bytes: PNG, JPEG, BMP, TIFF or WebP, told by their first bytes.

    Returns:
        The size before any EXIF rotation, or None for another kind of file or a broken header.
    """
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _pair(">II", data, 16)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith(b"BM"):
            return _bmp(data)
        if data[:4] in (b"II*\0", b"MM\0*"):
            return _tiff(data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):  # the file ends within its header
        return None
    return None


def _pair(form: str, data: bytes, offset: int) -> tuple[int, int]:
    first, second = struct.unpack_from(form, data, offset)
    return int(first), int(second)


def _bmp(data: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", data, 14)[0] == 12:
        return _pair("<HH", data, 18)
    width, height = _pair("<ii", data, 18)
    return abs(width), abs(height)  # a negative height means that the rows run downwards


def _jpeg(data: bytes) -> tuple[int, int] | None:
    offset = 2
    while True:
        while data[offset] != 0xFF:
            offset += 1
        while data[offset] == 0xFF:
            offset += 1
        marker = data[offset]
        offset += 1
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = _pair(">HH", data, offset + 3)
            return width, height
        if marker in (0xD9, 0xDA):
            return None
        if not (0xD0 <= marker <= 0xD8 or marker == 0x01):
            offset += max(2, struct.unpack_from(">H", data, offset)[0])


def _tiff(data: bytes) -> tuple[int, int] | None:
    order = "<" if data[:2] == b"II" else ">"
    offset = struct.unpack_from(order + "I", data, 4)[0]
    found: dict[int, int] = {}
    for entry in range(struct.unpack_from(order + "H", data, offset)[0]):
        tag, kind = struct.unpack_from(order + "HH", data, offset + 2 + 12 * entry)
        if tag in (256, 257):
            form = order + ("H" if kind == 3 else "I")
            found[tag] = struct.unpack_from(form, data, offset + 10 + 12 * entry)[0]
    return (found[256], found[257]) if len(found) == 2 else None


def _webp(data: bytes) -> tuple[int, int] | None:
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if data[12:16] == b"VP8 ":
        width, height = _pair("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
