import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from torch import nn

from mmceph.engine.fine_tuning import leave_freezing_to_the_hook, set_lr_mult
from mmceph.engine.overrides import set_unfreeze_after


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
        self.neck = nn.Linear(2, 2)
        self.head = nn.Linear(2, 1)


@pytest.fixture
def cfg() -> Config:
    optimizer = {"type": "AdamW", "lr": 1e-3, "weight_decay": 0.05}
    return Config(
        {
            "model": {"backbone": {"type": "A", "frozen_stages": 2}, "head": {"type": "H"}},
            "optim_wrapper": {"type": "OptimWrapper", "optimizer": optimizer},
        }
    )


def rates(cfg: Config) -> dict[str, float]:
    """The rate at which the optimizer really moves each part, seen by its parameters' names."""
    model = Model()
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    names = {id(p): name for name, p in model.named_parameters()}
    found = {}
    for group in wrapper.param_groups:
        # mmengine adds a group of its own that only carries the base rate.
        for parameter in (p for p in group["params"] if isinstance(p, nn.Parameter)):
            found.setdefault(names[id(parameter)].split(".")[0], set()).add(group["lr"])
    held = [p for g in wrapper.param_groups for p in g["params"] if isinstance(p, nn.Parameter)]
    assert len(held) == len(names)
    return {part: rate.pop() for part, rate in found.items() if len(rate) == 1}


def test_the_optimizer_gets_a_tenth_for_the_backbone(cfg):
    set_unfreeze_after(cfg, 3)
    assert rates(cfg) == pytest.approx({"backbone": 1e-4, "neck": 1e-3, "head": 1e-3})


def test_the_head_can_have_a_factor_too(cfg):
    set_unfreeze_after(cfg, 3, backbone_lr_mult=0.5, head_lr_mult=10.0)
    assert rates(cfg) == pytest.approx({"backbone": 5e-4, "neck": 1e-3, "head": 1e-2})


def test_what_the_config_says_stays(cfg):
    keys = {"backbone": {"lr_mult": 0.3}, "neck": {"lr_mult": 2.0}}
    cfg.optim_wrapper.paramwise_cfg = {"custom_keys": keys}
    set_unfreeze_after(cfg, 0)
    assert rates(cfg) == pytest.approx({"backbone": 3e-4, "neck": 2e-3, "head": 1e-3})


def test_an_empty_paramwise_cfg_is_filled(cfg):
    cfg.optim_wrapper.paramwise_cfg = None
    set_lr_mult(cfg, "head", 2.0)
    assert rates(cfg) == pytest.approx({"backbone": 1e-3, "neck": 1e-3, "head": 2e-3})


def test_frozen_stages_are_left_to_the_hook(cfg):
    set_unfreeze_after(cfg, 3)
    assert cfg.model.backbone.frozen_stages == -1
    del cfg.model.backbone["frozen_stages"]
    leave_freezing_to_the_hook(cfg)
    assert "frozen_stages" not in cfg.model.backbone


def test_what_is_frozen_early_is_really_dropped_by_mmengine(cfg):
    """The trap this module is there for; should mmengine mend it, the module can go."""
    set_lr_mult(cfg, "backbone", 0.1)
    model = Model()
    model.backbone[0].requires_grad_(False)
    held = build_optim_wrapper(model, cfg.optim_wrapper).param_groups
    assert not any(p is model.backbone[0].weight for g in held for p in g["params"])
    assert isinstance(model.backbone[0].weight, torch.nn.Parameter)
