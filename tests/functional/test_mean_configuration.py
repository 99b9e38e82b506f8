from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.mean_configuration import mean_configuration


def test_tracings_are_laid_over_each_other_before_the_mean():
    face = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 8.0]])
    moved = np.stack([face, face + np.array([100.0, -30.0]), face * 2 + np.array([7.0, 7.0])])
    # The mean of scales 1, 1 and 2 about the faces' own centres.
    np.testing.assert_allclose(mean_configuration(moved), (face - face.mean(0)) * 4 / 3, atol=1e-9)


def test_a_missing_point_does_not_pull_the_others():
    face = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 8.0]])
    moved = np.stack([face, face + np.array([100.0, -30.0]), face + np.array([50.0, 10.0])])
    moved[1, 2] = np.nan
    np.testing.assert_allclose(mean_configuration(moved), face - face.mean(0), atol=1e-2)


def test_a_landmark_nowhere_seen_is_nan():
    points = np.array([[[0.0, 0.0], [np.nan, np.nan]], [[2.0, 2.0], [np.nan, np.nan]]])
    np.testing.assert_allclose(mean_configuration(points), [[0.0, 0.0], [np.nan, np.nan]])
    assert np.isnan(mean_configuration(np.full((2, 3, 2), np.nan))).all()


def test_the_shape_is_checked():
    with pytest.raises(ValueError, match=r"\(N, K, 2\)"):
        mean_configuration(np.zeros((3, 2)))
