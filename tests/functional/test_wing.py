import math

import pytest
import torch

from mmceph.functional.wing import wing


def test_hand_computed_values():
    output = torch.tensor([0.0, 2.0, -10.0, 13.0])
    knee = 10 * math.log(6)
    expected = torch.tensor([0.0, 10 * math.log(2), knee, knee + 3])
    torch.testing.assert_close(wing(output, torch.zeros(4)), expected)


def test_gradient_and_its_limits():
    torch.manual_seed(0)
    output = 3 * torch.randn(20, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda o: wing(o, torch.zeros_like(o), 2.0, 0.5), output.requires_grad_()
    )
    far = torch.tensor([60000.0], dtype=torch.float16, requires_grad=True)
    wing(far, -far.detach()).sum().backward()
    assert far.grad == 1


@pytest.mark.parametrize(("omega", "epsilon"), [(0, 1), (1, 0), (math.inf, 1), (1, math.nan)])
def test_impossible_arguments_are_refused(omega, epsilon):
    with pytest.raises(ValueError, match="must be positive"):
        wing(torch.zeros(1), torch.zeros(1), omega, epsilon)
