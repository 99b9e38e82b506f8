from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.ruler_search import RulerSearch, find_frequency


def picture(period: float, width: float) -> np.ndarray:
    """Dark bars of a width, ``period`` px apart, across a bright picture."""
    y = np.arange(400, dtype=np.float64)[:, None] - 300.0
    away = np.abs(y - np.rint(y / period) * period)
    return np.tile(200.0 - 120.0 * np.clip(0.5 * width - away + 0.5, 0, 1), (1, 200))


@pytest.mark.parametrize(
    ("period", "width", "between"),
    [
        (8.0, 3.0, 10.0),
        (16.0, 6.0, 5.0),
        (40.0, 8.0, 2.0),  # narrow: its second overtone is nearly as strong
        (40.0, 20.0, 2.0),
    ],
)
def test_the_number_of_ticks_between_the_marks(period, width, between):
    p1, p2 = (100.0, 300.0), (100.0, 220.0)
    search = RulerSearch.of(picture(period, width), p1, p2)
    frequency, power = find_frequency(search, [search.cut(p1, 0.0, (-0.3, 3.0))])
    assert frequency == pytest.approx(between, rel=0.02)
    assert power > 0.3


def test_a_lean_is_positive_to_the_right():
    search = RulerSearch.of(np.ones((50, 50)), (10.0, 40.0), (20.0, 30.0))
    assert search.lean == pytest.approx(45.0)
    assert search.length == pytest.approx(10.0 * np.sqrt(2))
    strip = search.cut((10.0, 40.0), 45.0, (0.0, 1.0))
    assert strip.point(np.sqrt(2)) == pytest.approx((11.0, 39.0))


def test_a_strip_ends_at_the_picture_s_border():
    search = RulerSearch.of(np.ones((50, 50)), (25.0, 40.0), (25.0, 30.0))
    strip = search.cut((25.0, 40.0), 0.0, (-5.0, 10.0))
    assert strip.along.min() == pytest.approx(-9.0)
    assert strip.along.max() == pytest.approx(40.0)
