import math

import pytest
import torch

from mmceph.functional.heatmap import gaussian_heatmaps, local_soft_argmax, spatial_softmax


def test_gaussian_has_its_peak_and_its_spread_where_it_should():
    maps = gaussian_heatmaps(torch.tensor([[[3.0, 2.0]]]), size=(8, 6), sigma=2.0)
    assert maps.shape == (1, 1, 6, 8)
    assert maps[0, 0, 2, 3] == 1.0
    assert float(maps[0, 0, 2, 5]) == pytest.approx(math.exp(-0.5))  # 2 px = 1 sigma to the right
    assert float(maps[0, 0, 3, 5]) == pytest.approx(math.exp(-(4 + 1) / 8))


def test_soft_argmax_returns_the_drawn_point_to_a_hundredth_of_a_pixel():
    points = torch.rand(40, 2) * torch.tensor([30.0, 20.0]) + 10
    maps = gaussian_heatmaps(points, size=(50, 40), sigma=1.5)
    found, _ = local_soft_argmax(maps, radius=6)
    assert float((found - points).abs().max()) < 0.01


@pytest.mark.parametrize("edge", ["first", "last"])
@pytest.mark.parametrize("place", [-0.5, 0.0, 0.3, 1.25, 2.0, 3.4, 3.9, 4.5])
def test_soft_argmax_is_not_drawn_inwards_at_the_edges(place, edge):
    size = (12, 20)  # width, height
    x, y = (place, place) if edge == "first" else (size[0] - 1 - place, size[1] - 1 - place)
    maps = gaussian_heatmaps(torch.tensor([[x, y]]), size, sigma=1.5)
    found, _ = local_soft_argmax(maps, radius=4)
    torch.testing.assert_close(found, torch.tensor([[x, y]]), atol=0.02, rtol=0)


def test_soft_argmax_of_a_single_pixel_is_that_pixel():
    for pixel in (0, 1, 3, 7):
        maps = torch.zeros(1, 8, 8)
        maps[0, pixel, 7 - pixel] = 0.7
        assert local_soft_argmax(maps, radius=4)[0].tolist() == [[7 - pixel, pixel]]


def test_soft_argmax_of_an_edge_that_is_even_stays_within_half_a_pixel():
    maps = torch.ones(1, 6, 6)
    assert (local_soft_argmax(maps, radius=2)[0].abs() <= 0.5).all()


def test_soft_argmax_ignores_a_second_maximum_far_away():
    maps = torch.zeros(1, 20, 20)
    maps[0, 5, 5], maps[0, 15, 15] = 1.0, 0.9
    found, mass = local_soft_argmax(maps, radius=3)
    assert found.tolist() == [[5.0, 5.0]]
    assert mass.tolist() == [1.0]


def test_soft_argmax_of_an_empty_map_is_finite_with_score_zero():
    found, mass = local_soft_argmax(torch.zeros(2, 4, 4), radius=1)
    assert torch.isfinite(found).all()
    assert mass.tolist() == [0.0, 0.0]


def test_softmax_sums_to_one_also_for_large_half_precision_logits():
    maps = spatial_softmax(torch.full((1, 2, 8, 8), 60000.0, dtype=torch.float16))
    assert torch.allclose(maps.sum((-2, -1)), torch.ones(1, 2))
