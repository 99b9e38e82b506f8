from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.geometry import (
    angle,
    distance,
    line_distance,
    projection,
    signed_angle,
    turn_angle,
)

MIRROR = np.array([-1.0, 1.0])


def test_angles_by_hand_are_never_folded():
    directions = [[1, 0], [1, 1], [0, -2], [-1, 1], [-5, 0]]
    assert angle([1.0, 0.0], directions) == pytest.approx([0, 45, 90, 135, 180])
    assert angle([3, 4], [4, 3]) == pytest.approx(np.degrees(np.arccos(24 / 25)))


def test_signed_angle_is_positive_clockwise_on_a_screen():
    directions = [[0, 1], [0, -1], [-1, 1e-9]]
    assert signed_angle([1, 0], directions) == pytest.approx([90, -90, 180])


def test_tiny_angles_keep_their_digits():
    # arccos of the normalised dot product would give 0 here.
    assert angle([1.0, 0.0], [1.0, 1e-9]) == pytest.approx(np.degrees(1e-9))


@pytest.mark.parametrize("flip", [1.0, MIRROR])
def test_turn_angle_takes_its_sign_from_a_point(flip):
    down, up = np.array([3.0, 3.0]) * flip, np.array([3.0, -3.0]) * flip
    base, below = np.array([2.0, 0.0]) * flip, np.array([-7.0, 5.0]) * flip
    origin = np.array([1.0, 1.0]) * flip
    assert turn_angle(base, [down, up], below, origin) == pytest.approx([45, -45])


@pytest.mark.parametrize("flip", [1.0, MIRROR])
def test_distance_from_a_line_by_hand(flip):
    # The line 3x + 4y = 0, seen from a point behind it; (3, 4) lies 25 / 5 = 5 in front.
    start, end = np.array([-4.0, 3.0]) * flip, np.array([4.0, -3.0]) * flip
    points = np.array([[3.0, 4.0], [-3.0, -4.0], [8.0, -6.0]]) * flip
    behind = np.array([-1.0, -9.0]) * flip
    assert line_distance(points, start, end, behind) == pytest.approx([5, -5, 0])
    assert line_distance(points, end, start, behind) == pytest.approx([5, -5, 0])


def test_projection_and_distance_by_hand():
    assert projection([3.0, 4.0], [[2, 0], [0, -7], [1, 1]]) == pytest.approx([3, -4, 7 / 2**0.5])
    assert distance([1.0, 1.0], [[4, 5], [1, 1]]) == pytest.approx([5, 0])


def test_what_has_no_direction_or_no_side_is_nan():
    assert np.isnan(angle([0.0, 0.0], [1.0, 0.0]))
    assert np.isnan(projection([1.0, 0.0], [0.0, 1e-12]))
    assert np.isnan(line_distance([1, 2], [5, 5], [5, 5], [0, 0]))
    assert np.isnan(line_distance([1, 2], [0, 0], [0, 1], behind=[0, -3]))
    assert np.isnan(turn_angle([1, 0], [1, 1], towards=[9, 0], origin=[0, 0]))


def test_missing_points_only_take_their_own_values():
    found = angle([[1.0, 0.0], [np.nan, 0.0]], [[0.0, 1.0], [0.0, 1.0]])
    assert found == pytest.approx([90, np.nan], nan_ok=True)


def test_shapes_broadcast():
    many = np.ones((4, 3, 2)) * [1.0, 0.0]
    assert angle(many, [0.0, 1.0]).shape == (4, 3)
    assert line_distance(many, [0.0, 0.0], [0.0, 1.0], [-1.0, 0.0]).tolist() == [[1.0] * 3] * 4
