"""The size of a packed DICOM frame by its own header, before anything is unpacked."""

from __future__ import annotations

from dataclasses import dataclass

_NO_FRAME = (0xC4, 0xC8, 0xCC)  # tables and extensions among the frame markers C0 to CF
_JPEG_LS = 0xF7
_MOST_SEGMENTS = 15


@dataclass(frozen=True)
class FrameHeader:
    """What a packed frame says of itself.

    Attributes:
        width: In px.
        height: In px.
        samples: Per pixel.
    """

    width: int
    height: int
    samples: int


def read_frame_header(frame: bytes) -> FrameHeader | None:
    """Size of a JPEG, JPEG-LS or JPEG 2000 frame; None where its header cannot be found."""
    if frame.startswith(b"\xff\xd8"):
        return _jpeg(frame)
    start = 0 if frame.startswith(b"\xff\x4f\xff\x51") else frame[:4096].find(b"\xff\x4f\xff\x51")
    return _jpeg2000(frame[start:]) if start >= 0 else None


def unpacked_rle_size(frame: bytes, limit: int) -> int:
    """Bytes that a run-length encoded frame unpacks to, counted without unpacking it.

    Args:
        frame: The frame (PS3.5 annex G).
        limit: Counting ends above this.

    Raises:
        ValueError: The frame's header is damaged.
    """
    count = int.from_bytes(frame[:4], "little")
    if not 1 <= count <= _MOST_SEGMENTS or len(frame) < 64:
        raise ValueError("the RLE header is damaged")
    offsets = [int.from_bytes(frame[4 * i : 4 * i + 4], "little") for i in range(1, count + 1)]
    if sorted(offsets) != offsets or offsets[0] < 64:
        raise ValueError("the RLE header is damaged")
    total = 0
    for start, end in zip(offsets, [*offsets[1:], len(frame)], strict=True):
        position = start
        while position < min(end, len(frame)) and total <= limit:
            control = frame[position]
            if control < 128:  # so many bytes as they are, and one
                total += control + 1
                position += control + 2
            elif control > 128:  # the next byte so many times
                total += 257 - control
                position += 2
            else:
                position += 1
    return total


def _jpeg(frame: bytes) -> FrameHeader | None:
    position = 2
    while position + 10 <= len(frame) and frame[position] == 0xFF:
        marker = frame[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if (0xC0 <= marker <= 0xCF and marker not in _NO_FRAME) or marker == _JPEG_LS:
            height = int.from_bytes(frame[position + 5 : position + 7], "big")
            width = int.from_bytes(frame[position + 7 : position + 9], "big")
            return FrameHeader(width, height, frame[position + 9])
        if marker == 0xDA:
            return None
        position += 2 + int.from_bytes(frame[position + 2 : position + 4], "big")
    return None


def _jpeg2000(stream: bytes) -> FrameHeader | None:
    if len(stream) < 42:
        return None
    right, lower, left, upper = (
        int.from_bytes(stream[at : at + 4], "big") for at in range(8, 24, 4)
    )
    return FrameHeader(right - left, lower - upper, int.from_bytes(stream[40:42], "big"))
