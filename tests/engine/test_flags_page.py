"""docs/flags.md promises where every flag arrives; here each one does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import torch

from mmceph.engine.config import load_config
from mmceph.engine.flags import apply_train_flags
from mmceph.engine.overrides import ConfigError

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "flags.md"
HEADLINE = "configs/hrnet_768_difficult.py"
ALL_29 = "configs/aariz/hrnet_768.py"
TESTED = [
    "--model", "--dataset_path", "--annotations", "--image_size", "--batch_size", "--lr",
    "--warmup_epochs", "--epochs", "--loss", "--mixed_precision", "--resume",
    "--cldetection-model", "--unfreeze-after", "--patience",
]  # fmt: skip


def with_flags(config: str, *flags: str):
    """The config after ``tools/train.py CONFIG FLAGS`` has put the flags into it."""
    spec = importlib.util.spec_from_file_location("train_tool", ROOT / "tools" / "train.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    args = tool.parse_args([config, *flags])
    cfg = load_config(ROOT / config)
    apply_train_flags(cfg, vars(args))
    return cfg


def hook(cfg, kind):
    return next(h for h in cfg.custom_hooks if h["type"] == kind)


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "model.pth"
    torch.save({}, path)
    return str(path)


def rows():
    lines = re.findall(r"^\| `(--[\w-]+)[^|]*\| ([^|]*) \|", PAGE.read_text(encoding="utf-8"), re.M)
    return {old: re.search(r"--[\w-]+", new) for old, new in lines}


def test_every_old_flag_of_the_page_is_tested_and_every_new_one_exists():
    known = (ROOT / "tools" / "train.py").read_text(encoding="utf-8")
    for old, new in rows().items():
        assert old in TESTED, old
        assert new is None or f'"{new.group()}"' in known, new
    assert len(rows()) == len(TESTED)


@pytest.mark.parametrize("config", [HEADLINE, ALL_29])
def test_data_size_rate_and_schedule_arrive(config, tmp_path):
    annotations = tmp_path / "mine.json"
    annotations.write_text("{}")
    cfg = with_flags(
        config, "--data-root", "Aariz", "--annotations", str(annotations), "--image-size", "512",
        "384", "--batch-size", "3", "--lr", "2e-6", "--warmup-epochs", "3", "--epochs", "11",
        "--patience", "6",
    )  # fmt: skip
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
        assert cfg[loader].dataset.data_root == "Aariz"
        sizes = [s.input_size for s in cfg[loader].dataset.pipeline if "input_size" in s]
        assert sizes
        assert set(map(tuple, sizes)) == {(384, 512)}
    assert cfg.train_dataloader.dataset.ann_file == str(annotations)
    head = cfg.model.get("base", cfg.model).head
    assert (tuple(head.decoder.input_size), tuple(head.decoder.heatmap_size)) == (
        (384, 512),
        (96, 128),
    )
    assert cfg.train_dataloader.batch_size == 3
    assert cfg.optim_wrapper.optimizer.lr == 2e-6
    warmup, cosine = cfg.param_scheduler
    assert (warmup.end, cosine.begin, cosine.end, cfg.train_cfg.max_epochs) == (3, 3, 11, 11)
    assert hook(cfg, "EarlyStoppingHook")["patience"] == 6


def test_the_loss_that_is_trained_is_replaced():
    assert with_flags(ALL_29, "--loss", "mse").model.head.loss.type == "KeypointMSELoss"
    refine = with_flags(HEADLINE, "--loss", "adaptive_wing").model.refine
    assert refine.network.loss.type == "LandmarkAdaptiveWingLoss"
    masked = with_flags("configs/aariz/hrnet_768_difficult_masked.py", "--loss", "mse").model
    assert masked.base.head.loss.type == "KeypointMSELoss"
    weighted = with_flags("configs/aariz/hrnet_768_weighted.py", "--loss", "wing").model.head.loss
    assert (weighted.type, weighted.base.type) == ("MaskedKeypointLoss", "LandmarkWingLoss")


@pytest.mark.parametrize("flags", [["--amp"], []])
def test_mixed_precision_is_on_where_there_is_a_gpu(flags, monkeypatch):
    assert with_flags(HEADLINE, *flags).optim_wrapper.type == "OptimWrapper" or (
        torch.cuda.is_available()
    )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    wrapper = with_flags(HEADLINE, *flags).optim_wrapper
    assert (wrapper.type, wrapper.loss_scale) == ("AmpOptimWrapper", "dynamic")


def test_starting_points_arrive(checkpoint):
    started = with_flags(HEADLINE, "--load-from", checkpoint)
    assert (started.load_from, started.resume) == (checkpoint, False)
    assert with_flags(HEADLINE, "--resume").resume is True
    resumed = with_flags(HEADLINE, "--resume", checkpoint)
    assert (resumed.load_from, resumed.resume) == (checkpoint, True)


def test_unfreezing_later_arrives_or_is_refused():
    assert hook(with_flags(ALL_29, "--unfreeze-after", "7"), "UnfreezeBackboneHook")["epochs"] == 7
    distill = with_flags("configs/aariz/hrnet_768_difficult_distill.py", "--unfreeze-after", "2")
    assert hook(distill, "UnfreezeBackboneHook")["epochs"] == 2
    with pytest.raises(ConfigError, match="the base stays frozen"):
        with_flags(HEADLINE, "--unfreeze-after", "7")


def test_the_headline_config_is_what_it_says():
    cfg = with_flags(HEADLINE)
    assert (cfg.train_cfg.max_epochs, cfg.train_dataloader.batch_size) == (20, 4)
    assert cfg.optim_wrapper.optimizer.lr == 1e-6
    assert cfg.param_scheduler[0].end == 2
    assert tuple(cfg.codec.input_size) == (768, 768)
    assert cfg.model.base.head.loss.type == "LandmarkAdaptiveWingLoss"
    assert len(cfg.model.landmarks) == 12
    assert cfg.model.strategy == "exact"
