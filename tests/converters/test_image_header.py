from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.converters import ConversionError
from mmceph.converters.image_header import size_in_header
from mmceph.converters.images import read_image_info


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif", ".webp"])
@pytest.mark.parametrize("colour", [False, True])
def test_sizes_of_files_opencv_writes(suffix: str, colour: bool) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (37, 53, 3)[: 3 if colour else 2], np.uint8)
    data = cv2.imencode(suffix, pixels)[1].tobytes()
    assert size_in_header(data) == (53, 37)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif", ".webp"])
def test_a_file_cut_short_has_no_size_or_the_right_one(suffix: str) -> None:
    data = cv2.imencode(suffix, np.zeros((37, 53), np.uint8))[1].tobytes()
    for length in range(len(data)):
        assert size_in_header(data[:length]) in (None, (53, 37))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"P5 9 9 255\n", b"\xff\xd8\xff\xd9", b"BM"])
def test_other_files_have_none(data: bytes) -> None:
    assert size_in_header(data) is None


@pytest.mark.parametrize("side", [60_000, 2**31 - 1])
def test_a_picture_that_claims_too_much_is_not_decoded(tmp_path: Path, side: int) -> None:
    header = struct.pack("<IiiHHIIiiII", 40, side, -side, 1, 24, 0, 0, 0, 0, 0, 0)
    path = tmp_path / "a.bmp"
    path.write_bytes(b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header)
    with pytest.raises(ConversionError, match=f"{side}x{side} px, more than 100 million pixels"):
        read_image_info(path)
