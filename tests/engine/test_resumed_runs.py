"""A run that was stopped and resumed is the run that was never stopped, bit for bit."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook

from mmceph.engine import launch, schedule
from mmceph.engine.checkpoint import load_checkpoint
from mmceph.engine.config import load_config
from mmceph.engine.overrides import set_workers
from mmceph.registry import HOOKS

TINY = Path(__file__).resolve().parents[1] / "campaign" / "tiny.py"
EPOCHS = 4


class Stopped(Exception):
    """In the place of a kill."""


@HOOKS.register_module(force=True)
class StopHook(Hook):
    """Ends a run at a place: in an epoch, in its validation or after that."""

    priority = "LOWEST"

    def __init__(self, epoch: int, place: str) -> None:
        self.epoch, self.place = epoch, place

    def _stop(self, runner: Any, place: str) -> None:
        if runner.epoch == self.epoch and place == self.place:
            raise Stopped

    def after_train_iter(self, runner: Any, batch_idx: int, *_: Any, **__: Any) -> None:
        if batch_idx == 1:
            self._stop(runner, "train")

    def before_val_epoch(self, runner: Any) -> None:
        self._stop(runner, "val")

    def after_val_epoch(self, runner: Any, metrics: Any = None) -> None:
        self._stop(runner, "after val")


@pytest.fixture(scope="module")
def config(phantoms: Path):
    numbers = itertools.count()

    def make(work_dir: Path, *, workers: int = 0, **changes: Any) -> Config:
        cfg = load_config(TINY, {"default_hooks.checkpoint.max_keep_ckpts": 2})
        for loader in ("train_dataloader", "val_dataloader"):
            cfg[loader].dataset.data_root = str(phantoms)
        schedule.set_epochs(cfg, EPOCHS)
        set_workers(cfg, workers)
        cfg.work_dir = str(work_dir)
        # mmengine keeps what runs of one name and second have logged in one place.
        cfg.experiment_name = f"{work_dir.name}_{next(numbers)}"
        cfg.merge_from_dict(changes)
        return cfg

    return make


@pytest.fixture(scope="module")
def whole(config, tmp_path_factory) -> Path:
    """The work folder of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    launch.train(config(folder))
    return folder


def stop(cfg: Config, epoch: int, place: str) -> None:
    cfg.custom_hooks = [*cfg.custom_hooks, {"type": "StopHook", "epoch": epoch, "place": place}]
    with pytest.raises(Stopped):
        launch.train(cfg)


def require_equal(folder: Path, other: Path) -> None:
    """The same checkpoints, and in each the same of the run, to the last bit."""
    names = [{path.name for path in f.glob("*.pth")} for f in (folder, other)]
    assert names[0] == names[1]
    for name in names[0]:
        first, second = (load_checkpoint(f / name) for f in (folder, other))
        assert first.keys() == second.keys()
        for part in first.keys() - {"meta", "message_hub"}:
            assert_same(first[part], second[part], f"{name}: {part}")
        infos = [content["message_hub"]["runtime_info"] for content in (first, second)]
        for info in infos:
            assert info["best_score"] == infos[0]["best_score"]
            assert Path(info["best_ckpt"]).name == Path(infos[0]["best_ckpt"]).name


def assert_same(first: Any, second: Any, where: str) -> None:
    assert type(first) is type(second), where
    if isinstance(first, torch.Tensor):
        assert torch.equal(first, second), where
    elif isinstance(first, dict):
        assert first.keys() == second.keys(), where
        for key in first:
            assert_same(first[key], second[key], f"{where}.{key}")
    elif isinstance(first, (list, tuple)):
        assert len(first) == len(second), where
        for number, (a, b) in enumerate(zip(first, second, strict=True)):
            assert_same(a, b, f"{where}[{number}]")
    else:
        assert first == second, where


@pytest.mark.parametrize(("epoch", "place"), [(2, "train"), (1, "val"), (3, "after val")])
def test_a_resumed_run_is_the_same_to_the_last_bit(config, whole, tmp_path, epoch, place):
    stop(config(tmp_path), epoch, place)
    launch.train(config(tmp_path, resume=True))
    require_equal(tmp_path, whole)


def test_also_with_loader_processes_of_another_number(config, whole, tmp_path):
    stop(config(tmp_path, workers=2), 2, "train")
    launch.train(config(tmp_path, resume=True, workers=1))
    require_equal(tmp_path, whole)
