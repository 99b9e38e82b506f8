from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import BaseModel

from mmceph.engine import launch
from mmceph.engine.config import load_config
from mmceph.engine.flags import apply_train_flags
from mmceph.engine.overrides import ConfigError
from mmceph.registry import DATASETS, HOOKS, MODELS

ISBI = Path(__file__).resolve().parents[2] / "configs/isbi2015/resnet18_pyramid_320x400.py"


@pytest.fixture
def cfg() -> Config:
    return Config(
        {
            "model": {},
            "train_cfg": {"max_epochs": 40},
            "param_scheduler": [
                {"type": "LinearLR", "begin": 0, "end": 4},
                {"type": "CosineAnnealingLR", "begin": 4, "end": 40, "T_max": 36},
            ],
        }
    )


def apply(cfg: Config, **flags) -> Config:
    apply_train_flags(cfg, {"config": "configs/some_config.py", **flags})
    return cfg


def test_epochs_move_the_end_of_the_schedule(cfg):
    apply(cfg, epochs=10)
    assert cfg.train_cfg.max_epochs == 10
    warmup, cosine = cfg.param_scheduler
    assert (warmup["end"], cosine["end"], cosine["T_max"]) == (4, 10, 6)


def test_a_training_shorter_than_the_warmup_shortens_the_warmup(cfg):
    cfg.param_scheduler[0]["end"] = cfg.param_scheduler[1]["begin"] = 20
    apply(cfg, epochs=10)
    warmup, cosine = cfg.param_scheduler
    assert (warmup["end"], cosine["begin"], cosine["end"]) == (5, 5, 10)


def test_less_than_an_epoch_of_warmup_is_none(cfg):
    apply(cfg, epochs=2)
    (cosine,) = cfg.param_scheduler
    assert (cosine["begin"], cosine["end"]) == (0, 2)


def test_warmup_moves_where_the_cosine_begins(cfg):
    apply(cfg, epochs=20, warmup_epochs=2)
    warmup, cosine = cfg.param_scheduler
    assert (warmup["end"], cosine["begin"], cosine["T_max"]) == (2, 2, 18)


def test_no_warmup_leaves_the_cosine_alone(cfg):
    apply(cfg, warmup_epochs=0)
    assert [s["type"] for s in cfg.param_scheduler] == ["CosineAnnealingLR"]
    assert (cfg.param_scheduler[0]["begin"], cfg.param_scheduler[0]["T_max"]) == (0, 40)


@pytest.mark.parametrize("epochs", [3, 4])
def test_a_short_training_has_the_warmup_it_is_given(epochs):
    warmup, cosine = apply(load_config(ISBI), epochs=epochs, warmup_epochs=1).param_scheduler
    assert (warmup.type, warmup.begin, warmup.end) == ("LinearLR", 0, 1)
    assert (cosine.type, cosine.begin, cosine.end) == ("CosineAnnealingLR", 1, epochs)


@pytest.mark.parametrize("warmup", [5, 7, -1, float("nan")])
def test_a_warmup_that_does_not_end_before_the_training_is_refused(cfg, warmup):
    with pytest.raises(ConfigError, match=rf"^--warmup-epochs {warmup:g}: must be .* 5 epochs$"):
        apply(cfg, epochs=5, warmup_epochs=warmup)


def test_a_warmup_is_refused_where_no_scheduler_rises(cfg):
    falling = {"type": "LinearLR", "start_factor": 1.0, "end_factor": 0.1, "begin": 0, "end": 40}
    cfg.param_scheduler = [falling]
    apply(cfg, epochs=20, warmup_epochs=0)
    assert cfg.param_scheduler == [{**falling, "end": 20}]
    with pytest.raises(ConfigError, match=r"--warmup-epochs 2: .* no LinearLR that rises"):
        apply(cfg, warmup_epochs=2)


def test_a_warmup_counted_in_steps_comes_to_be_counted_in_epochs(cfg):
    # As MMPose's configs have it; 500 is no number of epochs that 20 would have to shorten.
    cfg.param_scheduler = [{"type": "LinearLR", "begin": 0, "end": 500, "by_epoch": False}]
    apply(cfg, epochs=20)
    assert cfg.param_scheduler[0]["end"] == 500
    apply(cfg, warmup_epochs=2.5)
    (warmup,) = cfg.param_scheduler
    assert (warmup["end"], warmup.get("by_epoch", True)) == (2.5, True)
    assert warmup["convert_to_iter_based"] is True


@MODELS.register_module(name="ToyOfOneWeight", force=True)
class Toy(BaseModel):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, inputs, mode="tensor"):
        return {"loss": (self.weight * inputs).square().mean()}


@DATASETS.register_module(name="SixNumbers", force=True)
class Numbers(torch.utils.data.Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        return {"inputs": torch.ones(1)}


RATES: list[float] = []


@HOOKS.register_module(name="NoteRates", force=True)
class NoteRates(Hook):
    def before_train_iter(self, runner, batch_idx, data_batch=None):
        RATES.append(runner.optim_wrapper.param_groups[0]["lr"])


def rates(tmp_path: Path, steps_an_epoch: int, **flags) -> list[float]:
    """The rate at every step of a training whose own warm-up is 2 of 4 epochs."""
    schedule = [
        {"type": "LinearLR", "start_factor": 0.1, "begin": 0, "end": 2},
        {"type": "CosineAnnealingLR", "eta_min": 0.0, "begin": 2, "end": 4},
    ]
    cfg = Config(
        {
            "default_scope": "mmceph",
            "model": {"type": "ToyOfOneWeight"},
            "train_dataloader": {
                "batch_size": 6 // steps_an_epoch,
                "num_workers": 0,
                "collate_fn": {"type": "default_collate"},
                "sampler": {"type": "DefaultSampler", "shuffle": False},
                "dataset": {"type": "SixNumbers"},
            },
            "train_cfg": {"type": "EpochBasedTrainLoop", "max_epochs": 4},
            "optim_wrapper": {"optimizer": {"type": "SGD", "lr": 1.0}},
            "param_scheduler": [{**s, "convert_to_iter_based": True} for s in schedule],
            "custom_hooks": [{"type": "NoteRates"}],
            "experiment_name": f"toy {tmp_path.name} {len(RATES)}",
        }
    )
    RATES.clear()
    launch.train(apply(cfg, work_dir=str(tmp_path), **flags))
    return list(RATES)


@pytest.mark.parametrize("warmup", [0.0, 0.01, 0.5])
def test_a_warmup_of_less_than_two_steps_is_none(tmp_path, warmup):
    # 0.5 epochs of 3 steps are 1 step; the cosine begins after it, at the full rate.
    found = rates(tmp_path, 3, epochs=2, warmup_epochs=warmup)
    full = [1.0] if warmup == 0.5 else []
    cosine = torch.arange(6 - len(full)) * torch.pi / (6 - len(full))
    assert found == pytest.approx(full + ((1 + cosine.cos()) / 2).tolist(), abs=1e-6)


def test_a_warmup_of_one_epoch_that_is_one_step_is_none(tmp_path):
    assert max(rates(tmp_path, 1, warmup_epochs=1)) == 1.0


def test_a_warmup_of_two_steps_is_one(tmp_path):
    found = rates(tmp_path, 2, warmup_epochs=1)
    assert found[:3] == pytest.approx([0.1, 1.0, 1.0])
    assert len(found) == 8
