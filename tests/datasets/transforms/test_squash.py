from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from mmceph.datasets.transforms import SquashAffine
from mmceph.imaging.reduce import ReducedImage


def sample(box: tuple[float, float, float, float] = (0, 0, 79, 39)) -> dict[str, Any]:
    left, top, right, bottom = box
    image = np.zeros((40, 80, 3), np.uint8)
    cv2.circle(image, (60, 10), 4, (255, 255, 255), -1)
    return {
        "img": image,
        "img_path": "a.png",
        "bbox_center": np.array([[(left + right) / 2, (top + bottom) / 2]], np.float32),
        "bbox_scale": np.array([[right - left, bottom - top]], np.float32),
        "keypoints": np.array([[[60.0, 10.0]]], np.float32),
        "keypoints_visible": np.ones((1, 1), np.float32),
    }


def back(result: dict[str, Any]) -> np.ndarray:
    """Input px to px of the original, as the estimator does it."""
    size, scale = np.array(result["input_size"]), result["input_scale"]
    return result["transformed_keypoints"][0] / size * scale + result["input_center"] - scale / 2


def test_the_whole_picture_fills_the_input_and_nothing_is_resampled_twice() -> None:
    result = SquashAffine((32, 64))(sample())
    assert result["img"].shape == (64, 32, 3)
    assert result["transformed_keypoints"].tolist() == [[[24.0, 16.0]]]  # 60 * 32/80, 10 * 64/40
    assert result["input_scale"].tolist() == [80.0, 40.0]
    assert result["input_center"].tolist() == [40.0, 20.0]
    rows, columns = np.nonzero(result["img"][..., 0] > 127)
    assert (columns.mean(), rows.mean()) == pytest.approx((24, 16), abs=0.6)


def test_the_picture_given_stays_as_it_was() -> None:
    given = sample()
    result = SquashAffine((32, 64))(dict(given))
    for key in ("keypoints", "bbox_center", "bbox_scale"):
        np.testing.assert_array_equal(result[key], sample()[key])


@pytest.mark.parametrize("turn", [None, 20.0])
def test_points_come_back_from_shifted_and_turned_boxes(turn: float | None) -> None:
    given = sample((10, 4, 74, 38))
    if turn is not None:
        given["bbox_rotation"] = np.array([turn], np.float32)
    result = SquashAffine((64, 64))(given)
    rows, columns = np.nonzero(result["img"][..., 0] > 127)
    np.testing.assert_allclose(
        result["transformed_keypoints"][0, 0], (columns.mean(), rows.mean()), atol=1.0
    )
    if turn is None:
        np.testing.assert_allclose(back(result)[0], (60, 10), atol=1e-3)


def test_a_reduced_picture_is_refused() -> None:
    given = sample()
    given["img"] = ReducedImage(np.zeros((4, 8), np.uint8), (80, 40), 3)
    with pytest.raises(ValueError, match="leave input_size out"):
        SquashAffine((32, 64))(given)
