from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.optim.optimizer import amp_optimizer_wrapper
from torch import nn

from mmceph.checkpoints import load_checkpoint
from mmceph.engine import launch
from mmceph.engine.flags import apply_train_flags
from mmceph.registry import DATASETS, HOOKS, MODELS

IMAGES, BATCH = 10, 2
STEPS = IMAGES // BATCH  # of an epoch


@MODELS.register_module(name="ToyOfTwoParts", force=True)
class Toy(BaseModel):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(3, 4)
        self.head = nn.Linear(4, 1)

    def forward(self, inputs, mode="tensor"):
        return {"loss": self.head(self.backbone(inputs)).square().mean()}


@DATASETS.register_module(name="TenVectors", force=True)
class Vectors(torch.utils.data.Dataset):
    def __len__(self):
        return IMAGES

    def __getitem__(self, index):
        return {"inputs": torch.linspace(0, 1, 3) * index}


NOTED: list[list[float]] = []


@HOOKS.register_module(name="NoteAllRates", force=True)
class NoteAllRates(Hook):
    """Notes the rate of every parameter group at every step."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        NOTED.append([group["lr"] for group in runner.optim_wrapper.param_groups])


def by_iter(*schedulers: dict) -> list[dict]:
    return [{**scheduler, "convert_to_iter_based": True} for scheduler in schedulers]


WARMUP = {"type": "LinearLR", "start_factor": 0.04, "begin": 0, "end": 2}
COSINE = {"type": "CosineAnnealingLR", "eta_min": 1e-6, "begin": 2, "end": 8}
RATIO = {"type": "CosineAnnealingLR", "eta_min_ratio": 0.01, "begin": 2, "end": 8}
MOMENTUM = {"type": "CosineAnnealingMomentum", "eta_min": 0.5, "begin": 0, "end": 8}
SCHEDULES = {
    "floor": by_iter(WARMUP, COSINE),
    "share": by_iter(WARMUP, RATIO),
    "by epoch": [WARMUP, {**COSINE, "T_max": 6}],
    "mixed": [*by_iter(WARMUP), COSINE],
    "momentum too": by_iter(WARMUP, COSINE, MOMENTUM),
    "poly": by_iter(WARMUP, {"type": "PolyLR", "power": 0.9, "begin": 2, "end": 8}),
}


def train(
    work_dir: Path, schedule: list[dict], wrapper="OptimWrapper", **flags
) -> list[list[float]]:
    """Train a config of 8 epochs under these flags; the rates of all groups at every step."""
    cfg = Config(
        {
            "default_scope": "mmceph",
            "model": {"type": "ToyOfTwoParts"},
            "train_dataloader": {
                "batch_size": BATCH,
                "num_workers": 0,
                "collate_fn": {"type": "default_collate"},
                "sampler": {"type": "DefaultSampler", "shuffle": False},
                "dataset": {"type": "TenVectors"},
            },
            "train_cfg": {"type": "EpochBasedTrainLoop", "max_epochs": 8},
            "optim_wrapper": {
                "type": wrapper,
                "optimizer": {"type": "SGD", "lr": 2e-3, "momentum": 0.9},
                "paramwise_cfg": {"custom_keys": {"backbone": {"lr_mult": 0.1}}},
            },
            "param_scheduler": schedule,
            "default_hooks": {"checkpoint": {"type": "CheckpointHook", "interval": 1}},
            "custom_hooks": [{"type": "NoteAllRates"}],
            "experiment_name": f"{work_dir.parent.name} {work_dir.name} {len(NOTED)}",
            "log_level": "INFO",
        }
    )
    apply_train_flags(cfg, {"config": "c.py", "work_dir": str(work_dir), **flags})
    del NOTED[:]
    launch.train(cfg)
    return [list(step) for step in NOTED]


def logged(work_dir: Path) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in work_dir.glob("*/*.log"))


@pytest.mark.parametrize("kind", SCHEDULES)
def test_more_epochs_go_on_as_one_long_run_would(tmp_path, kind):
    whole = train(tmp_path / "whole", SCHEDULES[kind])
    train(tmp_path / "parts", SCHEDULES[kind], epochs=4)
    went_on = train(tmp_path / "parts", SCHEDULES[kind], resume="auto", epochs=8)
    assert len(went_on) == 4 * STEPS
    for mine, theirs in zip(went_on, whole[4 * STEPS :], strict=True):
        assert mine == pytest.approx(theirs, rel=1e-6, abs=0)
    assert went_on[0][0] == pytest.approx(went_on[0][2] / 10, rel=1e-2)  # the backbone's tenth
    said = [line for line in logged(tmp_path / "parts").splitlines() if "of 8 epochs" in line]
    assert len(said) == 1
    assert "Resumed after 4 of 8 epochs: the schedule is not the checkpoint's" in said[0]


def test_the_rate_is_the_cosines_own(tmp_path):
    train(tmp_path, SCHEDULES["floor"], epochs=4)
    went_on = train(tmp_path, SCHEDULES["floor"], resume="auto", epochs=8)
    # Step 10 of the 30 of the cosine: 1e-6 + 1.999e-3 (1 + cos(pi / 3)) / 2.
    assert went_on[0][-1] == pytest.approx(1.50025e-3, rel=1e-6)
    assert went_on[-1][-1] < 1e-5


def test_fewer_epochs_that_have_not_passed_are_followed_too(tmp_path):
    whole = train(tmp_path / "whole", SCHEDULES["floor"], epochs=6)
    train(tmp_path / "parts", SCHEDULES["floor"])
    shutil.copy(tmp_path / "parts" / "epoch_3.pth", tmp_path / "middle.pth")
    middle = str(tmp_path / "middle.pth")
    went_on = train(tmp_path / "parts", SCHEDULES["floor"], resume=middle, epochs=6)
    assert went_on == whole[3 * STEPS :]


def test_a_warmup_the_short_run_did_not_have_takes_nobodys_place(tmp_path):
    # Two epochs leave the warm-up out: the checkpoint has one scheduler, the config two.
    whole = train(tmp_path / "whole", SCHEDULES["floor"])
    train(tmp_path / "parts", SCHEDULES["floor"], epochs=1)
    went_on = train(tmp_path / "parts", SCHEDULES["floor"], resume="auto", epochs=8)
    assert went_on == whole[STEPS:]


@pytest.mark.parametrize("kind", SCHEDULES)
def test_an_unchanged_resume_is_mmengines_own(tmp_path, kind, monkeypatch):
    train(tmp_path / "a", SCHEDULES[kind])
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    flags = {"resume": str(tmp_path / "a" / "epoch_5.pth")}
    with_hook = train(tmp_path / "a", SCHEDULES[kind], **flags)
    assert "Resumed after" not in logged(tmp_path / "a")
    monkeypatch.setattr("mmceph.engine.overrides._hook", lambda cfg, kind: {})
    assert train(tmp_path / "b", SCHEDULES[kind], **flags) == with_hook
    ends = [load_checkpoint(tmp_path / run / "epoch_8.pth") for run in "ab"]
    assert ends[0]["param_schedulers"] == ends[1]["param_schedulers"]
    for name, weight in ends[0]["state_dict"].items():
        assert torch.equal(weight, ends[1]["state_dict"][name])


def test_a_followed_run_resumes_once_more_without_a_word(tmp_path):
    whole = train(tmp_path / "whole", SCHEDULES["floor"])
    train(tmp_path / "parts", SCHEDULES["floor"], epochs=4)
    train(tmp_path / "parts", SCHEDULES["floor"], resume="auto", epochs=8)
    state = [load_checkpoint(tmp_path / run / "epoch_6.pth") for run in ("whole", "parts")]
    assert state[0]["param_schedulers"] == state[1]["param_schedulers"]
    middle = str(tmp_path / "parts" / "epoch_6.pth")
    assert train(tmp_path / "parts", SCHEDULES["floor"], resume=middle) == whole[6 * STEPS :]
    assert logged(tmp_path / "parts").count("Resumed after") == 1


def test_mixed_precision_follows_too(tmp_path, monkeypatch):
    # The wrapper wants a GPU; without one its scaler does nothing.
    monkeypatch.setattr(amp_optimizer_wrapper, "is_cuda_available", lambda: True)
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    monkeypatch.setattr(amp_optimizer_wrapper, "GradScaler", lambda: scaler)
    schedule, amp = SCHEDULES["floor"], {"wrapper": "AmpOptimWrapper"}
    whole = train(tmp_path / "whole", schedule, **amp)
    train(tmp_path / "parts", schedule, **amp, epochs=4)
    assert train(tmp_path / "parts", schedule, **amp, resume="auto", epochs=8) == whole[20:]


def test_another_batch_size_keeps_the_place_in_the_schedule(tmp_path):
    train(tmp_path, SCHEDULES["floor"])
    last = str(tmp_path / "epoch_4.pth")
    went_on = train(tmp_path, SCHEDULES["floor"], resume=last, batch_size=1)
    assert len(went_on) == 4 * 2 * STEPS
    # Epoch 4 of 8 is still a third of the cosine, and its last step still the smallest rate.
    assert went_on[0][-1] == pytest.approx(1.50025e-3, rel=1e-6)
    assert 1e-6 < went_on[-1][-1] < 4e-6


def test_schedulers_that_go_by_the_validation_are_left_alone(tmp_path):
    plateau = {"type": "ReduceOnPlateauLR", "monitor": "loss", "by_epoch": True}
    train(tmp_path, [*SCHEDULES["floor"], plateau], epochs=4)
    train(tmp_path, [*SCHEDULES["floor"], plateau], resume="auto", epochs=5)
    assert logged(tmp_path).count("goes by the validation and cannot be followed anew") == 1
