import json

import pytest
import torch
from mmengine.config import Config

from mmceph.engine import overrides
from mmceph.engine.flags import apply_train_flags
from mmceph.engine.overrides import ConfigError
from mmceph.engine.set_aside import move_aside


@pytest.fixture
def cfg() -> Config:
    codec = {"type": "SoftArgmaxHeatmap", "input_size": (320, 400), "heatmap_size": (160, 200)}
    dataset = {
        "type": "CephDataset",
        "data_root": "data/",
        "ann_file": "annotations/val.json",
        "pipeline": [{"type": "TopdownAffine", "input_size": (320, 400)}],
    }
    return Config(
        {
            "model": {"backbone": {"type": "A"}, "head": {"type": "H", "decoder": codec}},
            "train_dataloader": {
                "batch_size": 8,
                "dataset": {"type": "RepeatDataset", "times": 2, "dataset": dataset},
            },
            "val_dataloader": {"batch_size": 8, "dataset": dataset},
            "test_dataloader": {"batch_size": 8, "dataset": dataset},
            "train_cfg": {"max_epochs": 40},
            "optim_wrapper": {"type": "OptimWrapper", "optimizer": {"type": "AdamW", "lr": 2e-3}},
            "param_scheduler": [
                {"type": "LinearLR", "begin": 0, "end": 4},
                {"type": "CosineAnnealingLR", "begin": 4, "end": 40, "T_max": 36},
            ],
            "default_hooks": {"checkpoint": {"type": "CheckpointHook", "save_best": "ceph/MRE"}},
        }
    )


def apply(cfg: Config, **flags) -> Config:
    apply_train_flags(cfg, {"config": "configs/some_config.py", **flags})
    return cfg


def test_no_flag_changes_nothing_but_work_dir_and_launcher(cfg):
    before = json.dumps(cfg.to_dict(), sort_keys=True)
    apply(cfg, epochs=None, lr=None, amp=False)
    assert cfg.work_dir.replace("\\", "/") == "work_dirs/some_config"
    after = {k: v for k, v in cfg.to_dict().items() if k not in ("work_dir", "launcher")}
    assert json.dumps(after, sort_keys=True) == before


def test_rate_batch_size_workers_and_seed_arrive(cfg):
    apply(cfg, lr=1e-6, batch_size=4, workers=0, seed=7)
    assert cfg.optim_wrapper.optimizer.lr == 1e-6
    assert cfg.train_dataloader.batch_size == 4
    assert cfg.val_dataloader.num_workers == 0
    assert cfg.val_dataloader.persistent_workers is False
    assert cfg.randomness.seed == 7


def test_data_root_and_annotations_arrive(cfg, tmp_path):
    file = tmp_path / "mine.json"
    file.write_text("{}")
    apply(cfg, data_root="elsewhere", annotations=str(file))
    inner = cfg.train_dataloader.dataset.dataset
    assert inner.data_root == "elsewhere"
    assert inner.ann_file == str(file.resolve())
    assert cfg.val_dataloader.dataset.data_root == "elsewhere"
    assert cfg.val_dataloader.dataset.ann_file == "annotations/val.json"


@pytest.mark.parametrize("name", sorted(overrides.LOSSES))
def test_loss_arrives_by_its_name(cfg, name):
    apply(cfg, loss=name)
    assert cfg.model.head.loss.type == overrides.LOSSES[name]["type"]


def test_a_loss_under_a_mask_replaces_what_is_masked(cfg):
    mask = {"type": "mmceph.MaskedKeypointLoss", "base": {"type": "X"}, "landmarks": ["Po"]}
    cfg.model.head.loss = {**mask, "landmark_set": "isbi19"}
    apply(cfg, loss="wing")
    assert cfg.model.head.loss.type == "mmceph.MaskedKeypointLoss"
    assert cfg.model.head.loss.landmarks == ["Po"]
    assert cfg.model.head.loss.base == overrides.LOSSES["wing"]


def test_every_loss_can_be_built(cfg):
    from mmceph.registry import MODELS

    maps = torch.rand(1, 2, 4, 4)
    for config in overrides.LOSSES.values():
        loss = MODELS.build(config)
        assert loss(maps, torch.rand(1, 2, 4, 4), torch.ones(1, 2)) > 0
    assert MODELS.build(overrides.LOSSES["smooth_l1"]).beta == 0.1
    assert MODELS.build(overrides.LOSSES["wing"]).omega == 0.5


def test_a_masked_loss_for_other_landmarks_is_refused(cfg):
    cfg.model.head.loss = {"type": "MaskedKeypointLoss", "base": {}, "landmarks": ["Po"]}
    with pytest.raises(ValueError, match="'aariz29', the training data have 'isbi19'"):
        apply(cfg)


