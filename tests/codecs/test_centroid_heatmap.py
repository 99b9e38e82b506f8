from __future__ import annotations

import numpy as np
import pytest

from mmceph.codecs import CentroidHeatmap


def codec(**options: float) -> CentroidHeatmap:
    return CentroidHeatmap((20, 10), (10, 5), sigma=1.0, **options)


def test_the_centroid_of_the_squared_map_by_hand() -> None:
    maps = np.zeros((1, 5, 10), np.float32)
    maps[0, 2, 4], maps[0, 2, 8] = 0.8, 0.4  # squares 0.64 and 0.16: (4 * 4 + 8) / 5 = 4.8
    points, scores = codec().decode(maps)
    assert points[0, 0].tolist() == pytest.approx([9.6, 4.0])
    assert scores.tolist() == [[pytest.approx(0.8)]]


def test_a_low_map_is_read_at_its_maximum() -> None:
    maps = np.full((1, 5, 10), 0.1, np.float32)
    maps[0, 1, 7] = 0.29
    points, scores = codec().decode(maps)
    assert points[0, 0].tolist() == [14.0, 2.0]
    assert scores[0, 0] == pytest.approx(0.29)
    assert codec(min_score=0.2).decode(maps)[0][0, 0].tolist() != [14.0, 2.0]


def test_a_window_is_not_drawn_towards_the_rest_of_the_map() -> None:
    maps = np.zeros((1, 5, 10), np.float32)
    maps[0, 2, 4], maps[0, 2, 8] = 0.8, 0.4
    assert codec(radius=2).decode(maps)[0][0, 0].tolist() == [8.0, 4.0]


def test_an_empty_map_has_a_finite_point_of_score_0() -> None:
    points, scores = codec(min_score=0.0).decode(np.zeros((1, 5, 10), np.float32))
    assert np.isfinite(points).all()
    assert scores.tolist() == [[0.0]]


def test_it_encodes_as_msra() -> None:
    encoded = codec().encode(np.array([[[8.0, 4.0]]], np.float32))
    assert encoded["heatmaps"].shape == (1, 5, 10)
    assert np.unravel_index(encoded["heatmaps"][0].argmax(), (5, 10)) == (2, 4)
