import math

import pytest
import torch

from mmceph import pose
from mmceph.registry import MODELS

MAPS, POINTS = (2, 3, 5, 4), (2, 3, 2)
NAMES = ["LandmarkSmoothL1Loss", "LandmarkWingLoss", "LandmarkAdaptiveWingLoss"]


def build(name: str, **arguments) -> torch.nn.Module:
    return MODELS.build({"type": name, **arguments})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [MAPS, POINTS])
def test_invisible_landmarks_leave_the_denominator(name, shape):
    torch.manual_seed(0)
    output, target = torch.rand(shape), torch.rand(shape)
    weights = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    loss = build(name)
    alone = loss(output[weights > 0][None], target[weights > 0][None])
    assert float(loss(output, target, weights)) == pytest.approx(float(alone))
    plain = build(name, use_target_weight=False, loss_weight=2.0)
    assert float(plain(output, target, weights)) == pytest.approx(2 * float(loss(output, target)))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_visible_gives_zero_and_keeps_the_graph(name):
    output = torch.rand(MAPS, requires_grad=True)
    value = build(name)(output, torch.rand(MAPS), torch.zeros(2, 3))
    value.backward()
    assert value == 0
    assert torch.equal(output.grad, torch.zeros(MAPS))


# Under MMPose these are MMPose's own classes, else the stand-ins.
@pytest.mark.parametrize(
    ("name", "arguments", "other", "shape"),
    [
        ("LandmarkSmoothL1Loss", {}, "SmoothL1Loss", POINTS),
        ("LandmarkSmoothL1Loss", {}, "SmoothL1Loss", MAPS),
        ("LandmarkAdaptiveWingLoss", {}, "AdaptiveWingLoss", MAPS),
        ("LandmarkAdaptiveWingLoss", {"omega": 10, "theta": 0.3}, "AdaptiveWingLoss", MAPS),
        ("LandmarkWingLoss", {}, "WingLoss", POINTS),
        ("LandmarkWingLoss", {"omega": 1.0, "epsilon": 0.5}, "WingLoss", POINTS),
    ],
)
def test_values_and_gradients_are_mmposes_where_all_is_visible(name, arguments, other, shape):
    torch.manual_seed(0)
    target = torch.rand(shape)
    ours, theirs = ((target + 2 * torch.randn(shape)).requires_grad_() for _ in range(2))
    theirs.data.copy_(ours.data)
    # MMPose's wing is the sum over an image's coordinates, ours the mean.
    factor = shape[1] * shape[2] if other == "WingLoss" else 1
    mine = build(name, **arguments)(ours, target, torch.ones(shape[:2])) * factor
    yours = getattr(pose, other)(**arguments)(theirs, target)
    mine.backward()
    yours.backward()
    torch.testing.assert_close(mine, yours)
    torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_adaptive_wing_is_finite_on_large_half_precision_maps(dtype):
    maps = (300 * torch.randn(1, 29, 96, 96)).to(dtype).requires_grad_()
    value = build("LandmarkAdaptiveWingLoss")(maps, torch.rand(maps.shape), torch.ones(1, 29))
    value.backward()
    assert math.isfinite(value.item())
    assert torch.isfinite(maps.grad).all()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"type": "LandmarkSmoothL1Loss", "beta": -1}, "beta must not be negative"),
        ({"type": "LandmarkWingLoss", "epsilon": 0}, "must be positive"),
        ({"type": "LandmarkAdaptiveWingLoss", "alpha": 1.5}, "alpha must be at least 2"),
    ],
)
def test_impossible_arguments_are_refused_when_built(config, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(config)


def test_shapes_that_differ_are_named():
    with pytest.raises(ValueError, match=r"\(2, 3, 5, 4\) and target of shape \(2, 3, 2\)"):
        build("LandmarkWingLoss")(torch.zeros(MAPS), torch.zeros(POINTS))
