import pytest
import torch

from mmceph.models.heads import CropRefineHead
from mmceph.registry import MODELS


def test_maps_have_half_the_size_and_the_landmarks_own_channel():
    torch.manual_seed(0)
    head = CropRefineHead(3, crop_size=32, channels=4).eval()
    crops = torch.rand(4, 1, 32, 32) * 255
    maps = head(crops, torch.tensor([0, 1, 2, 0]))
    assert maps.shape == (4, 1, 16, 16)
    swapped = head(crops, torch.tensor([1, 1, 2, 0]))
    assert not torch.equal(maps[0], swapped[0])
    assert torch.allclose(maps[1:], swapped[1:])


def test_exposure_does_not_matter():
    torch.manual_seed(0)
    head = CropRefineHead(1, crop_size=16, channels=4).eval()
    crop = torch.rand(1, 1, 16, 16) * 1e6  # far above the constant that guards flat crops
    which = torch.zeros(1, dtype=torch.long)
    assert torch.allclose(head(crop, which), head(crop * 2 + 30, which), atol=1e-4)


def test_points_are_read_in_px_from_the_middle():
    head = CropRefineHead(1, crop_size=32, radius=2)
    maps = torch.full((1, 1, 16, 16), -50.0)
    maps[0, 0, 4, 10] = 50.0  # cell (10, 4), each of 2 px; the middle lies between cells 7 and 8
    offsets, scores = head.decode(maps)
    assert offsets.tolist() == [[5.0, -7.0]]
    assert scores.tolist() == [1.0]


def test_maps_of_another_loss_are_read_as_they_are():
    head = CropRefineHead(1, crop_size=32, radius=1, loss={"type": "KeypointMSELoss"})
    maps = torch.zeros(1, 1, 16, 16)
    maps[0, 0, 8, 8], maps[0, 0, 8, 9] = 0.75, 0.25
    assert head.decode(maps)[0].tolist() == [[1.5, 1.0]]


def test_the_loss_is_smallest_where_the_landmark_is_and_leaves_out_what_has_no_weight():
    head = CropRefineHead(1, crop_size=32)
    maps = torch.zeros(2, 1, 16, 16)
    maps[:, 0, 8, 8] = 9.0  # 1 px right of and below the middle
    here, there = torch.tensor([[1.0, 1.0]] * 2), torch.tensor([[1.0, 1.0], [9.0, 1.0]])
    ones = torch.ones(2)
    assert head.loss(maps, here, ones) < head.loss(maps, there, ones)
    first = torch.tensor([1.0, 0.0])
    assert torch.equal(head.loss(maps, there, first), head.loss(maps[:1], here[:1], ones[:1]))
    nothing = head.loss(maps.requires_grad_(), here, torch.zeros(2))
    nothing.backward()
    assert nothing.item() == 0.0


def test_it_learns_to_find_a_spot():
    torch.manual_seed(0)
    head = CropRefineHead(1, crop_size=32, channels=8)
    optimizer = torch.optim.Adam(head.parameters(), lr=5e-3)

    def batch(count):
        offsets = (torch.rand(count, 2) * 2 - 1) * 10
        along = torch.arange(32) - 15.5
        across = (along - offsets[:, 0:1]) ** 2
        down = (along - offsets[:, 1:2]) ** 2
        spots = torch.exp(-(down[:, :, None] + across[:, None]) / 8) * 200
        return spots[:, None] + torch.rand(count, 1, 32, 32) * 20, offsets

    for _ in range(60):
        crops, offsets = batch(16)
        maps = head(crops, torch.zeros(16, dtype=torch.long))
        loss = head.loss(maps, offsets, torch.ones(16))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    head.eval()
    crops, offsets = batch(32)
    found, _ = head.decode(head(crops, torch.zeros(32, dtype=torch.long)))
    assert float((found - offsets).norm(dim=1).mean()) < 1.5


@pytest.mark.parametrize(
    "arguments", [{"crop_size": 100}, {"num_landmarks": 0}, {"sigma": 0}, {"radius": 0}]
)
def test_impossible_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match="CropRefineHead"):
        MODELS.build({"type": "CropRefineHead", "num_landmarks": 2, **arguments})
