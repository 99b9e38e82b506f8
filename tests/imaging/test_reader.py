from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mmceph.imaging import ImageReadError, image_size, read_image
from mmceph.imaging.header import read_header
from mmceph.imaging.suffixes import is_picture

LOSSLESS = [".png", ".tif", ".bmp"]


@pytest.mark.parametrize("suffix", [*LOSSLESS, ".jpg"])
def test_eight_bit_files(encoded: Callable, grey: np.ndarray, suffix: str):
    image = read_image(encoded(grey, f"bild{suffix}"))
    assert image.pixels.dtype == np.uint8
    assert image.pixels.shape == (40, 60)
    assert image.size == (60, 40)
    assert image.bits == 8
    np.testing.assert_allclose(image.pixels, grey, atol=4 if suffix == ".jpg" else 0)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_files(encoded: Callable, grey: np.ndarray, suffix: str):
    deep = grey.astype(np.uint16) * 16
    path = encoded(deep, f"deep{suffix}")
    stored = read_image(path, eight_bit=False)
    assert stored.bits == 16
    np.testing.assert_array_equal(stored.pixels, deep)
    low, high = int(deep.min()), int(deep.max())
    expected = np.round((deep - low) * (255 / (high - low)))
    np.testing.assert_array_equal(read_image(path, window=(0, 100)).pixels, expected)


@pytest.mark.parametrize("suffix", [*LOSSLESS, ".jpg"])
def test_three_equal_channels_become_one(encoded: Callable, grey: np.ndarray, suffix: str):
    image = read_image(encoded(np.dstack([grey] * 3), f"colour{suffix}"))
    np.testing.assert_allclose(image.pixels, grey, atol=4 if suffix == ".jpg" else 0)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_as_opencv_does(
    tmp_path: Path, grey: np.ndarray, format: str, orientation: int
):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned.{format.lower()}"
    Image.fromarray(grey).save(path, format, exif=exif)
    upright = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
    image = read_image(path)
    np.testing.assert_array_equal(image.pixels, upright)
    if format == "JPEG":  # whether OpenCV minds it in other formats depends on its version
        assert image.size == ((40, 60) if orientation >= 5 else (60, 40))
        assert image_size(path) == image.size


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_resolution_turns_with_the_picture(
    tmp_path: Path, grey: np.ndarray, format: str, orientation: int
):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned.{format.lower()}"
    Image.fromarray(grey).save(path, format, exif=exif, dpi=(100, 200))
    with path.open("rb") as stream:
        header = read_header(str(path), format, stream)
    (stated,) = header.pixel_sizes
    # 25.4 mm / 100 and / 200, of the columns and rows of the upright picture.
    upright = (0.254, 0.127) if orientation < 5 else (0.127, 0.254)
    assert stated.spacing == pytest.approx(upright, rel=1e-4)
    assert (header.width, header.height) == (60, 40)  # as stored, in any version of Pillow
    assert header.turned is (orientation >= 5)
    assert image_size(path) == ((60, 40) if orientation < 5 else (40, 60))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_with_white_as_zero_is_turned_round(tiff: Callable, dtype: type):
    stored = np.arange(64, dtype=dtype).reshape(8, 8)
    top = np.iinfo(dtype).max
    np.testing.assert_array_equal(read_image(tiff(stored, 0), eight_bit=False).pixels, top - stored)
    np.testing.assert_array_equal(read_image(tiff(stored, 1), eight_bit=False).pixels, stored)


