from __future__ import annotations

import math

import pytest
import torch

from mmceph.pose import standin

MAPS = (2, 6, 5, 4)
POINTS = (3, 5, 2)
HEATMAP_LOSSES = [
    ("KeypointMSELoss", {}),
    ("KeypointMSELoss", {"use_target_weight": True, "loss_weight": 3.0}),
    ("KeypointMSELoss", {"skip_empty_channel": True}),
    ("KeypointOHKMMSELoss", {"topk": 2}),
    ("KeypointOHKMMSELoss", {"topk": 4, "use_target_weight": True, "loss_weight": 0.5}),
    ("CombinedTargetMSELoss", {}),
    ("CombinedTargetMSELoss", {"use_target_weight": True, "loss_weight": 2.0}),
    ("AdaptiveWingLoss", {}),
    ("AdaptiveWingLoss", {"alpha": 2.5, "omega": 10, "epsilon": 2, "theta": 0.3}),
    ("AdaptiveWingLoss", {"use_target_weight": True, "loss_weight": 2.0}),
]
REGRESSION_LOSSES = [
    (name, more)
    for name in ("SmoothL1Loss", "MSELoss", "L1Loss", "WingLoss")
    for more in ({}, {"use_target_weight": True, "loss_weight": 2.0})
] + [("WingLoss", {"omega": 1.0, "epsilon": 0.5}), ("L1Loss", {"reduction": "sum"})]


def mmposes(name: str) -> type:
    from mmpose.models.losses import heatmap_loss, regression_loss

    return getattr(heatmap_loss, name, None) or getattr(regression_loss, name)


def loss_and_gradient(loss, output, *others):
    output = output.clone().requires_grad_()
    value = loss(output, *others)
    value.backward()
    return value.detach(), output.grad


@pytest.mark.mmpose
@pytest.mark.parametrize(("name", "arguments"), HEATMAP_LOSSES)
def test_heatmap_losses_and_gradients_equal_mmposes(name: str, arguments: dict):
    torch.manual_seed(0)
    target = torch.rand(MAPS)
    target[0, 1] = 0
    output = target + torch.randn(MAPS)
    weights = torch.rand(MAPS[0], 2 if name.startswith("Combined") else MAPS[1])
    weights[0, 0] = 0
    ours = loss_and_gradient(getattr(standin, name)(**arguments), output, target, weights)
    theirs = loss_and_gradient(mmposes(name)(**arguments), output, target, weights)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.mmpose
def test_masks_and_pixel_weights_equal_mmposes():
    torch.manual_seed(0)
    output, target, weights = torch.rand(3, *MAPS)
    mask = (torch.rand(MAPS[0], 1, *MAPS[2:]) > 0.5).float()
    ours, theirs = (cls() for cls in (standin.KeypointMSELoss, mmposes("KeypointMSELoss")))
    for extra in ((weights,), (None, mask), (weights[..., 0, 0], mask)):
        torch.testing.assert_close(
            loss_and_gradient(ours, output, target, *extra),
            loss_and_gradient(theirs, output, target, *extra),
        )


@pytest.mark.mmpose
@pytest.mark.parametrize(("name", "arguments"), REGRESSION_LOSSES)
def test_regression_losses_and_gradients_equal_mmposes(name: str, arguments: dict):
    torch.manual_seed(0)
    target, output, weights = torch.rand(POINTS), 3 * torch.randn(POINTS), torch.rand(POINTS)
    ours = loss_and_gradient(getattr(standin, name)(**arguments), output, target, weights)
    theirs = loss_and_gradient(mmposes(name)(**arguments), output, target, weights)
    torch.testing.assert_close(ours, theirs)


def test_heatmap_losses_by_hand():
    output = torch.tensor([[[[1.0, 3.0]], [[2.0, 0.0]]]])
    target = torch.zeros(1, 2, 1, 2)
    weights = torch.tensor([[0.5, 0.0]])
    # squared errors: 1, 9 and 4, 0
    assert standin.KeypointMSELoss()(output, target) == 3.5
    assert standin.KeypointMSELoss()(output, target, weights) == 1.25  # (1 + 9) / 2 / 4
    assert standin.KeypointOHKMMSELoss(topk=1)(output, target, weights) == 5
    weighed = standin.KeypointOHKMMSELoss(use_target_weight=True, topk=1)
    assert weighed(output, target, weights) == 1.25  # (0.25 + 2.25) / 2


def test_adaptive_wing_by_hand():
    loss = standin.AdaptiveWingLoss()
    zero, one = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1)
    assert loss(zero, zero) == 0
    assert loss(zero + 0.25, zero) == pytest.approx(14 * math.log(1 + 0.25**2.1))
    assert loss(one - 0.25, one) == pytest.approx(14 * math.log(1 + 0.25**1.1))
    below, above = loss(zero + 0.4999999, zero), loss(zero + 0.5000001, zero)
    assert below == pytest.approx(float(above), abs=1e-4)  # no step at the knee


def test_regression_losses_by_hand():
    output, target = torch.tensor([[[0.0, 4.0]]]), torch.tensor([[[0.0, 1.0]]])
    assert standin.MSELoss()(output, target) == 4.5
    assert standin.L1Loss()(output, target) == 1.5
    assert standin.SmoothL1Loss()(output, target) == 1.25
    assert standin.WingLoss()(output, target) == pytest.approx(10 * math.log(2.5))
    half = torch.tensor([[0.5]])  # one weight for both coordinates
    assert standin.L1Loss(use_target_weight=True)(output, target, half) == 0.75


def test_errors():
    maps = torch.zeros(MAPS)
    with pytest.raises(ValueError, match="target_weights of shape"):
        standin.KeypointMSELoss()(maps, maps, torch.ones(2, 5))
    with pytest.raises(ValueError, match="mask of shape"):
        standin.KeypointMSELoss()(maps, maps, None, torch.ones(2, 3, 5, 4))
    with pytest.raises(ValueError, match="topk 8 is more than the 6"):
        standin.KeypointOHKMMSELoss()(maps, maps, torch.ones(2, 6))
    with pytest.raises(ValueError, match="needs target_weight"):
        standin.WingLoss(use_target_weight=True)(torch.zeros(POINTS), torch.zeros(POINTS))
    with pytest.raises(ValueError, match="reduction"):
        standin.L1Loss(reduction="median")
