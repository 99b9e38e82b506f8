import copy

import pytest
import torch
from mmengine.registry import DefaultScope

from mmceph.errors import MmcephError
from mmceph.models.estimators.branch_point import BranchPoint
from mmceph.registry import MODELS

SMALL_HRNET = {
    "type": "HRNet",
    "in_channels": 1,
    "extra": {
        "stage1": {
            "num_modules": 1,
            "num_branches": 1,
            "block": "BOTTLENECK",
            "num_blocks": (1,),
            "num_channels": (4,),
        },
        **{
            f"stage{n}": {
                "num_modules": 2 if n == 4 else 1,
                "num_branches": n,
                "block": "BASIC",
                "num_blocks": (1,) * n,
                "num_channels": (4, 8, 16, 32)[:n],
            }
            for n in (2, 3, 4)
        },
    },
}
RESNET = {"type": "TorchvisionResNet", "depth": 18, "in_channels": 1}


def build(config):
    torch.manual_seed(0)
    DefaultScope.get_instance("branch", scope_name="mmceph")
    backbone = MODELS.build(copy.deepcopy(config))
    backbone.eval()  # MMPose's gives None back
    return backbone


CASES = [
    pytest.param({**RESNET, "out_indices": (0, 1, 2, 3)}, None, "layer4", id="pyramid"),
    pytest.param({**RESNET, "out_indices": (3,)}, "layer4.1", "layer4.1", id="last block"),
    pytest.param({**RESNET, "out_indices": (0, 2)}, None, "layer3", id="shorter"),
    pytest.param(SMALL_HRNET, None, "stage4", id="HRNet", marks=pytest.mark.mmpose),
    pytest.param(SMALL_HRNET, "stage4.1", "stage4.1", id="module", marks=pytest.mark.mmpose),
    pytest.param(
        {"type": "ResNet", "depth": 18, "in_channels": 1, "out_indices": (0, 1, 2, 3)},
        None,
        "layer4",
        id="MMPose's ResNet",
        marks=pytest.mark.mmpose,
    ),
]


@pytest.mark.parametrize(("config", "path", "found"), CASES)
def test_the_trunk_and_the_same_stage_give_the_backbones_own_features(config, path, found):
    backbone = build(config)
    point = BranchPoint(backbone, path)
    assert point.path == found
    images = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        expected = backbone(images)
        with point.recorded() as trunks:
            assert all(map(torch.equal, backbone(images), expected))
            backbone(images.flip(-1))
    assert len(trunks) == 2
    stage = copy.deepcopy(point.stage)
    for trunk in (point.trunk(images), trunks[0]):
        feats = point.finish(trunk, stage)
        assert len(feats) == len(expected)
        assert all(map(torch.equal, feats, expected))
    # A second look at the same trunk gives the same: the stage left it as it was.
    assert all(map(torch.equal, point.finish(trunks[0], stage), expected))
    assert not point.stage._forward_pre_hooks
    assert backbone.get_submodule(found) is point.stage


def test_gradients_reach_the_copy_only():
    backbone = build({**RESNET, "out_indices": (0, 1, 2, 3)})
    point = BranchPoint(backbone)
    stage = copy.deepcopy(point.stage)
    point.finish(point.trunk(torch.randn(1, 1, 64, 64)), stage)[-1].sum().backward()
    assert all(p.grad is None for p in backbone.parameters())
    assert all(p.grad is not None for p in stage.parameters())


def test_a_part_the_backbone_does_not_have_is_named():
    backbone = build(RESNET)
    with pytest.raises(MmcephError, match="TorchvisionResNet has no part 'stage9'"):
        BranchPoint(backbone, "stage9")
    with pytest.raises(MmcephError, match="has none of stage4"):
        BranchPoint(torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1)))


def test_a_part_in_the_middle_is_refused():
    backbone = build(RESNET)
    point = BranchPoint(backbone, "layer3")
    with pytest.raises(MmcephError, match="something follows layer3"):
        point.finish(point.trunk(torch.randn(1, 1, 64, 64)), point.stage)
