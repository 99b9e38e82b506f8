from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.imaging import ImageReadError, image_size, read_image

STORED = (np.arange(24 * 32, dtype=np.uint16) * 5).reshape(24, 32)


def deflated(path: Path, times: int = 0) -> Path:
    """Pack a file's data set as the deflated transfer syntax does, and MB of zeros behind it."""
    data = path.read_bytes()
    start = data.index(b"\x28\0\2\0US")  # the fixture's first element
    uid = b"1.2.840.10008.1.2.1.99"
    meta = bytes(128) + b"DICM\2\0\x10\0UI" + len(uid).to_bytes(2, "little") + uid
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(data[start:])
    packed += b"".join(packer.compress(bytes(1 << 20)) for _ in range(times)) + packer.flush()
    target = path.with_name("deflated.dcm")
    target.write_bytes(meta + packed)
    return target


def encapsulated(path: Path, syntax: str, frame: bytes) -> Path:
    """Put a packed frame in the place of a file's pixels."""
    from pydicom import dcmread
    from pydicom.encaps import encapsulate

    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.add_new("PixelData", "OB", encapsulate([frame]))
    dataset["PixelData"].is_undefined_length = True
    target = path.with_name("packed.dcm")
    dataset.save_as(target)
    return target


def refused(path: Path, message: str, most: int) -> None:
    """Expect one clear refusal that takes less than ``most`` MB."""
    tracemalloc.start()
    try:
        with pytest.raises(ImageReadError, match=message):
            read_image(path)
        assert tracemalloc.get_traced_memory()[1] < most << 20
    finally:
        tracemalloc.stop()


def test_deflated_files(dicom: Callable):
    plain = dicom(STORED)
    path = deflated(plain)
    np.testing.assert_array_equal(read_image(path).pixels, read_image(plain).pixels)
    assert image_size(path) == (32, 24)


def test_a_deflated_file_is_unpacked_no_further_than_its_picture(dicom: Callable):
    bomb = deflated(dicom(STORED), times=64)
    assert bomb.stat().st_size < 100_000
    refused(bomb, r"deflated\.dcm: holds far more than the 32 x 24 px", 48)
    claims = dicom(STORED, "claims.dcm")
    rows = b"\x28\0\x10\0US\2\0"
    claims.write_bytes(claims.read_bytes().replace(rows + b"\x18\0", rows + b"\xff\xff"))
    refused(deflated(claims, times=64), r"holds far more than the 32 x 65535 px", 48)


def test_a_header_that_never_ends_is_not_read_to_its_end(dicom: Callable):
    path = dicom(STORED)
    data = path.read_bytes()
    at = data.index(b"\x28\0\2\0US")
    private = b"\x09\0\x10\x10OB\0\0" + (9 << 20).to_bytes(4, "little") + bytes(9 << 20)
    path.write_bytes(data[:at] + private + data[at:])
    with pytest.raises(ImageReadError, match=r"ceph\.dcm: "):
        read_image(path)
    items = b"\x09\0\x10\x10SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0\0\0\0\0" * 30_000
    path.write_bytes(data[:at] + items + b"\xfe\xff\xdd\xe0\0\0\0\0" + data[at:])
    with pytest.raises(ImageReadError, match=r"ceph\.dcm: has more than 20000 parts"):
        read_image(path)


def test_a_packed_frame_of_another_size_is_not_unpacked(dicom: Callable):
    from pydicom.uid import JPEGBaseline8Bit

    small = dicom(np.zeros((40, 60), np.uint8), "small.dcm")
    large = cv2.imencode(".jpg", np.zeros((9000, 9000), np.uint8))[1].tobytes()
    path = encapsulated(small, JPEGBaseline8Bit, large + b"\0" * (len(large) % 2))
    refused(path, r"packed\.dcm: .*60 x 40 px, and 9000 x 9000 px when unpacked", 20)
    good = np.full((40, 60), 99, np.uint8)
    frame = cv2.imencode(".jpg", good)[1].tobytes()
    assert (read_image(encapsulated(small, JPEGBaseline8Bit, frame)).pixels == 99).all()


def test_run_lengths_are_counted_before_they_are_unpacked(dicom: Callable):
    from pydicom.uid import RLELossless

    small = dicom(np.zeros((40, 60), np.uint8), "small.dcm")
    header = b"".join(n.to_bytes(4, "little") for n in [1, 64, *[0] * 14])
    path = encapsulated(small, RLELossless, header + b"\x81\0" * 2_000_000)
    refused(path, r"packed\.dcm: .*more bytes when unpacked", 20)
    right = header + b"\x81\0" * 18 + b"\xa1\0"
    assert read_image(encapsulated(small, RLELossless, right)).size == (60, 40)


@pytest.mark.parametrize("implicit", [True, False])
def test_a_bare_data_set_needs_neither_preamble_nor_suffix(
    dicom: Callable, tmp_path: Path, implicit: bool
):
    from pydicom import dcmread
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    path = dicom(STORED, SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1")
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, implicit
    write_dataset(stream, dcmread(path))
    bare = tmp_path / "IM000001"
    bare.write_bytes(stream.getvalue())
    np.testing.assert_array_equal(read_image(bare).pixels, read_image(path).pixels)
    meta = tmp_path / "IM000002"
    meta.write_bytes(path.read_bytes()[132:])
    np.testing.assert_array_equal(read_image(meta).pixels, read_image(path).pixels)
