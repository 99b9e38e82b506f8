from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from mmceph.models.backbones import TorchvisionResNet
from mmceph.registry import MODELS


def images(channels: int = 3) -> torch.Tensor:
    return torch.rand(2, channels, 64, 96, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), path)
    return path


@pytest.mark.parametrize(("depth", "channels"), [(18, 64), (34, 64), (50, 256)])
def test_levels(depth: int, channels: int):
    backbone = MODELS.build({"type": "TorchvisionResNet", "depth": depth, "out_indices": (0, 1, 3)})
    with torch.no_grad():
        shapes = [tuple(level.shape) for level in backbone(images())]
    assert shapes == [(2, channels * 2**i, 64 // (4 * 2**i), 96 // (4 * 2**i)) for i in (0, 1, 3)]


def test_parameters_and_output_are_torchvisions_without_the_classifier(weights: Path):
    network = torchvision.models.resnet18(weights=None)
    network.load_state_dict(torch.load(weights, weights_only=True))
    backbone = TorchvisionResNet(18, weights=str(weights))
    backbone.init_weights()
    expected = {k: v for k, v in network.state_dict().items() if not k.startswith("fc.")}
    torch.testing.assert_close(dict(backbone.state_dict()), expected)
    network.fc = network.avgpool = nn.Identity()
    with torch.no_grad():
        (level,) = backbone.eval()(images())
        torch.testing.assert_close(level.flatten(1), network.eval()(images()))


def test_stages_above_the_highest_level_are_not_built(weights: Path):
    backbone = TorchvisionResNet(18, out_indices=(1,), weights=str(weights))
    backbone.init_weights()
    names = {name.split(".")[0] for name, _ in backbone.named_parameters()}
    assert names == {"conv1", "bn1", "layer1", "layer2"}


def test_frozen_stages_stay_frozen():
    backbone = TorchvisionResNet(18, frozen_stages=2)
    backbone.train()
    before = {k: v.clone() for k, v in backbone.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in backbone.parameters() if p.requires_grad], lr=0.1)
    backbone(images())[0].square().mean().backward()
    optimizer.step()
    changed = {k.split(".")[0] for k, v in backbone.state_dict().items() if not v.equal(before[k])}
    assert changed == {"layer3", "layer4"}
    assert not backbone.layer2[0].bn1.training
    assert backbone.layer3[0].bn1.training
    backbone.frozen_stages = -1
    backbone.requires_grad_(True)
    assert backbone.train().layer2[0].bn1.training


def test_norm_eval_keeps_every_batch_norm_in_evaluation():
    backbone = TorchvisionResNet(18, norm_eval=True).train()
    norms = [m for m in backbone.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == 20
    assert not any(m.training for m in norms)
    assert all(p.requires_grad for p in backbone.parameters())


def test_one_channel_gives_what_three_equal_ones_give(weights: Path):
    grey, colour = (TorchvisionResNet(18, in_channels=n, weights=str(weights)) for n in (1, 3))
    image = images(1)
    with torch.no_grad():
        for one in (grey, colour):
            one.init_weights()
        torch.testing.assert_close(
            grey.eval()(image)[0],
            colour.eval()(image.expand(-1, 3, -1, -1))[0],
            rtol=1e-4,
            atol=1e-4,
        )


def test_bad_weights_are_named(weights: Path, tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="no such weights file"):
        TorchvisionResNet(18, weights=str(tmp_path / "gone.pth")).init_weights()
    with pytest.raises(ValueError, match=r"resnet18\.pth: weights do not fit ResNet-34"):
        TorchvisionResNet(34, weights=str(weights)).init_weights()
    unsafe = tmp_path / "unsafe.pth"
    torch.save({"model": Path("x")}, unsafe)
    with pytest.raises(ValueError, match=r"unsafe\.pth: not a plain weights file"):
        TorchvisionResNet(18, weights=str(unsafe)).init_weights()


@pytest.mark.parametrize(
    "arguments", [{"depth": 20}, {"out_indices": (4,)}, {"out_indices": ()}, {"frozen_stages": 5}]
)
def test_bad_arguments_are_named(arguments: dict):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        TorchvisionResNet(**arguments)