def test_alpha_is_ignored(tmp_path: Path, grey: np.ndarray):
    Image.fromarray(np.dstack([grey, grey // 2]), "LA").save(tmp_path / "alpha.png")
    np.testing.assert_array_equal(read_image(tmp_path / "alpha.png").pixels, grey)


def test_resolution_is_nominal_and_never_taken_for_the_spacing(tmp_path: Path, grey: np.ndarray):
    Image.fromarray(grey).save(tmp_path / "scan.png", dpi=(200, 200))
    image = read_image(tmp_path / "scan.png")
    (stated,) = image.pixel_sizes
    assert stated.kind == "nominal"
    assert stated.source == "PNG resolution (200 dpi)" or "199.9" in stated.source
    assert stated.spacing == pytest.approx((0.127, 0.127), rel=1e-3)
    assert image.spacing is None
    assert image.spacing_source is None


@pytest.mark.parametrize("suffix", [*LOSSLESS, ".jpg"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.97])
def test_files_cut_short_are_named(encoded: Callable, suffix: str, share: float):
    noise = np.random.default_rng(0).integers(0, 256, (120, 90), np.uint8)
    path = encoded(noise, f"short{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ImageReadError, match=rf"short\{suffix}: "):
        read_image(path)


def test_a_thumbnail_s_end_does_not_hide_that_a_jpeg_is_cut_short(tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG")
    data = buffer.getvalue()
    thumbnail = b"Exif\0\0" + data
    path = tmp_path / "thumb.jpg"
    marker = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    path.write_bytes(data[:2] + marker + data[2:])
    assert read_image(path).size == (64, 64)
    path.write_bytes((data[:2] + marker + data[2:])[:-200])
    with pytest.raises(ImageReadError, match=r"thumb\.jpg: .*cut short"):
        read_image(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"no picture", "is no PNG, JPEG, TIFF, BMP, WebP or DICOM file"),
        (b"GIF89a" + bytes(200), "is no PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 60, "damaged|cut short"),
        (b"\xff\xd8\xff", "damaged"),
        (b"BM" + b"\xff" * 200, "damaged|px|rare"),
        (b"II*\0\xff\xff\xff\xff", "damaged"),
    ],
)
def test_what_is_no_picture(tmp_path: Path, content: bytes, reason: str):
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(ImageReadError, match=rf"bad\.png: .*({reason})"):
        read_image(path)


def test_a_png_chunk_of_a_made_up_length_takes_no_memory(encoded: Callable, grey: np.ndarray):
    path = encoded(grey, "chunk.png")
    data = bytearray(path.read_bytes())
    start = data.index(b"IDAT") - 4
    data[start : start + 4] = b"\xf0\xff\xff\xff"  # OpenCV would make room for 4 GB
    path.write_bytes(data)
    with pytest.raises(ImageReadError, match=r"chunk\.png: .*cut short"):
        read_image(path)


def test_missing_files_and_folders(tmp_path: Path):
    for path in (tmp_path / "gone.png", tmp_path):
        with pytest.raises(ImageReadError, match="cannot be read"):
            read_image(path)
    with pytest.raises(OSError, match=r"gone\.png"):  # so that callers who expect that see it
        image_size(tmp_path / "gone.png")


def test_bombs_are_refused_before_they_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "bomb.png"
    Image.new("1", (20_000, 20_000)).save(path)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("was decoded"))
    with pytest.raises(ImageReadError, match=r"bomb\.png: 20000 x 20000 px .* max_pixels"):
        read_image(path)
    with pytest.raises(ImageReadError, match="20000 x 20000"):
        image_size(path)


def test_a_png_with_more_than_its_pixels_is_not_unpacked(tmp_path: Path):
    stream = io.BytesIO()
    Image.new("L", (60, 40)).save(stream, "PNG")
    data = stream.getvalue()
    start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    packed = zlib.compress(np.random.default_rng(0).bytes(100_000))
    chunk = len(packed).to_bytes(4, "big") + b"IDAT" + packed
    checked = chunk + zlib.crc32(chunk[4:]).to_bytes(4, "big")
    path = tmp_path / "full.png"
    path.write_bytes(data[:start] + checked + data[end:])
    with pytest.raises(ImageReadError, match=r"full\.png: holds more than 60 x 40 px need"):
        read_image(path)


def test_a_jpeg_of_very_many_scans_is_not_decoded(encoded: Callable, grey: np.ndarray):
    path = encoded(grey, "scans.jpg")
    data = path.read_bytes()
    path.write_bytes(data[:-2] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" * 300 + data[-2:])
    with pytest.raises(ImageReadError, match=r"scans\.jpg: holds more than 60 x 40 px need"):
        read_image(path)


def test_tiles_far_larger_than_the_picture_are_refused(tmp_path: Path):
    tags = {256: 60, 257: 40, 258: 8, 259: 1, 262: 1, 277: 1, 322: 32_000, 323: 32_000}
    tags.update({324: 8, 325: 100})
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    path = tmp_path / "tile.tif"
    head = b"II*\0" + struct.pack("<I", 108)
    path.write_bytes(head + bytes(100) + struct.pack("<H", len(tags)) + entries + bytes(4))
    with pytest.raises(ImageReadError, match=r"tile\.tif: has tiles of 1024000000 px in 60 x 40"):
        image_size(path)


def test_a_file_far_larger_than_its_picture_is_not_read(
    encoded: Callable, grey: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    path = encoded(grey, "long.png")
    with path.open("r+b") as stream:
        stream.truncate(80 << 20)  # takes no room on the disk
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("was decoded"))
    with pytest.raises(ImageReadError, match=r"long\.png: 84 MB for 60 x 40 px"):
        read_image(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_devices_are_not_opened(tmp_path: Path):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)  # opening it would wait for ever
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(ImageReadError, match="a pipe or a device"):
            read_image(path)
    assert not is_picture(pipe.rename(tmp_path / "pipe"))


def test_the_limit_can_be_changed(
    encoded: Callable, grey: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    path = encoded(grey, "small.png")
    with pytest.raises(ImageReadError, match="more than the 2399 px"):
        read_image(path, max_pixels=2399)
    assert read_image(path, max_pixels=2400).size == (60, 40)
    monkeypatch.setenv("MMCEPH_MAX_IMAGE_PIXELS", "100")
    with pytest.raises(ImageReadError, match="more than the 100 px"):
        read_image(path)
    monkeypatch.setenv("MMCEPH_MAX_IMAGE_PIXELS", "many")
    with pytest.raises(ImageReadError, match="MMCEPH_MAX_IMAGE_PIXELS=many"):
        read_image(path)


def test_float_grey_values_are_refused(encoded: Callable, grey: np.ndarray):
    with pytest.raises(ImageReadError, match=r"float\.tif: float32"):
        read_image(encoded(grey.astype(np.float32), "float.tif"))


def test_the_content_decides_not_the_name(encoded: Callable, grey: np.ndarray):
    path = encoded(grey, "really.png")
    renamed = path.rename(path.with_suffix(".jpg"))
    assert read_image(renamed).format == "PNG"
