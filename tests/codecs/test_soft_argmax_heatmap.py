import numpy as np
import pytest
import torch

from mmceph.codecs import SoftArgmaxHeatmap


@pytest.fixture
def codec() -> SoftArgmaxHeatmap:
    return SoftArgmaxHeatmap(input_size=(80, 64), heatmap_size=(40, 32), sigma=1.5, radius=5)


def test_points_come_back_where_they_were(codec):
    points = np.random.default_rng(0).uniform((12, 12), (66, 50), (1, 9, 2)).astype(np.float32)
    encoded = codec.encode(points)
    maps = codec.draw(torch.from_numpy(encoded["keypoint_labels"]))
    decoded, scores = codec.batch_decode(maps)
    assert decoded[0].shape == (1, 9, 2)
    assert scores[0].shape == (1, 9)
    np.testing.assert_allclose(decoded[0], points, atol=0.05)


def test_one_image_decodes_as_in_a_batch(codec):
    maps = torch.rand(2, 3, 32, 40)
    batch_points, batch_scores = codec.batch_decode(maps)
    points, scores = codec.decode(maps[1].numpy())
    np.testing.assert_array_equal(points, batch_points[1])
    np.testing.assert_array_equal(scores, batch_scores[1])


def test_points_outside_and_invisible_points_have_no_weight(codec):
    points = np.array([[[10, 10], [-2, 10], [79, 63], [85, 10], [10, 10]]], dtype=np.float32)
    visible = np.array([[1, 1, 1, 1, 0]], dtype=np.float32)
    assert codec.encode(points, visible)["keypoint_weights"].tolist() == [[1, 0, 1, 0, 0]]


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="sigma must be > 0"):
        SoftArgmaxHeatmap(input_size=(8, 8), heatmap_size=(4, 4), sigma=0)
