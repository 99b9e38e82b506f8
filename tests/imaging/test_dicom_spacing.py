from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mmceph.imaging.dicom_spacing import stated_pixel_sizes


def stated(**elements: Any) -> list[tuple[str, tuple[float, float], str]]:
    dataset = SimpleNamespace(get=elements.get)
    found = stated_pixel_sizes(dataset)
    return [(size.kind, pytest.approx(size.spacing), size.source) for size in found]


def test_rows_come_before_columns_in_dicom_and_x_before_y_here():
    assert stated(PixelSpacing=[0.2, 0.1]) == [("stated", (0.1, 0.2), "DICOM PixelSpacing")]


def test_a_calibrated_spacing_is_first():
    found = stated(
        PixelSpacing=[0.09, 0.09],
        PixelSpacingCalibrationType="FIDUCIAL",
        ImagerPixelSpacing=[0.1, 0.1],
    )
    assert found == [
        ("calibrated", (0.09, 0.09), "DICOM PixelSpacing (FIDUCIAL)"),
        ("detector", (0.1, 0.1), "DICOM ImagerPixelSpacing"),
    ]


def test_a_magnification_takes_the_detector_s_pixels_to_the_patient():
    found = stated(ImagerPixelSpacing=[0.11, 0.11], EstimatedRadiographicMagnificationFactor=1.1)
    assert found[0] == (
        "corrected",
        (0.1, 0.1),
        "DICOM ImagerPixelSpacing / EstimatedRadiographicMagnificationFactor 1.1",
    )
    found = stated(
        ImagerPixelSpacing=[0.11, 0.11], DistanceSourceToDetector=1650, DistanceSourceToPatient=1500
    )
    assert found[0][:2] == ("corrected", (0.1, 0.1))


def test_equal_spacings_are_the_detector_s_and_different_ones_are_corrected():
    assert [k for k, *_ in stated(PixelSpacing=[0.1, 0.1], ImagerPixelSpacing=[0.1, 0.1])] == [
        "detector"
    ]
    assert [k for k, *_ in stated(PixelSpacing=[0.09, 0.09], ImagerPixelSpacing=[0.1, 0.1])] == [
        "calibrated",
        "detector",
    ]


def test_a_scanner_s_resolution_is_nominal():
    assert stated(NominalScannedPixelSpacing=[0.127, 0.127])[0][0] == "nominal"


@pytest.mark.parametrize("bad", [[0, 0], [-1, 1], ["x", "y"], [0.1], "0.1", float("nan"), None])
def test_nonsense_is_no_spacing(bad: object):
    assert stated(PixelSpacing=bad) == []


def test_the_picture_takes_the_first_that_is_not_nominal(dicom):
    import numpy as np

    from mmceph.imaging import read_image

    path = dicom(
        np.zeros((4, 4), np.uint8),
        ImagerPixelSpacing=[0.22, 0.11],
        EstimatedRadiographicMagnificationFactor="1.1",
    )
    image = read_image(path)
    assert image.spacing == pytest.approx((0.1, 0.2))
    assert "EstimatedRadiographicMagnificationFactor" in image.spacing_source
