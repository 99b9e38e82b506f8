from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.error_ellipse import error_ellipse


def test_hand_computed_axes_and_direction():
    # Variances 8/3 and 2/3 along axes turned by 30 degrees; the 95 % quantile is 5.99146.
    cosine, sine = np.cos(np.pi / 6), np.sin(np.pi / 6)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    cross = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]]) @ turn + [3.0, -4.0]
    ellipse = error_ellipse(np.vstack([cross, [np.nan, 1.0]]))
    assert ellipse.n == 4
    assert ellipse.bias == pytest.approx((3.0, -4.0))
    assert ellipse.semi_axes == pytest.approx((np.sqrt(5.99146 * 8 / 3), np.sqrt(5.99146 * 2 / 3)))
    assert ellipse.angle == pytest.approx(30.0)
    outline = ellipse.outline(5) - [3.0, -4.0]
    np.testing.assert_allclose(outline[0], ellipse.semi_axes[0] * np.array([cosine, sine]))
    np.testing.assert_allclose(outline[1], ellipse.semi_axes[1] * np.array([-sine, cosine]))
    np.testing.assert_allclose(outline[0], outline[4], atol=1e-9)


def test_it_holds_its_share_of_a_normal_distribution():
    generator = np.random.default_rng(0)
    vectors = generator.normal(0, 1, (20_000, 2)) @ [[2.0, 0.5], [0.0, 1.0]] + [1.0, 0.0]
    ellipse = error_ellipse(vectors)
    turn = np.radians(ellipse.angle)
    along = (vectors - ellipse.bias) @ np.array([np.cos(turn), np.sin(turn)])
    across = (vectors - ellipse.bias) @ np.array([-np.sin(turn), np.cos(turn)])
    inside = (along / ellipse.semi_axes[0]) ** 2 + (across / ellipse.semi_axes[1]) ** 2 <= 1
    assert inside.mean() == pytest.approx(0.95, abs=0.005)


def test_too_few_and_wrong_input():
    assert error_ellipse([[1.0, 2.0], [3.0, 4.0], [np.nan, 0.0]]) is None
    with pytest.raises(ValueError, match=r"\(N, 2\)"):
        error_ellipse(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="level"):
        error_ellipse(np.zeros((4, 2)), level=1.0)


def test_points_on_a_line_give_a_flat_ellipse():
    ellipse = error_ellipse([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    assert ellipse.semi_axes[1] == pytest.approx(0.0, abs=1e-6)
    assert ellipse.angle == pytest.approx(45.0)
