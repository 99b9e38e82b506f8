from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from mmceph.models.backbones import PlainHRNet
from mmceph.models.heads import PlainHRNetHead


def test_four_levels_of_half_the_size_each() -> None:
    levels = PlainHRNet(in_channels=1)(torch.zeros(2, 1, 64, 32))
    assert [tuple(level.shape) for level in levels] == [
        (2, 32, 16, 8),
        (2, 64, 8, 4),
        (2, 128, 4, 2),
        (2, 256, 2, 1),
    ]


def test_sizes_that_are_no_multiples_are_brought_together() -> None:
    levels = PlainHRNet()(torch.zeros(1, 3, 50, 70))
    assert [tuple(level.shape[-2:]) for level in levels] == [(13, 18), (7, 9), (4, 5), (2, 3)]
    assert PlainHRNetHead(out_channels=2)(levels).shape == (1, 2, 52, 72)


def test_maps_are_the_original_programs(oracle: Callable[[str], Any]) -> None:
    numbers = oracle("hand_hrnet")
    backbone, head = PlainHRNet().double().eval(), PlainHRNetHead().double().eval()
    weights = numbers.weights()
    last = {name: w for name, w in weights.items() if name.startswith("final_layers.")}
    head.load_state_dict(last)
    backbone.load_state_dict({name: w for name, w in weights.items() if name not in last})
    with torch.no_grad():
        maps = head.logits(backbone(numbers.tensor("images", (1, 3, 256, 256))))
    assert numbers.off("raw_maps_256", maps) < 1e-12
