from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmceph.imaging import ImageReadError, image_size, read_image

# The headers of a JPEG frame (lossless, 16 bits, 8 x 4 px) and no data.
LOSSLESS = b"\xff\xd8\xff\xc3\0\x0b\x10\0\4\0\x08\1\1\x11\0\xff\xd9\0"
RAMP = np.arange(0, 4096, 128, dtype=np.uint16).reshape(4, 8)


def test_a_window_becomes_black_to_white(dicom: Callable):
    # PS3.3 C.11.2.1.2: linear from centre - 0.5 - (w - 1) / 2 to centre - 0.5 + (w - 1) / 2
    image = read_image(dicom(RAMP, WindowCenter=2048, WindowWidth=1024))
    assert image.format == "DICOM"
    assert image.pixels.dtype == np.uint8
    expected = ((RAMP.astype(float) - 2047.5) / 1023 + 0.5).clip(0, 1) * 255
    np.testing.assert_allclose(image.pixels, expected, atol=0.51)


def test_the_first_of_several_windows_counts(dicom: Callable):
    one = read_image(dicom(RAMP, "one.dcm", WindowCenter=2048, WindowWidth=1024))
    many = dicom(RAMP, "many.dcm", WindowCenter=[2048, 100], WindowWidth=[1024, 50])
    np.testing.assert_array_equal(read_image(many).pixels, one.pixels)


@pytest.mark.parametrize(
    ("function", "expected"),
    [("LINEAR_EXACT", [0, 64, 128, 191, 255]), ("SIGMOID", [30, 69, 128, 186, 225])],
)
def test_window_functions(dicom: Callable, function: str, expected: list[int]):
    stored = np.array([[0, 25, 50, 75, 100]], np.uint16)
    path = dicom(stored, WindowCenter=50, WindowWidth=100, VOILUTFunction=function)
    np.testing.assert_allclose(read_image(path).pixels[0], expected, atol=1)


def test_rescale_comes_before_the_window(dicom: Callable):
    path = dicom(RAMP, RescaleSlope=2, RescaleIntercept=-100, WindowCenter=3996.5, WindowWidth=2047)
    expected = ((RAMP * 2.0 - 100 - 3996) / 2046 + 0.5).clip(0, 1) * 255
    np.testing.assert_allclose(read_image(path).pixels, expected, atol=0.51)


def test_monochrome1_is_inverted(dicom: Callable):
    window = {"WindowCenter": 2048, "WindowWidth": 4096}
    plain = read_image(dicom(RAMP, "a.dcm", **window)).pixels.astype(int)
    path = dicom(RAMP, "b.dcm", PhotometricInterpretation="MONOCHROME1", **window)
    np.testing.assert_allclose(read_image(path).pixels, 255 - plain, atol=1)
    assert read_image(path).pixels[0, 0] == 255


def test_voi_and_modality_tables(dicom: Callable):
    from pydicom.dataset import Dataset

    def table(entries: list[int], first: int, bits: int) -> list[Dataset]:
        item = Dataset()
        item.add_new("LUTDescriptor", "US", [len(entries), first, bits])
        item.add_new("LUTData", "US", entries)
        return [item]

    stored = np.array([[9, 10, 11, 12, 13]], np.uint16)
    voi = dicom(stored, "voi.dcm", VOILUTSequence=table([0, 2048, 4095], 10, 12))
    assert read_image(voi).pixels.tolist() == [[0, 0, 128, 255, 255]]
    both = dicom(
        stored,
        "both.dcm",
        ModalityLUTSequence=table([500, 400, 300, 200], 10, 16),
        WindowCenter=350.5,
        WindowWidth=301,
    )
    assert read_image(both).pixels.tolist() == [[255, 255, 170, 85, 0]]


def test_without_a_window_the_percentiles_decide(dicom: Callable):
    image = read_image(dicom(RAMP), window=(0, 100)).pixels
    assert (image[0, 0], image[-1, -1]) == (0, 255)
    deep = read_image(dicom(RAMP), eight_bit=False).pixels
    assert deep.dtype == np.uint16
    assert (deep[0, 0], deep[-1, -1]) == (0, 65535)


