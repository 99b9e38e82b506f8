from __future__ import annotations

import json
import math
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mmceph.analysis.calibration import (
    Calibration,
    RulerReading,
    choose_calibration,
)
from mmceph.errors import MmcephError
from mmceph.imaging import PixelSize
from mmceph.imaging.dicom_spacing import stated_pixel_sizes

LOWER, UPPER = (950.0, 180.0), (950.0, 100.0)  # 80 px: 0.125 mm per px
SURE = (0.98, 0.99)
CALIBRATED = PixelSize((0.1, 0.1), "DICOM PixelSpacing (GEOMETRY)", "calibrated")
DPI_200 = PixelSize((0.127, 0.127), "JPEG resolution (200 dpi)", "nominal")


def ruler(mm_per_px: float = 0.1, error: float = 0.0002, method: str = "ticks") -> RulerReading:
    return RulerReading(LOWER, UPPER, SURE, mm_per_px, error, method, None)


def test_the_order_of_the_sources():
    given = {"explicit": 0.1, "ruler": ruler(0.101), "dicom": [CALIBRATED], "dpi": 254}
    order = []
    for name in ("explicit", "ruler", "dicom", "dpi"):
        order.append(choose_calibration(**given).source)
        del given[name]
    assert order == [
        "explicit",
        "ruler (ticks)",
        "DICOM PixelSpacing (GEOMETRY)",
        "image DPI",
    ]
    assert choose_calibration() == Calibration(None, None, None, ())


def test_a_ruler_brings_its_standard_error():
    found = choose_calibration(ruler=ruler(0.1265, 0.0003))
    assert found.spacing == (0.1265, 0.1265)
    assert found.standard_error == 0.0003
    assert found.warnings == ()


def test_two_sources_that_differ_by_more_than_three_per_cent_are_a_conflict():
    found = choose_calibration(ruler=ruler(0.104), dicom=[CALIBRATED])
    assert found.spacing == (0.104, 0.104)
    assert found.warnings == (
        "ruler (ticks) says 0.1040 mm per px, DICOM PixelSpacing (GEOMETRY) 0.1000: they differ "
        "by 4.0 %; ruler (ticks) is used",
    )
    assert choose_calibration(ruler=ruler(0.1029), dicom=[CALIBRATED]).warnings == ()
    assert choose_calibration(ruler=ruler(0.0971), dicom=[CALIBRATED]).warnings == ()


def test_every_other_source_is_compared_with_the_chosen_one():
    found = choose_calibration(explicit=0.09, ruler=ruler(0.1), dicom=[CALIBRATED])
    assert found.source == "explicit"
    assert len(found.warnings) == 2
    assert "0.0900" in found.warnings[0]
    assert "11.1 %" in found.warnings[0]


def test_a_ruler_that_abstains_is_named_and_the_next_source_taken():
    blind = RulerReading(None, None, (0.1, 0.2), None, None, None, "no ruler")
    found = choose_calibration(ruler=blind, dicom=[CALIBRATED])
    assert found.spacing == (0.1, 0.1)
    assert found.warnings == ("the ruler is not used: no ruler",)
    assert choose_calibration(ruler=blind).spacing is None
    assert choose_calibration(ruler=blind).warnings == ("the ruler is not used: no ruler",)


def test_the_resolution_is_used_only_when_asked_for():
    assert choose_calibration(dicom=[DPI_200]).spacing is None
    found = choose_calibration(dicom=[DPI_200], dpi=True)
    assert (found.spacing, found.source) == ((0.127, 0.127), "image DPI")
    assert "scanner" in found.warnings[0]
    assert choose_calibration(dpi=200).spacing == (0.127, 0.127)
    assert choose_calibration(dpi=(200, 100)).spacing == (0.127, 0.254)
    assert choose_calibration(dpi=True).warnings == ("image DPI: the file states no resolution",)
    # Asked for and in conflict with what a ruler says.
    assert "27.0 %" in choose_calibration(ruler=ruler(0.1), dpi=200).warnings[0]


def test_a_pixel_size_of_the_detector_is_used_with_a_warning():
    dataset = SimpleNamespace(get={"ImagerPixelSpacing": [0.11, 0.11]}.get)
    found = choose_calibration(dicom=stated_pixel_sizes(dataset))
    assert (found.spacing, found.source) == ((0.11, 0.11), "DICOM ImagerPixelSpacing")
    assert "detector" in found.warnings[0]


def test_the_magnification_of_a_dicom_file_is_minded():
    elements = {
        "ImagerPixelSpacing": [0.11, 0.11],
        "EstimatedRadiographicMagnificationFactor": 1.1,
    }
    found = choose_calibration(dicom=stated_pixel_sizes(SimpleNamespace(get=elements.get)))
    assert found.spacing == pytest.approx((0.1, 0.1))
    assert found.source is not None
    assert "/ EstimatedRadiographicMagnificationFactor 1.1" in found.source
    assert found.warnings == ()


def test_pixels_that_are_not_square():
    tall = PixelSize((0.1, 0.2), "DICOM PixelSpacing (GEOMETRY)", "calibrated")
    # An upright ruler of 0.19 mm per px says so about y.
    found = choose_calibration(ruler=ruler(0.19), dicom=[tall])
    assert found.spacing == pytest.approx((0.095, 0.19))
    assert found.standard_error == pytest.approx(0.0002)
    assert "says that a px is 0.5 times as wide as high" in found.warnings[0]
    assert "5.3 %" in found.warnings[1]
    # One axis in conflict is enough.
    assert len(choose_calibration(explicit=(0.1, 0.21), dicom=[tall]).warnings) == 1


