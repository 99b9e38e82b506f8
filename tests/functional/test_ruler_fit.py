from __future__ import annotations

import math

import numpy as np
import pytest

from mmceph.functional.ruler_fit import fit_ticks
from mmceph.functional.ruler_search import RulerSearch

P1, P2 = (60.0, 300.0), (60.0, 220.0)  # 80 px: ticks of 1 mm are 8 px apart


def stripes(period: float, top: float = 0.0, depth: float = 60.0) -> np.ndarray:
    """(340, 120) with a vertical plate of ticks (cosines) from the bottom up to row ``top``."""
    rows = np.arange(340.0)
    grey = np.full((340, 120), 80.0)
    ticks = 160.0 + depth * np.cos(2 * np.pi * (rows - P1[1]) / period)
    grey[:, 40:80] = np.where(rows > top, ticks, 80.0)[:, None]
    return np.clip(grey + np.random.default_rng(0).normal(0, 2.0, grey.shape), 0, 255)


def fit(grey: np.ndarray, frequency: float, degrees: tuple[float, ...] = (0.0, 0.0)):
    return fit_ticks(RulerSearch.of(grey, P1, P2), P1, P2, list(degrees), frequency)


@pytest.mark.parametrize("period", [8.0, 8.2])
def test_one_period_on_both_parts(period):
    found = fit(stripes(period), 80.0 / period)
    assert (found.reason, found.tick_mm, len(found.strips)) == (None, 1.0, 2)
    assert found.fit is not None
    assert found.fit.period == pytest.approx(period, rel=0.001)
    assert found.uncertainty == found.fit.standard_error / found.fit.period < 0.001


def test_a_rough_expectation_of_the_frequency_is_enough():
    found = fit(stripes(8.0), 10.0 * 1.02)
    assert found.fit is not None
    assert found.fit.period == pytest.approx(8.0, rel=0.001)


def test_a_part_without_ticks_leaves_the_other_to_speak():
    found = fit(stripes(8.0, top=222.0), 10.0)  # nothing above P2
    assert found.reason is None
    assert [strip.origin for strip in found.strips] == [P1]
    assert found.fit is not None
    assert found.fit.period == pytest.approx(8.0, rel=0.003)


def test_noise_is_no_scale():
    found = fit(stripes(8.0, depth=0.0), 10.0)
    assert found.reason is not None
    assert found.uncertainty == math.inf
