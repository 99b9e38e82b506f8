import math

import pytest
import torch

from mmceph.functional.crops import crop_offsets, cut_crops, random_transforms, to_offsets


def turn(degrees, factor=1.0):
    a = math.radians(degrees)
    return factor * torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])


def test_a_straight_crop_is_a_piece_of_the_image():
    image = torch.arange(2 * 7 * 9, dtype=torch.uint8).reshape(2, 7, 9)
    crop = cut_crops(image, torch.tensor([[3.5, 2.5]]), torch.eye(2)[None], 4)
    assert torch.allclose(crop[0], image[:, 1:5, 2:6].float(), atol=1e-4)


def test_every_crop_has_its_own_place_and_the_outside_is_zero():
    image = torch.full((1, 6, 6), 8.0)
    centers = torch.tensor([[2.5, 2.5], [100.0, 2.5], [-0.5, 2.5]])
    crops = cut_crops(image, centers, torch.eye(2).expand(3, 2, 2), 2)
    assert crops.shape == (3, 1, 2, 2)
    assert crops[0].unique().tolist() == [8.0]
    assert crops[1].unique().tolist() == [0.0]
    assert torch.allclose(crops[2, 0], torch.tensor([[0.0, 8.0], [0.0, 8.0]]), atol=1e-5)


def test_a_point_is_found_where_its_offset_says():
    image = torch.zeros(1, 64, 64)
    image[0, 20, 37] = 1.0  # at (37, 20)
    center = torch.tensor([[33.0, 24.0]])
    transform = turn(30, 0.5)[None]
    offset = to_offsets(torch.tensor([[37.0, 20.0]]), center, transform)
    crop = cut_crops(image, center, transform, 33)[0, 0]
    row, column = divmod(int(crop.argmax()), 33)
    assert abs(column - 16 - float(offset[0, 0])) <= 1
    assert abs(row - 16 - float(offset[0, 1])) <= 1
    # by hand: (4, -4) turned back by 30 degrees and doubled
    c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
    assert offset[0].tolist() == pytest.approx(
        [2 * (4 * c - 4 * s), 2 * (-4 * s - 4 * c)], abs=1e-4
    )


def test_offsets_of_cells_are_symmetric():
    assert crop_offsets(3, 2.0).tolist() == [-2.0, 0.0, 2.0]


def test_random_transforms_stay_within_their_bounds():
    drawn = random_transforms(500, 15.0, 1.25, generator=torch.Generator().manual_seed(0))
    factor = torch.linalg.det(drawn).sqrt()
    angle = torch.atan2(drawn[:, 1, 0], drawn[:, 0, 0]) * 180 / math.pi
    assert 1.2 < factor.max() <= 1.2501
    assert 0.7999 <= factor.min() < 0.84
    assert 14 < angle.abs().max() <= 15.001
    assert torch.equal(random_transforms(2, 0.0, 1.0), torch.eye(2).expand(2, 2, 2))
