from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mmceph.imaging import ImageReadError, read_image

# 0, 16, ... 4080: 8 bits in 12, of every value the same number of pixels.
DEEP = (np.arange(256, dtype=np.uint16) * 16).reshape(16, 16)
WINDOW = {"WindowCenter": 2040.5, "WindowWidth": 4081}
EXPECTED = np.arange(256).reshape(16, 16)


@pytest.mark.parametrize(
    "elements",
    [
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"PresentationLUTShape": "INVERSE"},
        # What DX files say is one thing, said twice.
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"},
    ],
)
def test_a_negative_is_turned_round_once(dicom: Callable, elements: dict[str, Any]):
    path = dicom(4080 - DEEP, **WINDOW, **elements)
    np.testing.assert_array_equal(read_image(path).pixels, EXPECTED)


def test_a_shape_that_is_no_identity_changes_nothing(dicom: Callable):
    path = dicom(DEEP, PresentationLUTShape="IDENTITY", **WINDOW)
    np.testing.assert_array_equal(read_image(path).pixels, EXPECTED)
    odd = dicom(DEEP, "odd.dcm", PresentationLUTShape="LIN OD", **WINDOW)
    with pytest.raises(ImageReadError, match=r"odd\.dcm: PresentationLUTShape LIN OD"):
        read_image(odd)


def test_a_presentation_table_comes_last(dicom: Callable):
    from pydicom.dataset import Dataset

    item = Dataset()
    item.add_new("LUTDescriptor", "US", [256, 0, 8])
    item.add_new("LUTData", "OW", bytes(range(256))[::-1])
    path = dicom(DEEP, PresentationLUTSequence=[item], **WINDOW)
    np.testing.assert_array_equal(read_image(path).pixels, 255 - EXPECTED)


@pytest.mark.parametrize("kind", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("stated", [WINDOW, {}])
def test_padding_is_black_and_counts_for_nothing(
    dicom: Callable, kind: str, stated: dict[str, float]
):
    stored = DEEP if kind == "MONOCHROME2" else 4080 - DEEP
    framed = np.concatenate([np.full((16, 4), 60_000, np.uint16), stored], axis=1)
    framed[:, 2:4] = 65_535
    elements = {"PixelPaddingValue": 65_535, "PixelPaddingRangeLimit": 60_000}
    path = dicom(framed, PhotometricInterpretation=kind, **elements, **stated)
    pixels = read_image(path, window=(0, 100)).pixels
    assert (pixels[:, :4] == 0).all()
    np.testing.assert_array_equal(pixels[:, 4:], EXPECTED)


def test_a_picture_of_nothing_but_padding_is_a_picture(dicom: Callable):
    path = dicom(np.full((4, 4), 7, np.uint16), PixelPaddingValue=7, PixelPaddingRangeLimit=9)
    assert (read_image(path).pixels == 0).all()


def test_padding_of_signed_values(dicom: Callable):
    stored = DEEP.astype(np.int16) - 2040
    stored[0] = -2048
    path = dicom(stored, PixelPaddingValue=-2048)
    pixels = read_image(path, window=(0, 100)).pixels
    assert (pixels[0] == 0).all()
    assert pixels[1, 0] == 0
    assert pixels[-1, -1] == 255


@pytest.mark.parametrize(
    ("center", "width"), [(0, 1), (60_000, 100), (32_768, 10_000_000), (2048, -5), (2048, 0)]
)
def test_a_window_that_shows_nothing_is_passed_over_and_told(
    dicom: Callable, center: float, width: float
):
    path = dicom(DEEP, WindowCenter=center, WindowWidth=width)
    image = read_image(path, window=(0, 100))
    np.testing.assert_array_equal(image.pixels, EXPECTED)
    (note,) = image.notes
    assert note.startswith(f"the file's window (centre {center:g}, width {width:g})")
    second = dicom(DEEP, "2.dcm", WindowCenter=[center, 2040.5], WindowWidth=[width, 4081])
    np.testing.assert_array_equal(read_image(second).pixels, EXPECTED)
    assert read_image(second).notes == (note,)


def test_a_window_that_shows_most_of_the_picture_is_taken(dicom: Callable):
    image = read_image(dicom(DEEP, WindowCenter=1000, WindowWidth=600))
    assert image.notes == ()
    assert (image.pixels == 0).mean() > 0.1
    assert (image.pixels == 255).mean() > 0.6


def test_8_bits_without_a_window_stay_as_they_are(dicom: Callable):
    stored = np.array([[100, 110, 120, 130]], np.uint8)
    assert read_image(dicom(stored)).pixels.tolist() == stored.tolist()
    negative = dicom(255 - stored, "n.dcm", PhotometricInterpretation="MONOCHROME1")
    assert read_image(negative).pixels.tolist() == stored.tolist()
    rescaled = dicom(stored, "r.dcm", RescaleSlope=1, RescaleIntercept=5)
    assert read_image(rescaled).pixels.tolist() == [[0, 85, 170, 255]]


def test_bits_beside_the_grey_value_do_not_count(dicom: Callable):
    overlaid = DEEP | 0x8000
    path = dicom(overlaid, BitsStored=12, HighBit=11, **WINDOW)
    np.testing.assert_array_equal(read_image(path).pixels, EXPECTED)
    raised = dicom(DEEP << 4, "high.dcm", BitsStored=12, HighBit=15, **WINDOW)
    np.testing.assert_array_equal(read_image(raised).pixels, EXPECTED)


def test_a_decimal_comma_is_understood(dicom: Callable):
    path = dicom(DEEP, WindowCenter=2040.5, WindowWidth=4081)
    path.write_bytes(path.read_bytes().replace(b"2040.5", b"2040,5"))
    image = read_image(path)
    np.testing.assert_array_equal(image.pixels, EXPECTED)
    assert image.notes == ()


def test_more_grey_values_than_a_detector_has_are_refused(dicom: Callable):
    path = dicom(np.array([[0, 2**32 - 1]], np.uint32))
    with pytest.raises(ImageReadError, match=r"ceph\.dcm: grey values from 0 to 4294967295"):
        read_image(path)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("slope", [1.0, 0.5, -2.0])
def test_it_is_what_pydicom_shows(dicom: Callable, function: str, slope: float):
    pixels = pytest.importorskip("pydicom.pixels", reason="pydicom 3 is not installed")
    from pydicom import dcmread

    path = dicom(
        DEEP,
        BitsStored=12,
        HighBit=11,
        RescaleSlope=slope,
        RescaleIntercept=100,
        WindowCenter=100 + slope * 2000,
        WindowWidth=abs(slope) * 3000,
        VOILUTFunction=function,
        PresentationLUTShape="INVERSE",
    )
    dataset = dcmread(path)
    shown = pixels.apply_voi_lut(pixels.apply_modality_lut(DEEP, dataset), dataset)
    low, high = sorted(100 + slope * end for end in (0, 4095))
    # Turned round within the range that the values may have.
    expected = 255 - (shown - low) * 255 / (high - low)
    if slope < 0:  # where pydicom takes the range's ends for black and white by their order
        expected = 255 - expected
    np.testing.assert_allclose(read_image(path).pixels, expected, atol=0.51)
