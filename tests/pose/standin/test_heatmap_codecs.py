from __future__ import annotations

import numpy as np
import pytest

from mmceph.pose.standin import MSRAHeatmap, UDPHeatmap

SIZES = {"input_size": (64, 80), "heatmap_size": (16, 20)}
CODECS = [
    (MSRAHeatmap, {"sigma": 2}),
    (MSRAHeatmap, {"sigma": 1.5}),
    (MSRAHeatmap, {"sigma": 2, "unbiased": True}),
    (MSRAHeatmap, {"sigma": 1, "unbiased": True, "blur_kernel_size": 3}),
    (UDPHeatmap, {"sigma": 2}),
    (UDPHeatmap, {"sigma": 1.5, "blur_kernel_size": 7}),
    (UDPHeatmap, {"heatmap_type": "combined", "radius_factor": 0.1, "blur_kernel_size": 3}),
]


def some_points() -> tuple[np.ndarray, np.ndarray]:
    """Inside, on the border, near it on either side, far outside, and one not visible."""
    points = [
        [31.7, 40.2], [12.1, 66.6], [0, 0], [63, 79], [-3, 20], [66, 30], [2.5, 78.9],
        [-200, 10], [30, 500], [20, 20],
    ]  # fmt: skip
    visible = np.ones((1, len(points)), dtype=np.float32)
    visible[0, -1] = 0
    return np.array([points], dtype=np.float32), visible


def mmposes(cls: type):
    import mmpose.codecs

    return getattr(mmpose.codecs, cls.__name__)


def test_msra_encodes_the_nearest_pixel_by_hand():
    codec = MSRAHeatmap(**SIZES, sigma=1)
    encoded = codec.encode(np.array([[[21.0, 40.0], [-40, 0]]]), np.ones((1, 2)))
    maps = encoded["heatmaps"]
    assert maps.shape == (2, 20, 16)
    assert np.unravel_index(maps[0].argmax(), (20, 16)) == (10, 5)  # 21 / 4 = 5.25
    assert maps[0, 10, 5] == 1
    assert maps[0, 10, 6] == pytest.approx(np.exp(-0.5))
    assert maps[0, 10, 9] == 0  # beyond three sigma
    assert encoded["keypoint_weights"].tolist() == [[1, 0]]
    assert not maps[1].any()


def test_msra_moves_a_quarter_pixel_to_the_higher_neighbour():
    heatmap = np.zeros((1, 20, 16), dtype=np.float32)
    heatmap[0, 10, 5], heatmap[0, 10, 6], heatmap[0, 9, 5] = 0.9, 0.5, 0.4
    points, scores = MSRAHeatmap(**SIZES, sigma=1).decode(heatmap)
    np.testing.assert_allclose(points, [[[5.25 * 4, 9.75 * 4]]])
    np.testing.assert_allclose(scores, [[0.9]])


@pytest.mark.parametrize(
    ("codec", "tolerance"),
    [
        (MSRAHeatmap(**SIZES, sigma=2, unbiased=True), 0.1),
        (MSRAHeatmap(**SIZES, sigma=2), 2.1),
        (UDPHeatmap(**SIZES, sigma=2), 0.6),
    ],
)
def test_decoding_undoes_encoding(codec, tolerance: float):
    points = np.array([[[30.3, 41.9], [35.0, 38.0]]], dtype=np.float32)
    found, scores = codec.decode(codec.encode(points)["heatmaps"])
    assert np.abs(found - points).max() < tolerance
    assert scores.shape == (1, 2)


@pytest.mark.parametrize(("cls", "arguments"), CODECS)
def test_a_map_without_a_positive_value_decodes_to_a_finite_point(cls: type, arguments: dict):
    codec = cls(**SIZES, **arguments)
    channels = 3 if arguments.get("heatmap_type") == "combined" else 1
    points, scores = codec.decode(np.zeros((channels, 20, 16), dtype=np.float32))
    assert (points < 0).all()
    assert scores.tolist() == [[0]]


@pytest.mark.mmpose
@pytest.mark.parametrize(("cls", "arguments"), CODECS)
def test_encoding_equals_mmposes(cls: type, arguments: dict):
    points, visible = some_points()
    ours = cls(**SIZES, **arguments)
    theirs = mmposes(cls)(**SIZES, **arguments)
    for weights in (visible, None):
        a, b = ours.encode(points, weights), theirs.encode(points, weights)
        assert a.keys() == b.keys()
        for key, value in b.items():
            assert a[key].dtype == value.dtype
            np.testing.assert_allclose(a[key], value, atol=1e-6, err_msg=key)
    for table in ("label_mapping_table", "field_mapping_table", "instance_mapping_table"):
        assert getattr(ours, table) == getattr(theirs, table)
    assert ours.support_batch_decoding == theirs.support_batch_decoding


@pytest.mark.mmpose
@pytest.mark.parametrize(("cls", "arguments"), CODECS)
def test_decoding_equals_mmposes(cls: type, arguments: dict):
    rng = np.random.default_rng(2)
    points = rng.uniform(0, [64, 80], (1, 40, 2)).astype(np.float32)
    points[0, :4] = [[0, 0], [63, 79], [1, 78], [62, 1]]
    ours = cls(**SIZES, **arguments)
    theirs = mmposes(cls)(**SIZES, **arguments)
    maps = theirs.encode(points)["heatmaps"]
    maps = (maps + rng.normal(0, 0.01, maps.shape)).astype(np.float32)
    before = maps.copy()
    (a_points, a_scores), (b_points, b_scores) = ours.decode(maps), theirs.decode(maps)
    np.testing.assert_array_equal(maps, before)  # decoding leaves its input alone
    np.testing.assert_allclose(a_points, b_points, atol=2e-3)
    np.testing.assert_allclose(a_scores, b_scores, atol=1e-6)
    assert a_points.shape == b_points.shape == (1, 40, 2)


def test_errors():
    with pytest.raises(ValueError, match="heatmap_type"):
        UDPHeatmap(**SIZES, heatmap_type="both")
    with pytest.raises(ValueError, match="one object, got 2"):
        MSRAHeatmap(**SIZES, sigma=2).encode(np.zeros((2, 3, 2)))
    with pytest.raises(ValueError, match="blur_kernel_size must be odd"):
        UDPHeatmap(**SIZES, blur_kernel_size=4).decode(np.ones((1, 20, 16), dtype=np.float32))
