import builtins
import errno
import io
import itertools
import os
import stat
from pathlib import Path

import pytest
from mmengine.hooks import Hook

from mmceph.engine import launch
from mmceph.engine.checkpoint import CheckpointError, load_checkpoint
from mmceph.engine.newest import newest_whole
from mmceph.engine.overrides import set_patience
from mmceph.io import atomic
from mmceph.registry import HOOKS

STEPS = [{"type": "MultiStepLR", "milestones": [2], "gamma": 5.0}]
"""The error in mm of four epochs is 10, 5, 7.5, 11.25."""


class Stopped(Exception):
    """In the place of a kill."""


@HOOKS.register_module(force=True)
class StopAfterValidation(Hook):
    priority = "LOWEST"

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def after_val_epoch(self, runner, metrics=None):
        if runner.epoch == self.epoch:
            raise Stopped


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.pth"))


def stop(cfg, epoch: int) -> None:
    cfg.custom_hooks = [
        *(cfg.get("custom_hooks") or []),
        {"type": "StopAfterValidation", "epoch": epoch},
    ]
    with pytest.raises(Stopped):
        launch.train(cfg)


def test_before_anything_is_removed_the_new_one_is_whole_and_named(
    toy_config, tmp_path, monkeypatch
):
    seen = []

    def watched(name, real):
        def call(path, *more, **kwargs):
            target = Path(more[0] if more else path).name
            if target.endswith(".pth") or target == "last_checkpoint":
                seen.append((name, target))
            return real(path, *more, **kwargs)

        return call

    monkeypatch.setattr(atomic.os, "replace", watched("written", os.replace))
    monkeypatch.setattr(os, "remove", watched("removed", os.remove))
    launch.train(toy_config(3, param_scheduler=STEPS))
    assert seen == [
        ("written", "epoch_1.pth"), ("written", "last_checkpoint"),
        ("written", "best_ceph_MRE_epoch_1.pth"),
        ("written", "epoch_2.pth"), ("written", "last_checkpoint"), ("removed", "epoch_1.pth"),
        ("written", "best_ceph_MRE_epoch_2.pth"), ("removed", "best_ceph_MRE_epoch_1.pth"),
        ("written", "epoch_3.pth"), ("written", "last_checkpoint"), ("removed", "epoch_2.pth"),
    ]  # fmt: skip
    last = tmp_path / "work" / "last_checkpoint"
    assert last.read_text(encoding="utf-8") == str(tmp_path / "work" / "epoch_3.pth")


def test_a_full_disk_costs_the_new_checkpoint_only(toy_config, tmp_path, monkeypatch):
    cfg = toy_config(3)
    fsync = os.fsync
    files_so_far = itertools.count(1)  # the config, epoch 1, the best one, epoch 2

    def full(handle):
        about = os.fstat(handle)
        if stat.S_ISREG(about.st_mode) and about.st_size > 1000 and next(files_so_far) == 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"epoch_2\.pth: .*No space left.*--resume"):
        launch.train(cfg)
    monkeypatch.undo()
    work = tmp_path / "work"
    assert files(work) == ["best_ceph_MRE_epoch_1.pth", "epoch_1.pth"]
    assert not list(work.glob("*.tmp")) + list(work.glob(".*.tmp"))
    assert newest_whole(work)[0].name == "epoch_1.pth"


def test_patience_and_best_score_go_on(toy_config, run, tmp_path):
    cfg = toy_config(8, lr=0.0, work_dir=str(tmp_path / "whole"))
    set_patience(cfg, 3)
    launch.train(cfg)
    ended = files(tmp_path / "whole")
    assert "epoch_4.pth" in ended  # the first score is never better than none is
    for epoch in (2, 4):
        cfg = toy_config(8, lr=0.0, work_dir=str(tmp_path / f"stopped_{epoch}"))
        set_patience(cfg, 3)
        stop(cfg, epoch)
        cfg = toy_config(8, lr=0.0, work_dir=cfg.work_dir, resume=True)
        set_patience(cfg, 3)
        launch.train(cfg)
        assert files(Path(cfg.work_dir)) == ended


def test_the_one_gone_on_from_is_named_though_a_kill_came_before(toy_config, tmp_path):
    work = tmp_path / "work"
    launch.train(toy_config(2))
    for old in (str(work / "epoch_1.pth"), None):
        (work / "last_checkpoint").unlink()
        if old is not None:
            (work / "last_checkpoint").write_text(old)
        launch.train(toy_config(2, resume=True))
        assert (work / "last_checkpoint").read_text() == str(work / "epoch_2.pth")


