import math

import pytest
import torch

from mmceph.functional.adaptive_wing import adaptive_wing


def value(output: float, target: float, **arguments) -> float:
    maps = (torch.tensor(v, dtype=torch.float64) for v in (output, target))
    return float(adaptive_wing(*maps, **arguments))


def test_hand_computed_curve():
    assert value(0.3, 0.3) == 0
    assert value(0.25, 0.0) == pytest.approx(14 * math.log(1 + 0.25**2.1))
    assert value(0.75, 1.0) == pytest.approx(14 * math.log(1 + 0.25**1.1))
    assert value(0.2, 0.0, omega=10, epsilon=0.5) == pytest.approx(10 * math.log(1 + 0.4**2.1))


def test_hand_computed_line():
    # At a target of 0 the knee lies at 0.5^2.1; the line goes on with the curve's slope there.
    knee = 0.5**2.1
    slope = 14 / (1 + knee) * 2.1 * 0.5**1.1
    at_knee = 14 * math.log(1 + knee)
    assert value(0.5, 0.0) == pytest.approx(at_knee)
    assert value(3.0, 0.0) == pytest.approx(at_knee + 2.5 * slope)
    assert value(-3.0, 0.0) == pytest.approx(at_knee + 2.5 * slope)


def test_gradient():
    torch.manual_seed(0)
    target = torch.rand(4, 5, dtype=torch.float64)
    target[0] = torch.tensor([0.0, 1.0, 1.0, 0.0, 0.5])
    output = (target + torch.randn(4, 5, dtype=torch.float64)).requires_grad_()
    assert ((output - target).abs() > 0.5).any()
    assert ((output - target).abs() < 0.5).any()
    assert torch.autograd.gradcheck(lambda o: adaptive_wing(o, target), output)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_finite(dtype):
    target = torch.tensor([0.0, 0.0, 1.0, 1.0, 0.5, 0.0, 1.0], dtype=dtype)
    output = torch.tensor([0.0, 6e4, 1.0, -6e4, 0.5, 6e-8, 0.9995], dtype=dtype).requires_grad_()
    loss = adaptive_wing(output, target)
    loss.sum().backward()
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss).all()
    assert torch.isfinite(output.grad).all()
    assert output.grad[[0, 2, 4]].tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_values_are_those_of_single(dtype):
    torch.manual_seed(0)
    output, target = torch.randn(50).to(dtype), torch.rand(50).to(dtype)
    expected = adaptive_wing(output.float(), target.float())
    assert torch.equal(adaptive_wing(output, target), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 1.9}, "alpha must be at least 2, got 1.9"),
        ({"omega": 0}, "omega must be positive"),
        ({"epsilon": -1}, "epsilon must be positive"),
        ({"theta": math.nan}, "theta must be positive"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        value(0.0, 0.0, **arguments)