def test_signed_and_8_bit_and_colour_pixels(dicom: Callable):
    signed = dicom(np.array([[-100, 0, 100]], np.int16), "s.dcm")
    assert read_image(signed, window=(0, 100)).pixels.tolist() == [[0, 128, 255]]
    small = dicom(np.array([[0, 100, 200, 50]], np.uint8), "8.dcm")
    assert read_image(small).bits == 8
    colour = dicom(np.full((2, 2, 3), (200, 100, 50), np.uint8), "rgb.dcm")
    # 0.299 R + 0.587 G + 0.114 B
    assert read_image(colour).pixels.tolist() == [[124, 124], [124, 124]]


def test_size_from_the_header(dicom: Callable):
    assert image_size(dicom(RAMP)) == (8, 4)


def test_files_without_preamble_are_known_by_their_suffix(dicom: Callable, tmp_path: Path):
    path = dicom(RAMP)
    bare = tmp_path / "bare.dcm"
    bare.write_bytes(path.read_bytes()[132:])
    np.testing.assert_array_equal(read_image(bare).pixels, read_image(path).pixels)


def test_what_cannot_be_read_is_named(dicom: Callable, tmp_path: Path):
    frames = dicom(np.zeros((8, 8), np.uint8), "frames.dcm", NumberOfFrames=3)
    with pytest.raises(ImageReadError, match=r"frames\.dcm: holds 3 frames"):
        read_image(frames)
    palette = dicom(RAMP, "palette.dcm", PhotometricInterpretation="PALETTE COLOR")
    with pytest.raises(ImageReadError, match=r"palette\.dcm: PALETTE COLOR"):
        read_image(palette)
    short = dicom(RAMP, "short.dcm")
    short.write_bytes(short.read_bytes()[:-20])
    with pytest.raises(ImageReadError, match=r"short\.dcm: "):
        read_image(short)
    damaged = dicom(RAMP, "damaged.dcm")
    data = damaged.read_bytes()
    place = data.index(b"\x28\x00\x04\x00CS") + 4
    damaged.write_bytes(data[:place] + b"\xff\xff" + data[place + 2 :])  # no such kind of value
    with pytest.raises(ImageReadError, match=r"damaged\.dcm: "):
        read_image(damaged)
    text = tmp_path / "text.dcm"
    text.write_text("no DICOM at all, but long enough to be looked at" * 5)
    with pytest.raises(ImageReadError, match=r"text\.dcm: "):
        read_image(text)
    with pytest.raises(ImageReadError, match="more than the 10 px"):
        read_image(dicom(RAMP), max_pixels=10)


def test_a_compressed_file_that_cannot_be_decoded_names_the_plugins(dicom: Callable):
    from pydicom import dcmread
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGLosslessSV1

    dataset = dcmread(dicom(RAMP))
    dataset.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    dataset.add_new("PixelData", "OB", encapsulate([LOSSLESS]))
    dataset["PixelData"].is_undefined_length = True
    path = Path(dataset.filename).with_name("compressed.dcm")
    dataset.save_as(path)
    with pytest.raises(ImageReadError, match=r"compressed\.dcm: .*JPEG Lossless.*pylibjpeg"):
        read_image(path)


def test_run_length_encoded_files_need_no_plugin(dicom: Callable):
    from pydicom import dcmread
    from pydicom.uid import RLELossless

    path = dicom(RAMP, WindowCenter=2048, WindowWidth=1024)
    plain = read_image(path).pixels
    dataset = dcmread(path)
    dataset.compress(RLELossless)
    dataset.save_as(path)
    np.testing.assert_array_equal(read_image(path).pixels, plain)


def test_without_pydicom_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "ceph.dcm"
    path.write_bytes(bytes(128) + b"DICM" + bytes(20))
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(ImageReadError, match=r"ceph\.dcm: .*pip install \"pydicom>="):
        read_image(path)
