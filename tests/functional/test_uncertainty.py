from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.uncertainty import (
    conformal_quantile,
    doubt,
    fit_error_scales,
    landmark_error_bounds,
    normal_factor,
    radius_to_sd,
)


def simulated(images: int, seed: int, power: float = 0.5):
    """Errors whose size is a landmark's own times its doubt to a power; three landmarks."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.2, 0.98, (images, 3))
    spread = np.array([1.0, 2.0, 4.0]) * (1 - scores) ** power
    return np.hypot(*rng.normal(0, spread, (2, images, 3))), scores


def test_what_was_put_in_is_learnt():
    errors, scores = simulated(1000, 0)
    found = fit_error_scales(errors, scores)
    assert found.exponent == pytest.approx(0.5, abs=0.1)
    assert found.scale / found.scale[0] == pytest.approx([1, 2, 4], rel=0.1)


def test_scores_that_tell_nothing_get_no_say():
    errors, scores = simulated(1000, 1, power=0.0)
    assert fit_error_scales(errors, scores).exponent < 0.08


@pytest.mark.parametrize("images", [10, 20])
def test_new_errors_are_held_as_often_as_promised(images):
    held = []
    for seed in range(150):
        errors, scores = simulated(images, seed)
        found = fit_error_scales(errors, scores)
        quantile = conformal_quantile(found.ratios, 0.9)
        new, given = simulated(50, 10_000 + seed)
        radii = landmark_error_bounds(given, found.scale, found.exponent, quantile)
        held.append((new <= radii).mean())
    # The standard error of this mean is about 0.3 %.
    assert 0.89 < np.mean(held) < 0.92


def test_missing_landmarks_take_no_part():
    errors, scores = simulated(8, 2)
    errors[3] = np.nan
    errors[:, 2] = np.nan
    found = fit_error_scales(errors, scores)
    assert len(found.ratios) == 14
    # A landmark nobody saw is taken to be as good as the mean of the others.
    ratios = errors[:, :2] / doubt(scores[:, :2]) ** found.exponent
    assert found.scale[2] == pytest.approx(np.nanmean(ratios))


def test_shrinkage_by_hand():
    errors = np.tile([1.0, 3.0], (5, 1))
    found = fit_error_scales(errors, np.full((5, 2), 0.5), shrinkage=5)
    assert found.scale.tolist() == [1.5, 2.5]  # (5 * 1 + 5 * 2) / 10 and (5 * 3 + 5 * 2) / 10
    assert found.exponent == 0.0


def test_conformal_quantile_by_hand():
    assert conformal_quantile([3, 1, 2, 4], 0.5) == 3  # rank ceil(5 * 0.5) = 3
    assert conformal_quantile([3, 1, 2, 4], 0.8) == 4
    with pytest.raises(ValueError, match="4 errors are too few"):
        conformal_quantile([3, 1, 2, 4], 0.9)
    with pytest.raises(ValueError, match="between 0 and 1"):
        conformal_quantile([1.0], 90)


def test_a_perfect_model_has_circles_of_no_size():
    found = fit_error_scales(np.zeros((6, 2)), np.full((6, 2), 0.9))
    assert conformal_quantile(found.ratios, 0.5) == 0.0


def test_what_cannot_be_learnt_is_refused():
    with pytest.raises(ValueError, match=r"must both be \(images, landmarks\)"):
        fit_error_scales(np.ones((6, 2)), np.ones((6, 3)))
    with pytest.raises(ValueError, match="4 images with a valid error"):
        fit_error_scales(np.ones((4, 2)), np.ones((4, 2)))
    with pytest.raises(ValueError, match="not finite"):
        fit_error_scales(np.ones((6, 2)), np.full((6, 2), np.nan))


def test_factors_agree_with_drawn_numbers():
    rng = np.random.default_rng(0)
    lengths = np.hypot(*rng.normal(size=(2, 200_000)))
    assert radius_to_sd(np.quantile(lengths, 0.9), 0.9) == pytest.approx(1.0, abs=0.01)
    inside = np.abs(rng.normal(size=200_000)) <= normal_factor(0.9)
    assert inside.mean() == pytest.approx(0.9, abs=0.005)
