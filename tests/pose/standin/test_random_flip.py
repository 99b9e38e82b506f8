from __future__ import annotations

import copy

import numpy as np
import pytest

from mmceph.pose.standin import RandomFlip


def test_horizontal_flip_by_hand(sample: dict):
    sample["img_shape"] = (60, 48)
    before = copy.deepcopy(sample)
    after = RandomFlip(prob=1.0)(sample)
    assert after["flip"] is True
    assert after["flip_direction"] == "horizontal"
    np.testing.assert_array_equal(after["img"], before["img"][:, ::-1])
    np.testing.assert_array_equal(after["bbox"], [[7, 2, 44, 57]])  # 47 - 40, 47 - 3
    old, new = before["keypoints"][0], after["keypoints"][0]
    np.testing.assert_allclose(new[1], [47 - old[2, 0], old[2, 1]])  # left <-> right
    np.testing.assert_allclose(new[0], [47 - old[0, 0], old[0, 1]])
    np.testing.assert_array_equal(after["keypoints_visible"], [[1, 0, 1, 1]])


def test_no_flip(sample: dict):
    after = RandomFlip(prob=0.0)(sample)
    assert after["flip"] is False
    assert after["flip_direction"] is None


@pytest.mark.mmpose
@pytest.mark.parametrize(
    ("prob", "direction"),
    [
        (1.0, "horizontal"),
        (1.0, "vertical"),
        (1.0, "diagonal"),
        (0.5, ["horizontal", "vertical"]),
        ([0.2, 0.7], ["diagonal", "horizontal"]),
    ],
)
def test_equals_mmposes_under_one_seed(sample: dict, prob, direction):
    from mmpose.datasets.transforms import RandomFlip as Theirs

    sample["img_shape"] = (60, 48)
    sample["bbox_center"] = np.array([[20.0, 30.0]], dtype=np.float32)
    for seed in range(6):
        results = []
        for cls in (RandomFlip, Theirs):
            np.random.seed(seed)
            results.append(cls(prob, direction)(copy.deepcopy(sample)))
        ours, theirs = results
        assert ours.keys() == theirs.keys()
        for key, value in theirs.items():
            if isinstance(value, np.ndarray):
                np.testing.assert_allclose(ours[key], value, err_msg=key)
        assert (ours["flip"], ours["flip_direction"]) == (theirs["flip"], theirs["flip_direction"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"direction": "sideways"}, "'sideways' is none of"),
        ({"prob": 1.5}, "prob must lie in 0..1"),
        ({"prob": [0.5], "direction": ["horizontal", "vertical"]}, "1 prob for 2 directions"),
    ],
)
def test_errors(arguments: dict, message: str):
    with pytest.raises(ValueError, match=message):
        RandomFlip(**arguments)


def test_flipping_after_the_crop_is_refused(sample: dict):
    with pytest.raises(ValueError, match="before TopdownAffine"):
        RandomFlip(1.0)({**sample, "input_size": (32, 40)})
