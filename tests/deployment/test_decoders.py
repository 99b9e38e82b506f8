"""Every decoder against its codec, MMPose's own where MMPose is there, on maps of all kinds."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmceph.codecs import SoftArgmaxHeatmap
from mmceph.deployment.decoders import DECODERS, ExportError, make_decoder
from mmceph.functional.heatmap import gaussian_heatmaps
from mmceph.pose import MSRAHeatmap, UDPHeatmap

SIZES = {"input_size": (64, 96), "heatmap_size": (32, 48), "sigma": 2.0}


def bumps(count: int = 40) -> np.ndarray:
    """Noisy Gaussians, some at the very edges and corners; shape (count, 48, 32)."""
    rng = np.random.default_rng(3)
    points = rng.uniform((-0.4, -0.4), (31.4, 47.4), (count, 2)).astype(np.float32)
    corners = [(0, 0), (1, 1), (2, 2), (29, 45), (30, 46), (31, 47), (0, 30), (16, 47)]
    points[: len(corners)] = corners
    maps = gaussian_heatmaps(torch.from_numpy(points), (32, 48), 2.0).numpy()
    return maps + rng.uniform(0, 0.02, maps.shape).astype(np.float32)


def decode_both(codec, maps: np.ndarray):
    """The codec's answer map stack by map stack, and the decoder's for the batch."""
    # MMPose's DARK changes what it is handed.
    wanted = [codec.decode(one.copy()) for one in maps]
    points, scores = make_decoder(codec)(torch.from_numpy(maps))
    return (
        np.stack([found[0][0] for found in wanted]),
        np.stack([found[1][0] for found in wanted]),
        points.numpy(),
        scores.numpy(),
    )


@pytest.mark.parametrize(
    "codec",
    [
        SoftArgmaxHeatmap(**SIZES, radius=4),
        MSRAHeatmap(**SIZES),
        MSRAHeatmap(**SIZES, unbiased=True),
        MSRAHeatmap(**SIZES, unbiased=True, blur_kernel_size=5),  # OpenCV's table of kernels
    ],
    ids=["soft-argmax", "quarter", "dark", "dark, small blur"],
)
def test_points_and_scores_are_the_codecs(codec):
    maps = np.stack([bumps(), bumps()[::-1].copy()])
    points, scores, found, found_scores = decode_both(codec, maps)
    np.testing.assert_allclose(found, points, atol=2e-3)  # input px
    np.testing.assert_allclose(found_scores, scores, atol=1e-6)
    whole = np.round(found / 2)  # a decoder that never refined would give whole heat-map px
    assert np.abs(found / 2 - whole).max() > 0.2


@pytest.mark.fallback
@pytest.mark.parametrize("unbiased", [False, True])
def test_a_map_without_a_positive_value_gives_the_codecs_point(unbiased):
    # MMPose divides by the map's maximum here and gives NaN; the stand-in and the graph do not.
    maps = np.zeros((1, 2, 48, 32), np.float32)
    maps[0, 1, 5, 7] = -1.0
    points, scores, found, found_scores = decode_both(MSRAHeatmap(**SIZES, unbiased=unbiased), maps)
    np.testing.assert_array_equal(found, points)
    np.testing.assert_array_equal(found, np.full((1, 2, 2), -2.0))  # -1 heat-map px
    np.testing.assert_array_equal(found_scores, scores)


def test_quarter_pixel_by_hand():
    maps = torch.zeros(1, 1, 48, 32)
    maps[0, 0, 10, 20], maps[0, 0, 10, 21], maps[0, 0, 9, 20] = 1.0, 0.5, 0.25
    points, scores = make_decoder(MSRAHeatmap(**SIZES))(maps)
    assert points.tolist() == [[[40.5, 19.5]]]  # (20 + 0.25, 10 - 0.25) times 2
    assert scores.tolist() == [[1.0]]


def test_a_codec_that_cannot_be_exported_is_named():
    udp = UDPHeatmap(input_size=(64, 96), heatmap_size=(32, 48))
    with pytest.raises(ExportError, match="the codec UDPHeatmap cannot be exported"):
        make_decoder(udp)


def test_a_codec_of_ones_own_can_be_added(monkeypatch):
    class OwnCodec:
        pass

    monkeypatch.setitem(DECODERS, "OwnCodec", lambda codec: torch.nn.Identity())
    assert isinstance(make_decoder(OwnCodec()), torch.nn.Identity)


def test_an_even_blur_kernel_is_refused():
    codec = SimpleNamespace(unbiased=True, blur_kernel_size=4, scale_factor=np.ones(2))
    with pytest.raises(ExportError, match="must be odd, got 4"):
        DECODERS["MSRAHeatmap"](codec)
