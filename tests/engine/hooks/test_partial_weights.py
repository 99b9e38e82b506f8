from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import EpochBasedTrainLoop, Runner
from torch import nn
from torch.utils.data import DataLoader

from mmceph.engine.hooks import PartialWeightsHook, UnfreezeBackboneHook
from mmceph.errors import MmcephError
from mmceph.models.backbones import TorchvisionResNet


class Toy(BaseModel):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
        self.head = nn.Linear(4, 1)

    def forward(self, inputs, mode="tensor"):
        value = self.head(self.backbone(inputs))
        return {"loss": (value**2).mean()} if mode == "loss" else value


class Inputs(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return {"inputs": torch.full((3,), float(index))}


def make_runner(work_dir: Path, hooks, **more) -> Runner:
    return Runner(
        model=Toy(),
        work_dir=str(work_dir),
        train_dataloader=DataLoader(Inputs(), batch_size=4),
        train_cfg={"by_epoch": True, "max_epochs": 1},
        optim_wrapper={"optimizer": {"type": "SGD", "lr": 0.0}},
        custom_hooks=hooks,
        experiment_name=work_dir.name,
        **more,
    )


@pytest.fixture
def messages():
    """What mmengine's loggers say, which do not reach pytest's."""
    found: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record):
            found.append(record.getMessage())

    def listen(runner: Runner) -> list[str]:
        runner.logger.addHandler(Handler())
        return found

    return listen


def save(path: Path, **weights: torch.Tensor) -> str:
    torch.save({"state_dict": weights}, path)
    return str(path)


def test_backbone_is_taken_and_another_head_left_out(tmp_path, messages):
    weight = torch.arange(12.0).reshape(4, 3)
    norm = {f"backbone.1.{name}": torch.ones(4) for name in ("weight", "running_mean")}
    checkpoint = save(
        tmp_path / "mmpose.pth",
        **{"backbone.0.weight": weight, "head.weight": torch.ones(19, 4), "neck.bias": weight},
        **norm,
    )
    hooks = [PartialWeightsHook(), UnfreezeBackboneHook(epochs=5)]
    runner = make_runner(tmp_path / "w", hooks, load_from=checkpoint)
    said = messages(runner)
    runner.train()
    torch.testing.assert_close(runner.model.backbone[0].weight, weight)
    table = next(text for text in said if "part" in text and "loaded" in text).splitlines()
    assert [line.split()[:3] for line in table[2:4]] == [["backbone", "3", "6"], ["head", "0", "2"]]
    assert "1 of another shape" in table[3]
    assert table[4] == "only in the checkpoint: neck (1)"
    assert not any("features are random" in text for text in said)


def test_a_checkpoint_of_another_backbone_is_refused(tmp_path):
    checkpoint = save(tmp_path / "other.pth", **{"backbone.stem.weight": torch.ones(3)})
    runner = make_runner(tmp_path / "w", [PartialWeightsHook()], load_from=checkpoint)
    with pytest.raises(MmcephError, match=r"other\.pth: .* with the parts stem as it seems: 0 of"):
        runner.train()


@pytest.mark.parametrize(
    "weights",
    [
        # Few weights by count, and many by count that are the small ones.
        {"backbone.0.weight": torch.ones(4, 3), "backbone.0.bias": torch.ones(4)},
        {f"backbone.1.{name}": torch.ones(4) for name in ("weight", "bias", "running_mean")},
    ],
)
def test_weights_that_fit_by_chance_are_refused(tmp_path, weights):
    checkpoint = save(tmp_path / "other.pth", **weights)
    runner = make_runner(tmp_path / "w", [PartialWeightsHook()], load_from=checkpoint)
    with pytest.raises(MmcephError, match=r"of the 6 weights of this config's Sequential fit \("):
        runner.train()


@pytest.mark.parametrize("depth", [34, 50])
def test_a_deeper_network_of_the_family_is_refused(depth):
    # All of ResNet-18's weights are in ResNet-34, and most of their shapes are ResNet-50's.
    with torch.device("meta"):
        model = nn.ModuleDict({"backbone": TorchvisionResNet(18)})
        state = TorchvisionResNet(depth).state_dict()
    loop = object.__new__(EpochBasedTrainLoop)
    runner = SimpleNamespace(model=model, _resume=False, _train_loop=loop, _load_from="deep.pth")
    with pytest.raises(MmcephError, match=rf"another backbone, ResNet-{depth} .* ResNet-18 fit"):
        PartialWeightsHook().after_load_checkpoint(runner, {"state_dict": state})


def test_a_head_of_other_landmarks_is_said(tmp_path, messages):
    state = {**Toy().state_dict()}
    checkpoint = str(tmp_path / "seven.pth")
    meta = {"dataset_meta": {"landmark_names": ("ear",), "landmark_set": "mine"}}
    torch.save({"state_dict": state, "meta": meta}, checkpoint)
    runner = make_runner(tmp_path / "w", [PartialWeightsHook()], load_from=checkpoint)
    runner.train_dataloader.dataset.metainfo = {"landmark_names": ("S",)}
    said = messages(runner)
    runner.train()
    assert any("its head finds ear; here its channels start to learn S" in text for text in said)


def test_freezing_a_random_backbone_is_warned_of(tmp_path, messages):
    runner = make_runner(tmp_path / "w", [PartialWeightsHook(), UnfreezeBackboneHook(epochs=5)])
    said = messages(runner)
    runner.train()
    assert any("features are random" in text for text in said)
    runner = make_runner(tmp_path / "v", [PartialWeightsHook(), UnfreezeBackboneHook(epochs=0)])
    before = len(messages(runner))
    runner.train()
    assert not any("features are random" in text for text in said[before:])
