from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmceph.analysis.calibration import RulerReading
from mmceph.analysis.error_model import LandmarkBound
from mmceph.apis.overlay import draw_prediction
from mmceph.apis.prediction import LandmarkPoint, ReadingOptions, assemble

RULER = RulerReading((90.0, 60.0), (90.0, 10.0), (0.9, 0.9), 0.2, 0.001, "marks", None)
POINT, LINE, RING, MARK = (255, 80, 60), (60, 160, 200), (255, 120, 255), (90, 220, 90)  # RGB


def make(**changes):
    return assemble(
        **{
            "file": "1.png",
            "size": (100, 120),
            "landmarks": {
                "S": LandmarkPoint(10.0, 50.0, 0.9),
                "N": LandmarkPoint(60.0, 50.0, 0.9, "manual", (50.0, 50.0)),
            },
            "options": ReadingOptions(),
            "ruler": RULER,
            "pixels": np.full((120, 100), 40, np.uint8),
            **changes,
        }
    )


def has(picture, where, color) -> bool:
    """Whether a colour is within 2 px of x, y in px of the drawn picture's lower part."""
    x, y = where
    part = picture[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].astype(int)
    return bool((np.abs(part - color).max(axis=2) < 30).any())


def test_points_lines_rings_and_ruler_are_where_they_belong():
    picture = draw_prediction(make(), height=1320)
    drawn = picture[picture.shape[0] - 1320 :]  # below the caption; eleven times as large
    assert drawn.shape == (1320, 1100, 3)
    for x, y in ((10, 50), (60, 50), (90, 60), (90, 10)):
        assert has(drawn, (11 * x + 5, 11 * y + 5), POINT)
    assert has(drawn, (385, 555), LINE)
    assert has(drawn, (665, 555 - 8), RING)
    assert not has(drawn, (115, 555 - 8), RING)
    assert has(drawn, (995, 385), MARK)


def test_circles_show_how_far_a_point_may_be_off():
    bound = LandmarkBound(0.9, (4.0, 4.0), None)
    landmarks = {"S": LandmarkPoint(30.0, 50.0, 0.9, bound=bound)}
    drawn = draw_prediction(make(landmarks=landmarks, ruler=None), height=1320)[-1320:]
    for dx, dy in ((44, 0), (-44, 0), (0, 44)):
        assert has(drawn, (335 + dx, 555 + dy), (90, 210, 255))


def test_an_abstained_ruler_is_not_drawn():
    ruler = replace(RULER, mm_per_px=None, reason="no ruler")
    drawn = draw_prediction(make(ruler=ruler), height=1320)[-1320:]
    assert not has(drawn, (995, 385), MARK)
    assert not has(drawn, (995, 665), POINT)


def test_no_landmark_and_names_of_any_kind_can_be_drawn():
    assert draw_prediction(make(landmarks={}, ruler=None)).shape[2] == 3
    odd = {"UL": LandmarkPoint(1.0, 1.0), "my point": LandmarkPoint(500.0, -3.0)}
    assert draw_prediction(make(landmarks=odd)).shape[2] == 3


def test_without_pixels_there_is_nothing_to_draw_on():
    with pytest.raises(ValueError, match=r"1.png: no pixels"):
        draw_prediction(make(pixels=None))
