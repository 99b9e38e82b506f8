from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mmceph.datasets.transforms import (
    RandomBlur,
    RandomCutOut,
    RandomExposure,
    RandomInversion,
    RandomNoise,
)

POINTS = np.array([[40.3, 50.6], [100.8, 45.2], [70.5, 110.4]], np.float32)


@pytest.fixture
def results(draw: Callable) -> dict[str, Any]:
    image = draw((140, 150), POINTS, 4.0)
    return {"img": image, "transformed_keypoints": POINTS[None].copy()}


@pytest.mark.parametrize(
    ("transform", "tolerance"),
    [
        (RandomExposure(brightness=0.0), 0.02),
        (RandomNoise(sigma=(0.02, 0.02)), 0.3),  # noise moves a centre of gravity by itself
        (RandomBlur(sigma=(1.0, 2.0), prob=1.0), 0.02),
        (RandomInversion(prob=1.0), 0.02),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("channels", [1, 3])
def test_landmarks_stay_where_they_are(
    results: dict, find: Callable, transform: Any, tolerance: float, channels: int
):
    if channels == 3:
        results["img"] = np.dstack([results["img"]] * 3)
    before = results["img"].copy()
    np.random.seed(0)
    changed = transform(results)
    assert changed["img"].shape == before.shape
    assert changed["img"].dtype == np.uint8
    assert (changed["img"] != before).any()
    np.testing.assert_array_equal(changed["transformed_keypoints"][0], POINTS)
    image = changed["img"].astype(float)
    if isinstance(transform, RandomInversion):
        image = 255 - image
    image = image - np.median(image)
    assert np.linalg.norm(find(image, POINTS, 14) - POINTS, axis=1).max() < tolerance


def test_blur_spreads_by_its_sigma():
    image = np.zeros((41, 41), np.uint8)
    image[20, 20] = 255
    out = RandomBlur(sigma=(1.0, 1.0), prob=1.0)({"img": image})["img"]
    assert out[20, 20] == pytest.approx(255 / (2 * np.pi), abs=2)


def test_inversion_undoes_itself(results: dict):
    before = results["img"].copy()
    invert = RandomInversion(prob=1.0)
    np.testing.assert_array_equal(invert(invert(results))["img"], before)


def test_cut_out_covers_rectangles_of_the_size_asked_for():
    image = np.full((100, 200), 50, np.uint8)
    cut = RandomCutOut(count=(1, 1), size=(0.1, 0.1), fill=255, prob=1.0)
    for seed in range(5):
        np.random.seed(seed)
        out = cut({"img": image})["img"]
        rows, columns = np.nonzero(out == 255)
        assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (10, 20)
        assert len(rows) == 200
        assert set(np.unique(out)) == {50, 255}
    assert (image == 50).all()


def test_cut_out_leaves_the_landmarks_in_the_target(results: dict):
    np.random.seed(1)
    out = RandomCutOut(size=(1.0, 1.0), prob=1.0)(results)
    assert len(np.unique(out["img"])) == 1
    np.testing.assert_array_equal(out["transformed_keypoints"][0], POINTS)


@pytest.mark.parametrize("transform", [RandomBlur, RandomInversion, RandomCutOut])
def test_probability_zero_and_numpy_s_seed(results: dict, transform: type):
    before = results["img"].copy()
    np.testing.assert_array_equal(transform(prob=0.0)(results)["img"], before)
    images = []
    for _ in range(2):
        np.random.seed(3)
        images.append(transform(prob=1.0)({"img": before.copy()})["img"])
    np.testing.assert_array_equal(*images)
    with pytest.raises(TypeError, match="8-bit"):
        transform()({"img": np.zeros((2, 2), np.float32)})


@pytest.mark.parametrize(
    ("transform", "arguments"),
    [
        (RandomBlur, {"sigma": (0.0, 1.0)}),
        (RandomBlur, {"sigma": (2.0, 1.0)}),
        (RandomCutOut, {"count": (0, 2)}),
        (RandomCutOut, {"size": (0.5, 1.2)}),
    ],
)
def test_impossible_arguments_are_named(transform: type, arguments: dict):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        transform(**arguments)
