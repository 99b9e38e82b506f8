from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.baselines import (
    inter_observer_errors,
    mean_shape_fractions,
    mean_shape_points,
)


def test_mean_shape_is_a_mean_of_fractions_over_visible_points():
    points = [[[10.0, 40.0], [50.0, 50.0]], [[60.0, 20.0], [0.0, 0.0]]]
    visible = [[True, True], [True, False]]
    fractions = mean_shape_fractions(points, visible, [[100, 100], [200, 50]])
    # Landmark 0: x (0.1 + 0.3) / 2, y (0.4 + 0.4) / 2; landmark 1 only from the first image.
    np.testing.assert_allclose(fractions, [[0.2, 0.4], [0.5, 0.5]])
    np.testing.assert_allclose(mean_shape_points(fractions, [[50, 10]]), [[[10, 4], [25, 5]]])


def test_never_visible_landmark_is_nan():
    fractions = mean_shape_fractions([[[1.0, 1.0]]], [[False]], [[10, 10]])
    assert np.isnan(fractions).all()


def test_wrong_sizes_are_named():
    with pytest.raises(ValueError, match="not positive"):
        mean_shape_fractions([[[1.0, 1.0]]], [[True]], [[0, 10]])
    with pytest.raises(ValueError, match="expected points"):
        mean_shape_fractions([[1.0, 1.0]], [[True]], [[10, 10]])


def test_two_observers_in_mm():
    marks = [[[0, 0, 2], [1, 1, 2]], [[3, 4, 2], [0, 0, 0]]]
    np.testing.assert_allclose(inter_observer_errors(marks, [0.1, 0.1]), [0.5, np.nan])


def test_three_observers_give_the_mean_of_all_pairs():
    marks = [[[0, 0, 2]], [[3, 0, 2]], [[0, 4, 2]]]
    np.testing.assert_allclose(inter_observer_errors(marks), [(3 + 4 + 5) / 3])


def test_a_single_observer_has_nobody_to_differ_from():
    assert np.isnan(inter_observer_errors([[[1, 1, 2]]])).all()
    with pytest.raises(ValueError, match="observers, landmarks, 3"):
        inter_observer_errors([[1, 1, 2]])
