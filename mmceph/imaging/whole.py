"""Whether a file is whole, where a decoder does not look, or looks too late."""

from __future__ import annotations


def is_cut_short(format: str, data: bytes) -> bool:
    """Whether a PNG or JPEG file ends too early, or a PNG's parts contradict its length.

    A decoder may fill the missing rows of a JPEG with grey. OpenCV 4.11 makes room for a PNG chunk
    of any stated length, up to 4 GB, before it sees that the file has no such chunk.

    Args:
        format: As in :class:`CephImage`; other formats are left to the decoder.
        data: The whole file.
    """
    if format == "JPEG":
        return not _jpeg_ends(data)
    if format == "PNG":
        return not _png_ends(data)
    return False


def _png_ends(data: bytes) -> bool:
    """Whether the chunks lead to the end chunk within the file."""
    position = 8
    while position + 12 <= len(data):
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return False


def _jpeg_ends(data: bytes) -> bool:
    """Whether the end marker follows the first scan; an embedded thumbnail has one of its own."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker == 0xDA:
            return data.find(b"\xff\xd9", position) >= 0
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return False
