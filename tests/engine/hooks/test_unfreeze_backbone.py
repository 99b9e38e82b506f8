from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from mmceph.checkpoints.for_mmengine import open_for_mmengine
from mmceph.engine.hooks import UnfreezeBackboneHook
from mmceph.errors import MmcephError


class Toy(BaseModel):
    """A backbone with batch-norm and a head, fitted to zero."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
        self.backbone.frozen_stages = 1
        self.head = nn.Linear(4, 1)

    def forward(self, inputs, mode="tensor"):
        value = self.head(self.backbone(inputs))
        return {"loss": (value**2).mean()} if mode == "loss" else value


class Watch(UnfreezeBackboneHook):
    """Notes after every epoch whether backbone and head moved."""

    def before_train(self, runner):
        super().before_train(runner)
        self.moved, self.last = [], self.state(runner)

    def after_train_epoch(self, runner):
        now = self.state(runner)
        self.moved.append(tuple(not torch.equal(a, b) for a, b in zip(now, self.last, strict=True)))
        self.last = now

    @staticmethod
    def state(runner):
        backbone, head = runner.model.backbone, runner.model.head
        return (
            backbone[0].weight.detach().clone(),
            backbone[1].running_mean.clone(),
            head.weight.detach().clone(),
        )


class Inputs(torch.utils.data.Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return {"inputs": torch.linspace(0, 1, 3) * index}


def train(hook, work_dir: Path, epochs: int, **kwargs) -> Runner:
    torch.manual_seed(0)
    runner = Runner(
        model=kwargs.pop("model", None) or Toy(),
        work_dir=str(work_dir),
        train_dataloader=DataLoader(Inputs(), batch_size=4),
        train_cfg={"by_epoch": True, "max_epochs": epochs},
        optim_wrapper={
            "optimizer": {"type": "SGD", "lr": 0.01},
            "accumulative_counts": 2,
            "paramwise_cfg": {"custom_keys": {"backbone": {"lr_mult": 0.5}}},
        },
        custom_hooks=[hook],
        experiment_name=f"{work_dir.name}_{epochs}_{id(hook)}",
        log_level="ERROR",
        **kwargs,
    )
    runner.train()
    return runner


HEAD_ONLY, ALL = (False, False, True), (True, True, True)


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (2, [HEAD_ONLY, HEAD_ONLY, ALL, ALL]),
        (0, [ALL] * 4),
        (None, [HEAD_ONLY] * 4),
    ],
)
def test_weights_and_statistics_move_when_they_should(tmp_path, epochs, expected):
    hook = Watch(epochs)
    runner = train(hook, tmp_path, 4)
    assert hook.moved == expected
    assert runner.model.backbone.frozen_stages == (1 if epochs is None else -1)


def test_resume_knows_where_it_is(tmp_path):
    open_for_mmengine()
    train(Watch(3), tmp_path, 2)
    hook = Watch(3)
    train(hook, tmp_path, 5, resume=True)
    assert hook.moved == [HEAD_ONLY, ALL, ALL]  # epochs 3, 4 and 5


def test_model_without_a_backbone_is_named(tmp_path):
    wrapper = type("W", (), {"param_groups": []})()
    runner = type("R", (), {"model": nn.Linear(1, 1), "epoch": 0, "optim_wrapper": wrapper})()
    with pytest.raises(AttributeError, match="Linear has no backbone"):
        UnfreezeBackboneHook(1).before_train(runner)


@pytest.mark.parametrize("epochs", [0, 1])
def test_a_backbone_the_optimizer_does_not_hold_is_named(tmp_path, epochs):
    class Frozen(Toy):
        def __init__(self):
            super().__init__()
            self.backbone[0].requires_grad_(False)

    with pytest.raises(MmcephError, match=r"2 of the backbone's 4 parameters \(0\.weight, "):
        train(UnfreezeBackboneHook(epochs), tmp_path, 1, model=Frozen())


def test_a_backbone_that_never_trains_need_not_be_in_the_optimizer(tmp_path):
    class Frozen(Toy):
        def __init__(self):
            super().__init__()
            self.backbone.requires_grad_(False)

    hook = Watch(None)
    train(hook, tmp_path, 1, model=Frozen())
    assert hook.moved == [HEAD_ONLY]


def test_after_unfreezing_the_backbone_moves_at_its_own_rate(tmp_path):
    runner = train(Watch(1), tmp_path, 2)
    backbone = {id(p) for p in runner.model.backbone.parameters()}
    rates = {
        id(p) in backbone: group["lr"]
        for group in runner.optim_wrapper.param_groups
        for p in group["params"]
    }
    assert rates == {True: 0.005, False: 0.01}


def test_negative_epochs_are_refused():
    with pytest.raises(ValueError, match="None or >= 0"):
        UnfreezeBackboneHook(-1)
