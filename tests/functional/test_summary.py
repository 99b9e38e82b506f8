from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.summary import image_means, sd_between_images, summarise


def test_hand_computed_figures():
    summary = summarise([2.0, 4.0, 4.0, 6.0])
    assert summary.n == 4
    assert summary.mean == 4.0
    assert summary.sd == pytest.approx(np.sqrt(8 / 3))  # sample SD: 8 / (4 - 1)
    assert summary.median == 4.0
    assert summary.p95 == pytest.approx(5.7)  # between 4 and 6 at position 2.85


def test_pooled_mean_weighs_landmarks_not_images():
    errors = [[1.0, 1.0, 1.0], [5.0, np.nan, np.nan]]
    assert summarise(errors).mean == 2.0  # the mean of image means would be 3
    np.testing.assert_array_equal(image_means(errors), [1.0, 5.0])


def test_too_few_values_give_nan():
    assert summarise([]).n == 0
    assert np.isnan(summarise([np.nan]).mean)
    assert summarise([3.0]).mean == 3.0
    assert np.isnan(summarise([3.0]).sd)


def test_sd_between_images_is_that_of_image_means():
    errors = [[1.0, 3.0], [4.0, 4.0], [np.nan, np.nan]]
    assert sd_between_images(errors) == pytest.approx(np.sqrt(2.0))  # means 2 and 4
    assert np.isnan(image_means(errors)[2])
