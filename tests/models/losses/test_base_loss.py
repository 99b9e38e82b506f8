import pytest
import torch
from torch import nn

from mmceph.errors import MmcephError
from mmceph.models.losses.base_loss import BaseLoss
from mmceph.registry import MODELS


def make(name: str, **arguments) -> BaseLoss:
    return BaseLoss(MODELS.build({"type": name, **arguments}))


@pytest.mark.parametrize(
    ("name", "arguments", "factor"),
    [
        ("KeypointMSELoss", {}, 1.0),
        ("AdaptiveWingLoss", {}, 1.0),
        ("SpatialCrossEntropyLoss", {}, 1.0),
        ("L1Loss", {}, 1.0),
        ("L1Loss", {"reduction": "sum"}, 4 * 3 / 5),
    ],
)
def test_the_factor_of_a_batch_on_heatmaps(name, arguments, factor):
    points = torch.rand(5, 1, 8, 6)  # five visible points of four images of three landmarks
    assert make(name, **arguments).scale(points, 4, 3) == pytest.approx(factor)


@pytest.mark.parametrize(("name", "factor"), [("WingLoss", 3.0), ("SmoothL1Loss", 1.0)])
def test_the_factor_of_a_batch_on_coordinates(name, factor):
    loss = make(name, use_target_weight=True)
    assert loss.scale(torch.rand(5, 1, 2), 4, 3) == factor


def test_a_loss_without_weights_is_called_without():
    loss = BaseLoss(nn.MSELoss())
    assert loss(torch.ones(1, 1, 2), torch.zeros(1, 1, 2), torch.ones(1, 1)) == 1


def test_losses_that_cannot_be_taken_apart_are_named():
    class RootMeanSquare(nn.Module):
        def forward(self, output, target):
            return ((output - target) ** 2).sum().sqrt()

    with pytest.raises(MmcephError, match="RootMeanSquare is no sum or mean over landmarks"):
        BaseLoss(RootMeanSquare()).scale(torch.rand(5, 1, 8, 6), 4, 3)
    with pytest.raises(MmcephError, match="L1Loss must give one number"):
        make("L1Loss", reduction="none")(*torch.rand(2, 2, 3, 2), torch.ones(2, 3))