def test_what_is_best_stays_best(toy_config, tmp_path):
    work = tmp_path / "work"
    fast, slow = ([{"type": "MultiStepLR", "milestones": [n], "gamma": 0.4}] for n in (9, 1))
    launch.train(toy_config(1, param_scheduler=fast))
    sparse = toy_config(4, param_scheduler=fast, resume=True)
    sparse.default_hooks.checkpoint.interval = 4
    stop(sparse, 2)
    assert files(work) == ["best_ceph_MRE_epoch_2.pth", "epoch_1.pth"]
    # It goes on from epoch 1 at a rate that does worse: 8 and 6.4 mm.
    hooks = [{"type": "FollowScheduleHook"}]
    launch.train(toy_config(3, param_scheduler=slow, resume=True, custom_hooks=hooks))
    assert files(work) == ["best_ceph_MRE_epoch_2.pth", "epoch_3.pth"]
    assert load_checkpoint(work / "epoch_3.pth")["message_hub"]["runtime_info"]["best_score"] == 5.0


def test_a_run_resumed_elsewhere_leaves_the_first_ones_files_alone(toy_config, tmp_path):
    launch.train(toy_config(2))
    before = files(tmp_path / "work")
    start = str(tmp_path / "work" / "epoch_2.pth")
    launch.train(toy_config(4, work_dir=str(tmp_path / "other"), resume=True, load_from=start))
    assert files(tmp_path / "work") == before
    assert files(tmp_path / "other") == ["best_ceph_MRE_epoch_4.pth", "epoch_4.pth"]


@pytest.mark.parametrize(
    "schedule",
    [
        {"type": "MultiStepLR", "milestones": [2, 3], "gamma": 0.5},
        {"type": "OneCycleLR", "eta_max": 0.3, "total_steps": 4},
        {"type": "ReduceOnPlateauLR", "monitor": "ceph/MRE", "rule": "less", "threshold": 0.9},
    ],
    ids=lambda schedule: schedule["type"],
)
def test_every_kind_of_schedule_is_gone_on_with(toy_config, tmp_path, schedule):
    whole = toy_config(4, param_scheduler=[dict(schedule)], work_dir=str(tmp_path / "whole"))
    launch.train(whole)
    stop(toy_config(4, param_scheduler=[dict(schedule)]), 2)
    launch.train(toy_config(4, param_scheduler=[dict(schedule)], resume=True))
    first, second = (
        load_checkpoint(tmp_path / folder / "epoch_4.pth") for folder in ("whole", "work")
    )
    for part in ("state_dict", "param_schedulers"):
        assert first[part] == second[part]


def test_several_figures_each_have_a_best(toy_config, tmp_path):
    cfg = toy_config(3, param_scheduler=STEPS)
    hook = cfg.default_hooks.checkpoint
    hook.save_best, hook.rule = ["ceph/MRE", "ceph/MRE_px"], "less"
    stop(cfg, 2)
    cfg = toy_config(3, param_scheduler=STEPS, resume=True)
    cfg.default_hooks.checkpoint = hook
    launch.train(cfg)
    cfg.experiment_name += "_again"
    best = ["best_ceph_MRE_epoch_2.pth", "best_ceph_MRE_px_epoch_2.pth"]
    assert files(tmp_path / "work") == [*best, "epoch_3.pth"]
    hook.save_best = ["ceph/MRE", "ceph/XYZ"]
    with pytest.raises(CheckpointError, match="'ceph/XYZ': the validation has no such figure"):
        launch.train(cfg)


def test_a_folder_that_the_code_page_cannot_spell(toy_config, tmp_path, monkeypatch, capfd):
    real = io.open

    def cp1252(file, mode="r", buffering=-1, encoding=None, *more, **kwargs):
        if "b" not in mode and encoding in (None, "locale"):
            encoding = "cp1252"
        return real(file, mode, buffering, encoding, *more, **kwargs)

    for module in (builtins, io):
        monkeypatch.setattr(module, "open", cp1252)
    work = tmp_path / "علی"
    launch.train(toy_config(1, work_dir=str(work)))
    launch.train(toy_config(2, work_dir=str(work), resume=True))
    assert files(work) == ["best_ceph_MRE_epoch_2.pth", "epoch_2.pth"]
    assert "Logging error" not in capfd.readouterr().err
    logs = sorted(work.glob("*/*.log"))
    assert all("علی" in log.read_text(encoding="utf-8") for log in logs)
