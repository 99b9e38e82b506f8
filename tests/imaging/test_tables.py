from __future__ import annotations

import numpy as np
import pytest

from mmceph.imaging.tables import count_values, look_up, weighted_percentiles


def test_values_are_counted_and_looked_up_over_more_than_one_strip():
    pixels = np.random.default_rng(0).integers(-5, 300, (1100, 1000)).astype(np.int16)
    counts = count_values(pixels, -5, 305)
    np.testing.assert_array_equal(counts, np.bincount(pixels.ravel() + 5, minlength=305))
    table = np.arange(305, dtype=np.uint16)[::-1].copy()
    found = look_up(pixels, table, -5)
    assert (found.shape, found.dtype) == (pixels.shape, np.uint16)
    np.testing.assert_array_equal(found, 299 - pixels)


def test_percentiles_are_those_of_the_pixels():
    pixels = np.random.default_rng(1).normal(100, 20, 5000).astype(np.int64)
    counts = count_values(pixels, int(pixels.min()), int(np.ptp(pixels)) + 1)
    values = np.arange(counts.size) + pixels.min()
    expected = np.percentile(pixels, (0.5, 99.5), method="inverted_cdf")
    assert weighted_percentiles(values, counts, (0.5, 99.5)) == tuple(expected)
    # In any order of the values, as a falling transform gives them.
    assert weighted_percentiles(values[::-1], counts[::-1], (0.5, 99.5)) == tuple(expected)
    with pytest.raises(ValueError, match="two rising percentiles"):
        weighted_percentiles(values, counts, (50, 50))
