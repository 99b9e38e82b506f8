from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmceph.datasets.transforms import RandomElastic
from mmceph.datasets.transforms.elastic import (
    deform,
    displacement_field,
    move_points,
    pull_points,
)

SIZE = (160, 200)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    width=st.integers(20, 300),
    height=st.integers(20, 300),
    grid=st.integers(2, 9),
    largest=st.floats(0, 60),
)
def test_points_go_there_and_back(seed: int, width: int, height: int, grid: int, largest: float):
    rng = np.random.default_rng(seed)
    field = displacement_field((width, height), grid, largest, rng)
    assert field.shape == (height, width, 2)
    assert np.abs(field).max() <= largest + 1e-3
    points = rng.uniform(-0.1, 1.1, (40, 2)) * (width, height)  # also beyond the edge
    assert np.abs(pull_points(move_points(points, field), field) - points).max() < 0.01
    assert np.abs(move_points(pull_points(points, field), field) - points).max() < 0.01


def test_a_known_shift():
    field = np.zeros((20, 30, 2), np.float32)
    field[...] = (2.5, -1.0)
    # a pixel of the result comes from 2.5 to its right, so a point goes 2.5 to the left
    assert move_points(np.array([[10.0, 10.0]]), field).tolist() == [[7.5, 11.0]]
    assert pull_points(np.array([[7.5, 11.0]]), field).tolist() == [[10.0, 10.0]]


def test_points_are_pulled_between_pixel_centres():
    field = np.zeros((3, 3, 2), np.float32)
    field[1, 2, 0] = 1.0
    assert pull_points(np.array([[1.5, 1.0]]), field).tolist() == [[2.0, 1.0]]
    assert pull_points(np.array([[1.5, 0.5]]), field).tolist() == [[1.75, 0.5]]


def test_the_picture_moves_as_the_points_do(draw: Callable, find: Callable):
    points = np.array([[45.3, 52.7], [110.1, 61.8], [78.4, 120.6], [50.2, 150.9]], np.float32)
    image = draw(SIZE, points, 3.0)
    for seed in range(6):
        np.random.seed(seed)
        results = {
            "img": image,
            "input_size": SIZE,
            "keypoints": points[None] * 5,
            "transformed_keypoints": points[None].copy(),
        }
        out = RandomElastic(amplitude=(0.03, 0.03), grid=4, prob=1.0)(results)
        moved = out["transformed_keypoints"][0]
        assert np.linalg.norm(moved - points, axis=1).max() > 1.0
        assert moved.dtype == np.float32
        np.testing.assert_array_equal(out["keypoints"][0], points * 5)
        # A dot is a few px wide and the field bends within it, hence not 0.01 here.
        assert np.linalg.norm(find(out["img"], moved, 11) - moved, axis=1).max() < 0.25


def test_a_narrow_dot_is_found_where_the_point_went(find: Callable):
    """As above, the field's bend within the dot taken out: from the truth of a fine picture."""
    rng = np.random.default_rng(2)
    field = displacement_field(SIZE, 4, 5.0, rng)
    ramp_x = np.tile(np.arange(SIZE[0], dtype=np.float32), (SIZE[1], 1))
    ramp_y = np.tile(np.arange(SIZE[1], dtype=np.float32)[:, None], (1, SIZE[0]))
    # In pictures that hold their own coordinates, the grey value at a moved point is its source.
    points = rng.uniform(25, 130, (50, 2))
    moved = move_points(points, field)
    for axis, ramp in enumerate((ramp_x, ramp_y)):
        out = deform(ramp, field)
        low = np.floor(moved).astype(int)
        fx, fy = (moved - low).T
        x, y = low.T
        above = out[y, x] * (1 - fx) + out[y, x + 1] * fx
        below = out[y + 1, x] * (1 - fx) + out[y + 1, x + 1] * fx
        # OpenCV looks pixels up in steps of 1/32 px
        assert np.abs(above * (1 - fy) + below * fy - points[:, axis]).max() < 0.02


def test_it_stands_after_the_warp_and_minds_missing_points():
    image = np.zeros((20, 20), np.uint8)
    with pytest.raises(ValueError, match=r"after .*TopdownAffine"):
        RandomElastic()({"img": image})
    results = {"img": image, "input_size": (20, 20), "transformed_keypoints": np.zeros([])}
    assert RandomElastic(prob=1.0)(results)["transformed_keypoints"].shape == ()


@pytest.mark.parametrize("arguments", [{"amplitude": (0.2, 0.1)}, {"grid": 1}])
def test_impossible_arguments_are_named(arguments: dict):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        RandomElastic(**arguments)
