from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image, features

from mmceph.imaging.frame_header import FrameHeader, read_frame_header, unpacked_rle_size

PIXELS = np.zeros((40, 60, 3), np.uint8)


def test_jpeg_frames():
    grey = cv2.imencode(".jpg", PIXELS[..., 0])[1].tobytes()
    assert read_frame_header(grey) == FrameHeader(60, 40, 1)
    colour = cv2.imencode(".jpg", PIXELS, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert read_frame_header(colour) == FrameHeader(60, 40, 3)
    jpeg_ls = b"\xff\xd8\xff\xf7\0\x0b\x08\0\x28\0\x3c\1\1\x11\0"
    assert read_frame_header(jpeg_ls) == FrameHeader(60, 40, 1)


@pytest.mark.skipif(not features.check("jpg_2000"), reason="Pillow has no JPEG 2000 here")
@pytest.mark.parametrize("bare", [True, False])
def test_jpeg_2000_frames(bare: bool):
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, "JPEG2000", no_jp2=bare)
    assert read_frame_header(stream.getvalue()) == FrameHeader(60, 40, 3)


@pytest.mark.parametrize("frame", [b"", b"\xff\xd8", b"\xff\xd8\xff\xda" + bytes(20), bytes(100)])
def test_frames_without_a_header(frame: bytes):
    assert read_frame_header(frame) is None


def rle(*segments: bytes) -> bytes:
    starts = [64 + sum(map(len, segments[:i])) for i in range(len(segments))]
    header = [len(segments), *starts, *[0] * (15 - len(segments))]
    return b"".join(n.to_bytes(4, "little") for n in header) + b"".join(segments)


def test_run_length_encoded_frames_are_counted():
    # 3 bytes as they are, one byte 5 times, nothing (128).
    assert unpacked_rle_size(rle(b"\2abc\xfcx\x80"), 1000) == 8
    assert unpacked_rle_size(rle(b"\2abc", b"\xfcx"), 1000) == 8
    many = rle(b"\x81\0" * 10_000)
    assert unpacked_rle_size(many, 1 << 30) == 1_280_000
    assert 1000 < unpacked_rle_size(many, 1000) < 1200  # no further than it must
    for damaged in (bytes(100), b"\xff" * 100, many[:4] + b"\1" + many[5:]):  # 4 billion segments
        with pytest.raises(ValueError, match="RLE header"):
            unpacked_rle_size(damaged, 1000)
