from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.radial_error import radial_errors


def test_three_four_five_in_px():
    errors = radial_errors([[13.0, 24.0], [1.0, 1.0]], [[10.0, 20.0], [1.0, 1.0]])
    np.testing.assert_array_equal(errors, [5.0, 0.0])


def test_spacing_is_applied_per_axis_before_the_norm():
    # 3 px * 2 mm = 6 mm, 4 px * 2 mm = 8 mm -> 10 mm; with sy = 0.5: hypot(6, 2).
    assert radial_errors([[3.0, 4.0]], [[0.0, 0.0]], spacing=[2.0, 2.0]) == pytest.approx([10.0])
    expected = [np.sqrt(40.0)]
    assert radial_errors([[3.0, 4.0]], [[0.0, 0.0]], spacing=[2.0, 0.5]) == pytest.approx(expected)


def test_one_spacing_per_image_and_nan_where_unknown():
    points = np.array([[[3.0, 4.0]], [[3.0, 4.0]], [[3.0, 4.0]]])
    spacing = [[0.1, 0.1], [1.0, 1.0], [np.nan, np.nan]]
    errors = radial_errors(points, np.zeros_like(points), spacing=spacing)
    np.testing.assert_allclose(errors, [[0.5], [5.0], [np.nan]])


def test_invisible_landmarks_are_nan():
    errors = radial_errors([[3.0, 4.0], [6.0, 8.0]], np.zeros((2, 2)), visible=[False, True])
    np.testing.assert_array_equal(errors, [np.nan, 10.0])


@pytest.mark.parametrize(
    ("predicted", "truth", "visible", "spacing", "message"),
    [
        ([[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]], None, None, r"shape \(\.\.\., K, 2\)"),
        ([1.0, 2.0], [1.0, 2.0], None, None, r"shape \(\.\.\., K, 2\)"),
        ([[1.0, 2.0]], [[1.0, 2.0]], [True, True], None, "visible must have shape"),
        ([[1.0, 2.0]], [[1.0, 2.0]], None, [0.0, 1.0], "spacing must be positive"),
        ([[1.0, 2.0]], [[1.0, 2.0]], None, [0.1, 0.1, 0.1], "spacing must be"),
    ],
)
def test_wrong_input_is_named(predicted, truth, visible, spacing, message):
    with pytest.raises(ValueError, match=message):
        radial_errors(predicted, truth, visible, spacing)