@pytest.mark.parametrize("kind", ["calibrated", "nominal"])
@pytest.mark.parametrize("degrees", [0.0, 25.0, 90.0])
def test_a_leaning_ruler_on_pixels_that_are_not_square(degrees, kind):
    # 10 mm at an angle, on pixels of 0.2 mm along x and 0.1 mm along y.
    angle = math.radians(degrees)
    px = (10.0 * math.sin(angle) / 0.2, 10.0 * math.cos(angle) / 0.1)
    along = 10.0 / math.hypot(*px)
    found = choose_calibration(
        ruler=RulerReading(
            (400.0, 300.0),
            (400.0 + px[0], 300.0 - px[1]),
            (0.9, 0.9),
            along,
            along / 100,
            "ticks",
            None,
        ),
        dicom=[PixelSize((0.4, 0.2), "as stated", kind)],
    )
    assert found.spacing == pytest.approx((0.2, 0.1))
    assert found.standard_error == pytest.approx(0.001)


@pytest.mark.parametrize("wrong", [0, -0.1, math.nan, math.inf, (0.1,), (0.1, 0.1, 0.1), (0.1, 0)])
def test_a_size_that_is_no_positive_number_is_refused(wrong):
    with pytest.raises(MmcephError, match="the pixel size is"):
        choose_calibration(explicit=wrong)
    with pytest.raises(MmcephError, match="the resolution is"):
        choose_calibration(dpi=wrong)


# S-N is 640 px: 64 mm at 0.1 mm per px.
FACE = {"S": (0.0, 0.0), "N": (640.0, 0.0), "Me": (640.0, 1150.0)}
ONE = PixelSize((1.0, 1.0), "DICOM PixelSpacing", "stated")


def test_an_impossible_size_is_passed_over_for_the_next_possible_one():
    found = choose_calibration(ruler=ruler(0.1), dicom=[ONE], points=FACE)
    assert (found.spacing, found.source) == ((0.1, 0.1), "ruler (ticks)")
    assert found.warnings == (
        "DICOM PixelSpacing: 1.0000 mm per px is impossible and not used: Sella-Nasion would be "
        "640 mm (45 to 95 in people), Nasion-Menton would be 1150 mm (70 to 170 in people); "
        "ruler (ticks): 0.1000 mm per px is used",
    )
    found = choose_calibration(ruler=ruler(0.05), dicom=[ONE, CALIBRATED], points=FACE)
    assert (found.spacing, found.source) == ((0.1, 0.1), "DICOM PixelSpacing (GEOMETRY)")
    assert [text.split(":")[0] for text in found.warnings] == [
        "ruler (ticks)",
        "DICOM PixelSpacing",
    ]
    # A detector's size after an impossible calibrated one: what is used is named with its doubt.
    detector = PixelSize((0.11, 0.11), "DICOM ImagerPixelSpacing", "detector")
    found = choose_calibration(dicom=[ONE, detector], points=FACE)
    assert found.source == "DICOM ImagerPixelSpacing"
    assert "detector" in found.warnings[1]
    found = choose_calibration(dicom=[DPI_200], dpi=200_000, points=FACE)
    assert (found.spacing, found.source) == (None, None)


def test_where_nothing_is_possible_there_are_no_millimetres():
    centimetres = PixelSize((0.0254, 0.02), "DICOM PixelSpacing", "stated")
    found = choose_calibration(dicom=[centimetres], points=FACE)
    assert (found.spacing, found.source, found.refused) == (None, None, (0.0254, 0.02))
    assert "0.0254 x 0.0200 mm per px is impossible and not used" in found.warnings[0]
    assert "is used" not in found.warnings[0].replace("not used", "")
    assert found.as_dict()["refused"] == [0.0254, 0.02]


def test_an_impossible_explicit_size_is_refused_and_no_other_taken():
    found = choose_calibration(explicit=12.7, ruler=ruler(0.1), dicom=[CALIBRATED], points=FACE)
    assert (found.spacing, found.source, found.refused) == (None, None, (12.7, 12.7))
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith(
        "explicit: 12.7000 mm per px is impossible, so there are no millimetres: Sella-Nasion "
        "would be 8128 mm (45 to 95 in people)"
    )
    assert found.warnings[0].endswith("; without it ruler (ticks): 0.1000 mm per px would be used")


def test_what_could_not_be_checked_is_said():
    points = {"A": (1.0, 1.0), "S": (0.0, 0.0)}
    found = choose_calibration(explicit=12.7, points=points)
    assert found.spacing == (12.7, 12.7)
    assert found.warnings[0].startswith("the scale was not checked against the face")
    assert choose_calibration(points=points).warnings == ()


def test_a_calibration_goes_into_json():
    found = choose_calibration(explicit=(0.1, 0.2), ruler=ruler(0.1))
    restored = json.loads(json.dumps(found.as_dict()))
    assert restored["spacing"] == [0.1, 0.2]
    assert restored["source"] == "explicit"
    assert restored["standard_error"] is None
    assert len(restored["warnings"]) == 1
    assert choose_calibration().as_dict()["spacing"] is None


def test_it_needs_no_opencv_and_no_torch():
    code = (
        "import sys, mmceph.analysis.calibration; "
        "print(sorted({'cv2', 'torch', 'mmengine', 'PIL'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
