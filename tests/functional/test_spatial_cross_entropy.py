import math

import pytest
import torch

from mmceph.functional.spatial_cross_entropy import spatial_cross_entropy


def test_uniform_logits_cost_the_logarithm_of_the_number_of_pixels():
    loss = spatial_cross_entropy(torch.zeros(2, 3, 4, 5), torch.rand(2, 3, 4, 5))
    assert torch.allclose(loss, torch.full((2, 3), math.log(20)))


def test_hand_computed_value_and_scale_of_the_target_does_not_matter():
    logits = torch.tensor([[[0.0, math.log(3.0)]]])  # probabilities 1/4 and 3/4
    target = torch.tensor([[[1.0, 1.0]]])
    expected = -(math.log(0.25) + math.log(0.75)) / 2
    assert float(spatial_cross_entropy(logits, target)) == pytest.approx(expected, abs=1e-6)
    assert float(spatial_cross_entropy(logits, 7 * target)) == pytest.approx(expected, abs=1e-6)


def test_empty_target_costs_nothing():
    assert spatial_cross_entropy(torch.randn(1, 3, 3), torch.zeros(1, 3, 3)).tolist() == [0.0]


def test_gradient_is_probability_minus_target():
    logits = torch.randn(1, 4, 4, requires_grad=True)
    target = torch.rand(1, 4, 4)
    spatial_cross_entropy(logits, target).sum().backward()
    share = target / target.sum()
    expected = torch.softmax(logits.detach().flatten(), 0).view(1, 4, 4) - share
    assert torch.allclose(logits.grad, expected, atol=1e-6)


def test_half_precision_logits_stay_finite():
    logits = (torch.randn(1, 200, 160) * 100).half()
    assert torch.isfinite(spatial_cross_entropy(logits, torch.rand(1, 200, 160))).all()
