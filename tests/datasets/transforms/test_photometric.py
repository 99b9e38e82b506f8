import numpy as np
import pytest

from mmceph.datasets.transforms.photometric import RandomExposure, RandomNoise


@pytest.fixture
def image() -> np.ndarray:
    return np.tile(np.arange(256, dtype=np.uint8), (4, 1))


def test_exposure_is_monotonous_and_follows_numpy_s_seed(image):
    transform = RandomExposure()
    np.random.seed(3)
    first = transform.transform({"img": image.copy()})["img"]
    np.random.seed(3)
    again = transform.transform({"img": image.copy()})["img"]
    assert first.dtype == np.uint8
    assert (first != image).any()
    assert (np.diff(first[0].astype(int)) >= 0).all()
    np.testing.assert_array_equal(first, again)


def test_exposure_with_neutral_settings_changes_nothing(image):
    neutral = RandomExposure(gamma=(1.0, 1.0), contrast=(1.0, 1.0), brightness=0.0)
    np.testing.assert_array_equal(neutral.transform({"img": image})["img"], image)


def test_gamma_two_by_hand(image):
    squared = RandomExposure(gamma=(2.0, 2.0), contrast=(1.0, 1.0), brightness=0.0)
    assert squared.transform({"img": image})["img"][0, 128] == round(255 * (128 / 255) ** 2)


def test_noise_has_the_strength_asked_for():
    grey = np.full((200, 200), 128, np.uint8)
    noisy = RandomNoise(sigma=(0.04, 0.04)).transform({"img": grey})["img"].astype(float)
    assert abs(noisy.mean() - 128) < 0.5
    assert noisy.std() == pytest.approx(0.04 * 255, rel=0.03)


def test_probability_zero_leaves_the_image_alone(image):
    for transform in (RandomExposure(prob=0.0), RandomNoise(prob=0.0)):
        np.testing.assert_array_equal(transform.transform({"img": image})["img"], image)


def test_float_images_are_refused_with_a_reason():
    with pytest.raises(TypeError, match="to_float32=False"):
        RandomNoise().transform({"img": np.zeros((2, 2), np.float32)})
