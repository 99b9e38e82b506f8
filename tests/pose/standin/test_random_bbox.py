from __future__ import annotations

import numpy as np
import pytest

from mmceph.pose.standin import GetBBoxCenterScale, RandomBBoxTransform


def boxes(count: int) -> dict:
    return {
        "bbox_center": np.full((count, 2), 50.0, dtype=np.float32),
        "bbox_scale": np.tile(np.float32([100.0, 200.0]), (count, 1)),
    }


def test_amounts_follow_the_cut_off_normal_law():
    np.random.seed(0)
    step = RandomBBoxTransform(
        shift_factor=0.1, shift_prob=1.0, scale_factor=(0.8, 1.4), rotate_factor=30, rotate_prob=0.5
    )
    result = step(boxes(20_000))
    shift = (result["bbox_center"] - 50) / [100, 200] / 0.1
    factor = (result["bbox_scale"][:, 0] / 100 - 1.1) / 0.3
    turn = result["bbox_rotation"] / 30
    spread = 0.5396  # standard deviation of a standard normal cut at one sigma
    for amount in (shift[:, 0], shift[:, 1], factor, turn[turn != 0]):
        assert np.abs(amount).max() <= 1 + 1e-6
        assert amount.mean() == pytest.approx(0, abs=0.02)
        assert amount.std() == pytest.approx(spread, abs=0.01)
    assert (turn == 0).mean() == pytest.approx(0.5, abs=0.02)
    np.testing.assert_allclose(result["bbox_scale"][:, 1], 2 * result["bbox_scale"][:, 0])


def test_nothing_happens_with_probability_zero():
    result = RandomBBoxTransform(shift_prob=0, scale_prob=0, rotate_prob=0)(boxes(3))
    np.testing.assert_array_equal(result["bbox_center"], boxes(3)["bbox_center"])
    np.testing.assert_array_equal(result["bbox_scale"], boxes(3)["bbox_scale"])
    np.testing.assert_array_equal(result["bbox_rotation"], [0, 0, 0])


@pytest.mark.mmpose
def test_equals_mmposes_under_one_seed():
    from mmpose.datasets.transforms import RandomBBoxTransform as Theirs

    for seed in range(5):
        results = []
        for cls in (RandomBBoxTransform, Theirs):
            np.random.seed(seed)
            results.append(cls(scale_factor=(0.7, 1.2))(boxes(2)))
        ours, theirs = results
        assert ours.keys() == theirs.keys()
        for key, value in theirs.items():
            np.testing.assert_allclose(ours[key], value, rtol=1e-6, err_msg=key)


def test_center_and_padded_size_by_hand(sample: dict):
    result = GetBBoxCenterScale(padding=1.25)(sample)
    np.testing.assert_allclose(result["bbox_center"], [[21.5, 29.5]])
    np.testing.assert_allclose(result["bbox_scale"], [[37 * 1.25, 55 * 1.25]])
    with pytest.warns(UserWarning, match="padding=2.0 is applied"):
        again = GetBBoxCenterScale(padding=2.0)(dict(result))
    np.testing.assert_allclose(again["bbox_scale"], [[92.5, 137.5]])


@pytest.mark.mmpose
def test_center_and_size_equal_mmposes(sample: dict):
    from mmpose.datasets.transforms import GetBBoxCenterScale as Theirs

    ours, theirs = GetBBoxCenterScale(1.3)(dict(sample)), Theirs(1.3)(dict(sample))
    for key in ("bbox_center", "bbox_scale"):
        np.testing.assert_array_equal(ours[key], theirs[key])
        assert ours[key].dtype == theirs[key].dtype
