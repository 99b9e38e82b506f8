from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from mmceph.functional import bootstrap
from mmceph.functional.bootstrap import bootstrap_interval, bootstrap_intervals, paired_difference


def test_agrees_with_all_possible_resamples():
    values = np.array([1.0, 2.0, 4.0])
    every = [values[list(draw)].mean() for draw in product(range(3), repeat=3)]  # all 27
    low, high = bootstrap_interval(values[:, None], resamples=40_000, level=0.8)
    assert low == pytest.approx(np.percentile(every, 10))
    assert high == pytest.approx(np.percentile(every, 90))


def test_images_are_resampled_whole():
    # Within an image all errors are equal: resampling landmarks would give a narrower interval.
    errors = np.repeat(np.arange(20.0)[:, None], 50, axis=1)
    pooled = bootstrap_interval(errors)
    assert pooled == pytest.approx(bootstrap_interval(np.arange(20.0)[:, None]))


def test_an_image_weighs_by_its_valid_landmarks():
    errors = [[1.0, 1.0, 1.0], [5.0, np.nan, np.nan]]
    low, high = bootstrap_interval(errors, resamples=4000)
    assert (low, high) == (1.0, 5.0)  # the extremes: only one of the two images drawn


def test_seed_decides():
    errors = np.random.default_rng(1).gamma(2.0, size=(30, 4))
    assert bootstrap_interval(errors, seed=3) == bootstrap_interval(errors, seed=3)
    assert bootstrap_interval(errors, seed=3) != bootstrap_interval(errors, seed=4)


def test_chunks_change_nothing(monkeypatch):
    errors = np.random.default_rng(1).gamma(2.0, size=(11, 2))
    whole = bootstrap_interval(errors, resamples=1000)
    monkeypatch.setattr(bootstrap, "_CHUNK", 50)
    assert bootstrap_interval(errors, resamples=1000) == whole


def test_one_image_gives_no_interval():
    assert np.isnan(bootstrap_interval([[1.0, 2.0, 3.0]])).all()
    ends = bootstrap_intervals([[1.0, np.nan], [2.0, 7.0]], resamples=200)
    assert ends[0].tolist() == [1.0, 2.0]
    assert np.isnan(ends[1]).all()


def test_coverage_of_a_known_mean():
    generator = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        low, high = bootstrap_interval(
            generator.normal(2.0, 1.0, size=(40, 1)), resamples=500, seed=trial
        )
        hits += low <= 2.0 <= high
    assert 180 <= hits <= 198  # 95 % of 200, a little less for the percentile method


def test_paired_difference_uses_what_both_have():
    change = paired_difference([[2.0, 9.0], [4.0, 1.0]], [[1.0, np.nan], [3.0, 1.0]])
    assert change.n == 3
    assert change.before == pytest.approx(7 / 3)
    assert change.after == pytest.approx(5 / 3)
    assert change.difference == pytest.approx(-2 / 3)
    assert change.low <= change.difference <= change.high


def test_paired_interval_is_narrower_than_the_spread_of_images():
    before = np.random.default_rng(2).gamma(2.0, size=(50, 1))
    change = paired_difference(before, before - 0.1)
    assert change.low == pytest.approx(-0.1)
    assert change.high == pytest.approx(-0.1)


def test_nothing_in_common():
    change = paired_difference([[np.nan]], [[1.0]])
    assert change.n == 0
    assert np.isnan(change.difference)


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="images, landmarks"):
        bootstrap_interval([1.0, 2.0])
    with pytest.raises(ValueError, match="level"):
        bootstrap_interval([[1.0], [2.0]], level=95)
    with pytest.raises(ValueError, match="before and after"):
        paired_difference([[1.0]], [[1.0, 2.0]])
