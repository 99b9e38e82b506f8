"""Whether a file is whole, where a decoder does not look, or looks too late."""

from __future__ import annotations

_PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the header's kind of colour
_SLACK = 1 << 16
_MOST_SCANS = 200  # progressive JPEG has about ten; each goes over the whole picture


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
        return _png_pixel_bytes(data) is None
    return False


def is_overfull(format: str, data: bytes) -> bool:
    """Whether more is packed than the picture needs, which a decoder unpacks for minutes.

    Args:
        format: As in :class:`CephImage`; other formats are left to the decoder.
        data: The whole file.
    """
    if format == "JPEG":
        return has_too_many_scans(data)
    if format == "PNG":
        width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
        bits = data[24] * _PNG_SAMPLES.get(data[25], 4)
        needed = height * (1 + width * bits // 8)
        return (_png_pixel_bytes(data) or 0) > needed + needed // 4 + _SLACK
    return False


def has_too_many_scans(data: bytes) -> bool:
    """Whether a JPEG goes over its picture so often that decoding takes minutes."""
    return data.count(b"\xff\xda") > _MOST_SCANS


def _png_pixel_bytes(data: bytes) -> int | None:
    """Bytes of packed pixels; None where the chunks do not lead to the end chunk in the file."""
    position, packed = 8, 0
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        if kind == b"IEND":
            return packed
        packed += length if kind == b"IDAT" else 0
        position += 12 + length
    return None


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
