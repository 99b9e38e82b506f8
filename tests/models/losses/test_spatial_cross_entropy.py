import math

import pytest
import torch

from mmceph.models.losses import SpatialCrossEntropyLoss


def test_mean_is_taken_over_the_weighted_landmarks_only():
    loss = SpatialCrossEntropyLoss()
    output = torch.zeros(1, 3, 2, 2)
    output[0, 2] = torch.tensor([[9.0, 0.0], [0.0, 0.0]])
    target = torch.ones(1, 3, 2, 2)
    weights = torch.tensor([[1.0, 1.0, 0.0]])
    assert float(loss(output, target, weights)) == pytest.approx(math.log(4))


def test_no_active_landmark_gives_zero_and_keeps_the_graph():
    output = torch.randn(1, 2, 4, 4, requires_grad=True)
    value = SpatialCrossEntropyLoss()(output, torch.rand(1, 2, 4, 4), torch.zeros(1, 2))
    value.backward()
    assert value.item() == 0
    assert torch.equal(output.grad, torch.zeros_like(output))


def test_weight_scales_the_loss():
    output, target = torch.randn(1, 2, 4, 4), torch.rand(1, 2, 4, 4)
    plain = SpatialCrossEntropyLoss(use_target_weight=False)(output, target)
    double = SpatialCrossEntropyLoss(use_target_weight=False, loss_weight=2.0)(output, target)
    assert float(double) == pytest.approx(2 * float(plain))
