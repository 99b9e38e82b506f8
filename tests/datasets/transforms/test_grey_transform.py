from __future__ import annotations

import numpy as np
import pytest

from mmceph.datasets.transforms.grey_transform import GreyTransform


class Brighter(GreyTransform):
    """Adds a number that it draws."""

    def change(self, img, rng):
        return img + np.uint8(rng.integers(1, 100))


def run(prob: float, times: int = 200) -> np.ndarray:
    np.random.seed(0)
    transform = Brighter(prob)
    zero = np.zeros((2, 3), np.uint8)
    return np.array([transform.transform({"img": zero})["img"][0, 0] for _ in range(times)])


def test_a_share_of_the_pictures_is_changed():
    assert (run(0.0) == 0).all()
    assert (run(1.0) > 0).all()
    assert 0.3 < (run(0.4) > 0).mean() < 0.5


def test_numpys_seed_decides_what_is_drawn():
    np.testing.assert_array_equal(run(0.5), run(0.5))
    assert len(np.unique(run(1.0))) > 50


def test_the_given_picture_and_other_entries_stay():
    given = {"img": np.zeros((2, 3), np.uint8), "keypoints": "as they were"}
    before = given["img"]
    assert Brighter(1.0).transform(given)["keypoints"] == "as they were"
    assert not before.any()


def test_other_than_8_bits_is_refused():
    with pytest.raises(TypeError, match="Brighter works on 8-bit images, got float32"):
        Brighter(0.0).transform({"img": np.zeros((2, 3), np.float32)})
