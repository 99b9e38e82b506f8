import pytest
import torch

from mmceph.functional.weighted_mean import at_least_single, weighted_mean


def test_what_has_no_weight_leaves_the_denominator():
    loss = torch.tensor([[[1.0, 3.0], [5.0, 7.0], [90.0, 90.0]]])  # one image, three points
    assert weighted_mean(loss, torch.tensor([[1.0, 1.0, 0.0]])) == 4.0
    assert weighted_mean(loss, torch.tensor([[3.0, 1.0, 0.0]])) == 3.0  # (3 * 2 + 6) / 4
    assert weighted_mean(loss[:, :2]) == 4.0
    one_axis = torch.tensor([[[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]])
    assert weighted_mean(loss, one_axis) == 3.0  # (1 + 5) / 2
    assert weighted_mean(loss, one_axis[..., :1]) == 4.0


def test_nothing_with_a_weight_gives_zero_and_keeps_the_graph():
    loss = torch.rand(1, 2, 3, requires_grad=True)
    value = weighted_mean(loss, torch.zeros(1, 2))
    value.backward()
    assert value == 0
    assert torch.equal(loss.grad, torch.zeros(1, 2, 3))


@pytest.mark.parametrize("shape", [(2,), (3, 2), (2, 1), (2, 3, 2), (2, 3, 4, 1)])
def test_weights_that_do_not_fit_are_named(shape):
    with pytest.raises(ValueError, match="weights of shape"):
        weighted_mean(torch.zeros(2, 3, 4), torch.ones(shape))


def test_half_precision_is_summed_in_single():
    assert at_least_single(torch.zeros(1, dtype=torch.float16)).dtype == torch.float32
    assert at_least_single(torch.zeros(1, dtype=torch.float64)).dtype == torch.float64
    ones = torch.ones(1, 1, 400, 400)
    assert weighted_mean(ones, torch.ones(1, 1, dtype=torch.float16)) == 1.0
