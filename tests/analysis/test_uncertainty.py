from __future__ import annotations

import math

import numpy as np
import pytest

from mmceph.analysis.measurements import MeasurementError
from mmceph.analysis.uncertainty import measurement_bounds, measurement_jacobian
from mmceph.functional.uncertainty import normal_factor

POINTS = {"S": (0.0, 0.0), "N": (100.0, 0.0), "A": (100.0, 80.0), "B": (95.0, 120.0)}
NINETY = normal_factor(0.9)


def test_an_angle_by_hand():
    # A moved by 1 px across the line N-A turns it by 1/80; along the line it does nothing.
    across = measurement_bounds(POINTS, {"A": (1.0, 0.0)}, mm_per_px=None)["SNA"]
    along = measurement_bounds(POINTS, {"A": (0.0, 1.0)}, mm_per_px=None)["SNA"]
    assert across.half_width == pytest.approx(NINETY * math.degrees(1 / 80), rel=1e-3)
    assert along.half_width == pytest.approx(0.0, abs=1e-9)
    assert across.value == pytest.approx(90.0)
    assert across.unit == "deg"


def test_points_a_human_has_set_add_nothing():
    found = measurement_bounds(POINTS, {}, mm_per_px=0.1)
    assert found["ANB"].half_width == 0.0


def test_a_length_and_the_error_of_the_scale():
    points = {"ANS": (0.0, 0.0), "Me": (0.0, 600.0)}
    sure = measurement_bounds(points, {"Me": 2.0}, mm_per_px=0.1)["LAFH"]
    assert sure.value == pytest.approx(60.0)
    assert sure.half_width == pytest.approx(NINETY * 0.2, rel=1e-4)
    rough = measurement_bounds(points, {"Me": 2.0}, mm_per_px=0.1, scale_error=0.001)["LAFH"]
    # 1 % of 60 mm beside 0.2 mm.
    assert rough.half_width == pytest.approx(NINETY * math.hypot(0.2, 0.6), rel=1e-4)
    wider = measurement_bounds(points, {"Me": 2.0}, mm_per_px=0.1, factor=1.5)["LAFH"]
    assert wider.half_width == pytest.approx(1.5 * sure.half_width)


def test_the_error_of_the_scale_is_that_of_y_where_pixels_are_not_square():
    # 50 mm straight down, 1 % of it and no other error: 0.5 mm times the factor of 90 %, 1.6449.
    points = {"ANS": (0.0, 0.0), "Me": (0.0, 500.0)}
    for spacing in (0.1, (0.1, 0.1), (0.2, 0.1)):
        found = measurement_bounds(points, {}, mm_per_px=spacing, scale_error=0.001)["LAFH"]
        assert found.value == pytest.approx(50.0)
        assert found.half_width == pytest.approx(0.8224, abs=5e-5)
    # 50 mm straight across, 250 px of 0.2 mm: the same share of the same length.
    across = {"ANS": (0.0, 0.0), "Me": (250.0, 0.0)}
    found = measurement_bounds(across, {}, mm_per_px=(0.2, 0.1), scale_error=0.001)["LAFH"]
    assert (found.value, found.half_width) == pytest.approx((50.0, 0.8224), abs=5e-5)


def test_no_millimetres_without_calibration():
    points = {"ANS": (0.0, 0.0), "Me": (0.0, 600.0), **POINTS}
    assert "LAFH" not in measurement_bounds(points, {"Me": 2.0}, mm_per_px=None)


def test_first_order_agrees_with_drawn_points():
    from mmceph.analysis.agreement import measure_many

    rng = np.random.default_rng(0)
    names, base = list(POINTS), np.array(list(POINTS.values()))
    drawn = base + rng.normal(0, 0.5, (4000, len(names), 2))
    spread = measure_many(drawn, names)["ANB"].std()
    found = measurement_bounds(POINTS, dict.fromkeys(names, 0.5), mm_per_px=None)["ANB"]
    assert found.half_width == pytest.approx(NINETY * spread, rel=0.05)


def test_an_angle_that_passes_180_degrees_is_not_torn():
    # SN-GoMe turns from +180 to -180 degrees where both lines point against each other.
    points = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 50.0], [0.0, 50.0]])
    found = measurement_jacobian(points, ["S", "N", "Go", "Me"])
    slopes = np.abs(found.slopes[found.keys.index("SN-GoMe")])
    assert slopes.max() == pytest.approx(math.degrees(1 / 100), rel=1e-3)


def test_missing_points_leave_their_measurements_out():
    found = measurement_bounds({**POINTS, "B": None}, {"A": 1.0}, mm_per_px=None)
    assert "SNA" in found
    assert "SNB" not in found
    assert measurement_bounds({}, {}, mm_per_px=None) == {}


def test_a_bad_standard_deviation_is_named():
    with pytest.raises(MeasurementError, match="point 'A': its standard deviation"):
        measurement_bounds(POINTS, {"A": -1.0}, mm_per_px=None)
