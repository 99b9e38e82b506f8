from __future__ import annotations

import pytest
import torch

from mmceph.pose.standin import flip_heatmaps


def test_by_hand():
    maps = torch.tensor([[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]])
    swapped = flip_heatmaps(maps, [1, 0], shift_heatmap=False)
    assert swapped.tolist() == [[[[6, 5, 4]], [[3, 2, 1]]]]
    shifted = flip_heatmaps(maps, [0, 1])
    assert shifted.tolist() == [[[[3, 3, 2]], [[6, 6, 5]]]]
    assert maps[0, 0, 0].tolist() == [1, 2, 3]


def test_x_offsets_change_sign():
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0]]]])
    flipped = flip_heatmaps(maps, [0], "udp_combined", shift_heatmap=False)
    assert flipped.tolist() == [[[[2, 1]], [[-4, -3]], [[6, 5]]]]


@pytest.mark.mmpose
@pytest.mark.parametrize("mode", ["heatmap", "udp_combined", "offset"])
@pytest.mark.parametrize("shift", [False, True])
def test_equals_mmposes(mode: str, shift: bool):
    from mmpose.models.utils.tta import flip_heatmaps as theirs

    maps = torch.randn(2, 6, 4, 5)
    points = {"heatmap": 6, "udp_combined": 2, "offset": 3}[mode]
    for order in (None, list(reversed(range(points)))):
        arguments = {"flip_indices": order, "flip_mode": mode, "shift_heatmap": shift}
        torch.testing.assert_close(
            flip_heatmaps(maps.clone(), **arguments), theirs(maps.clone(), **arguments)
        )


def test_errors():
    with pytest.raises(ValueError, match="flip_mode"):
        flip_heatmaps(torch.zeros(1, 2, 3, 3), flip_mode="upside_down")
    with pytest.raises(ValueError, match="3 flip_indices for 2 points"):
        flip_heatmaps(torch.zeros(1, 2, 3, 3), [0, 1, 2])
