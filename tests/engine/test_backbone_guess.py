from __future__ import annotations

import pytest
import torch

from mmceph.engine.backbone_guess import guess_backbone, known_network
from mmceph.models.backbones import TorchvisionResNet


def hrnet(convolution: str, width: int) -> dict[str, torch.Tensor]:
    return {f"module.backbone.stage2.0.branches.0.0.{convolution}": torch.zeros(width, 8, 3, 3)}


@pytest.mark.parametrize("depth", [18, 34, 50])
@pytest.mark.parametrize("prefix", ["", "backbone.", "module.backbone."])
def test_resnets_are_told_by_their_blocks(depth: int, prefix: str) -> None:
    with torch.device("meta"):
        state = TorchvisionResNet(depth).state_dict()
    assert known_network({prefix + n: v for n, v in state.items()}) == f"ResNet-{depth}"


def test_hrnets_are_told_by_their_finest_branch() -> None:
    assert known_network(hrnet("conv1.weight", 48)) == "HRNet-W48"
    assert known_network(hrnet("weight", 32)) == "PlainHRNet-W32"


def test_what_is_not_known_is_described() -> None:
    zero = torch.zeros(1)
    assert known_network({"blocks.0.attn.qkv.weight": zero}) is None
    assert guess_backbone({"blocks.0.attn.qkv.weight": zero}) == "a transformer"
    assert guess_backbone({"stem.0.weight": zero, "epoch": 3}) == "a network with the parts stem"  # type: ignore[dict-item]
    assert guess_backbone({}) == "nothing"
    few = {f"layer{i}.{i}.conv1.weight": zero for i in (1, 2, 3, 4)}
    assert guess_backbone(few) == "a ResNet of 2+3+4+5 blocks"
