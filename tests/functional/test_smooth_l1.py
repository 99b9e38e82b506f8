import pytest
import torch

from mmceph.functional.smooth_l1 import smooth_l1


def test_hand_computed_values():
    output = torch.tensor([0.0, 0.1, -0.2, 1.0])
    # 0.1^2 / 0.4, 0.2^2 / 0.4 at the knee, 1 - 0.1 beyond it
    expected = torch.tensor([0.0, 0.025, 0.1, 0.9])
    torch.testing.assert_close(smooth_l1(output, torch.zeros(4), beta=0.2), expected)
    torch.testing.assert_close(smooth_l1(output, torch.zeros(4), beta=0.0), output.abs())


def test_gradient():
    torch.manual_seed(0)
    output = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda o: smooth_l1(o, torch.zeros_like(o), 0.5), output)


def test_negative_beta_is_refused():
    with pytest.raises(ValueError, match="beta must not be negative"):
        smooth_l1(torch.zeros(1), torch.zeros(1), -1.0)
