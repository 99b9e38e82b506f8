from __future__ import annotations

import numpy as np

from mmceph.functional.sdr import success_detection_rate


def test_an_error_equal_to_the_threshold_counts():
    assert success_detection_rate([1.9, 2.0, 2.1, 5.0], 2.0) == 50.0


def test_invisible_landmarks_leave_before_the_threshold():
    # Counting the NaN as missed would give 50 %, as found 75 %.
    assert success_detection_rate([1.0, 1.0, 3.0, np.nan], 2.0) == 100 * 2 / 3


def test_no_valid_error_gives_nan_not_zero():
    assert np.isnan(success_detection_rate([np.nan, np.nan], 2.0))


def test_two_dimensional_errors_are_pooled():
    assert success_detection_rate([[1.0, 9.0], [1.0, 1.0]], 2.0) == 75.0