def test_patience_adds_early_stopping_that_knows_smaller_is_better(cfg):
    apply(cfg, patience=30)
    (hook,) = cfg.custom_hooks
    assert hook == {
        "type": "EarlyStoppingHook",
        "monitor": "ceph/MRE",
        "rule": "less",
        "min_delta": 1e-6,
        "patience": 30,
    }


def test_unfreeze_after_arrives(cfg):
    apply(cfg, unfreeze_after=3)
    assert cfg.custom_hooks == [{"type": "UnfreezeBackboneHook", "epochs": 3}]
    assert cfg.find_unused_parameters is True
    keys = cfg.optim_wrapper.paramwise_cfg.custom_keys
    assert keys == {"backbone": {"lr_mult": 0.1}}


def test_amp_without_a_gpu_says_so_and_stays_in_full_precision(cfg, monkeypatch):
    said = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(overrides, "print_log", lambda text, **_: said.append(text))
    apply(cfg, amp=True)
    assert cfg.optim_wrapper.type == "OptimWrapper"
    assert ["no GPU here" in text for text in said] == [True]


def test_amp_on_a_gpu(cfg, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)  # mmengine's logger asks
    apply(cfg, amp=True)
    assert cfg.optim_wrapper == {
        "type": "AmpOptimWrapper",
        "loss_scale": "dynamic",
        "optimizer": {"type": "AdamW", "lr": 2e-3},
    }


def test_resume_and_load_from(cfg, tmp_path):
    file = tmp_path / "a.pth"
    file.write_bytes(b"")
    apply(cfg, resume="auto")
    assert cfg.resume is True
    assert cfg.load_from is None
    added = ["mmceph.FollowScheduleHook", "mmceph.SameMetainfoHook"]
    assert [hook["type"] for hook in cfg.custom_hooks] == added
    apply(cfg, resume=str(file))
    assert cfg.load_from == str(file)
    with pytest.raises(ConfigError, match="give one"):
        apply(cfg, resume="auto", load_from=str(file))
    with pytest.raises(ConfigError, match=r"nowhere.pth: no such checkpoint"):
        apply(cfg, load_from=str(tmp_path / "nowhere.pth"))
    assert cfg.resume is True
    apply(cfg, load_from=str(file))
    assert cfg.resume is False
    move_aside(tmp_path, [file])
    with pytest.raises(ConfigError, match=r"a.pth: no such.*was moved to .*earlier_1.a.pth"):
        apply(cfg, load_from=str(file))


def test_given_weights_are_fitted_with_a_table(cfg, tmp_path):
    file = tmp_path / "a.pth"
    file.write_bytes(b"")
    for _ in range(2):
        apply(cfg, load_from=str(file))
    assert [hook["type"] for hook in cfg.custom_hooks] == ["mmceph.PartialWeightsHook"]
    cfg.custom_hooks = [{"type": "PartialWeightsHook"}]  # the config's own
    apply(cfg, load_from=str(file))
    assert len(cfg.custom_hooks) == 1
    # This one takes its base's weights itself.
    cfg.custom_hooks, cfg.model["type"] = [], "DifficultLandmarkEstimator"
    overrides.set_start(cfg, None, str(file))
    assert cfg.custom_hooks == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"epochs": 0}, "--epochs 0"),
        ({"batch_size": 0}, "--batch-size 0: must be at least 1"),
        ({"workers": -1}, "--workers -1: must be at least 0"),
        ({"lr": 0.0}, "--lr 0.0: must be a number above 0"),
        ({"lr": float("nan")}, "--lr nan"),
        ({"patience": 0}, "--patience 0"),
        ({"unfreeze_after": -1}, "--unfreeze-after -1"),
        ({"loss": "mes"}, "--loss mes: unknown; choose from"),
        ({"annotations": "no.json"}, r"no.json: no such file"),
    ],
)
def test_impossible_flags_are_named(cfg, flags, message):
    with pytest.raises(ConfigError, match=message):
        apply(cfg, **flags)


@pytest.mark.parametrize(("spacing", "key"), [(None, "ceph/MRE_px"), ([0.1, 0.1], "ceph/MRE")])
def test_best_checkpoint_goes_by_px_where_no_spacing_is_known(cfg, tmp_path, spacing, key):
    (tmp_path / "annotations").mkdir()
    content = {"images": [{"id": 1, "spacing": spacing}]}
    (tmp_path / "annotations" / "val.json").write_text(json.dumps(content))
    apply(cfg, data_root=str(tmp_path), patience=3)
    assert cfg.default_hooks.checkpoint.save_best == key
    assert cfg.custom_hooks[0].monitor == key
