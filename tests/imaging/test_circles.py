from __future__ import annotations

import numpy as np

from mmceph.imaging.circles import draw_circles

WHITE = (255, 255, 255)


def test_a_ring_lies_at_its_radius_and_leaves_the_middle_alone():
    grey = np.zeros((80, 100), np.uint8)
    drawn = draw_circles(grey, np.array([[50, 40]]), np.array([20.0]), color=WHITE, thickness=1)
    assert drawn.shape == (80, 100, 3)
    assert grey.max() == 0
    y, x = np.nonzero(drawn[..., 0] > 128)
    assert np.abs(np.hypot(x - 50, y - 40) - 20).max() < 1.0
    assert drawn[40, 50].tolist() == [0, 0, 0]


def test_pixels_that_are_not_square_give_an_ellipse():
    picture = np.zeros((80, 100, 3), np.uint8)
    drawn = draw_circles(picture, [[50, 40]], [[30.0, 10.0]], color=WHITE, thickness=1)
    y, x = np.nonzero(drawn[..., 0] > 128)
    assert (x.min(), x.max()) == (20, 80)
    assert (y.min(), y.max()) == (30, 50)


def test_what_is_unknown_is_not_drawn():
    grey = np.zeros((50, 50), np.uint8)
    points = np.array([[25, 25], [np.nan, 10]])
    assert draw_circles(grey, points, np.array([np.nan, 5.0])).max() == 0
