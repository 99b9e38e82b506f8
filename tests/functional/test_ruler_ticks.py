from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.ruler_ticks import TickRow, fit_period, follow_ticks, sum_columns


def row(places: list[float], numbers: list[float] | None = None) -> TickRow:
    numbers = list(range(len(places))) if numbers is None else numbers
    return TickRow(np.array(numbers, float), np.array(places, float), np.ones(len(places)))


def test_two_rows_share_one_period_and_start_where_they_like():
    found = fit_period([row([1.0, 9.0, 17.0]), row([3.5, 11.5, 27.5], [0, 1, 3])])
    assert found is not None
    assert found.period == pytest.approx(8.0)
    assert found.starts == pytest.approx((1.0, 3.5))
    assert (found.count, found.share) == (6, 1.0)
    assert found.standard_error == pytest.approx(0.0, abs=1e-9)


def test_the_standard_error_is_that_of_a_line_s_slope():
    # Rests +e, -e, -e, +e of four ticks: no slope, variance 4 e^2 / 2, and sum (k - 1.5)^2 = 5.
    e = 0.05
    found = fit_period([row([e, 8 - e, 16 - e, 24 + e])])
    assert found is not None
    assert found.scatter == pytest.approx(np.sqrt(2) * e)
    assert found.standard_error == pytest.approx(np.sqrt(2) * e / np.sqrt(5))


def test_a_tick_out_of_its_place_does_not_count():
    places = [8.0 * k for k in range(9)]
    places[4] += 3.0
    found = fit_period([row(places)])
    assert found is not None
    assert found.period == pytest.approx(8.0)
    assert (found.count, found.share) == (8, pytest.approx(8 / 9))


def test_too_few_ticks():
    assert fit_period([row([0.0, 8.0])]) is None
    assert fit_period([row([0.0, 8.0]), row([0.0, 8.0])]) is None


def test_following_ends_where_the_ticks_end():
    along = np.arange(0.0, 200.0, 0.5, dtype=np.float32)
    profile = np.where((along > 20) & (along < 101), np.cos(2 * np.pi * (along - 4.0) / 8.0), 0.0)
    found = follow_ticks(profile.astype(np.float32), along, 8.2)
    assert len(found.places) == pytest.approx(10, abs=2)
    inner = found.places[2:-2]
    assert inner == pytest.approx(np.rint((inner - 4.0) / 8.0) * 8.0 + 4.0, abs=0.1)


def test_columns_that_show_the_ticks_upside_down_are_left_out():
    along = np.arange(0.0, 80.0, 0.5, dtype=np.float32)
    wave = np.cos(2 * np.pi * along / 8.0)
    flat = np.stack([wave, wave, -0.6 * wave, 0.01 * wave], axis=1).astype(np.float32)
    assert sum_columns(flat, along, 8.0) == pytest.approx(wave, abs=1e-4)
