"""A run that was stopped and resumed is the run that was never stopped, bit for bit."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config
from mmengine.hooks import Hook

from mmceph.engine import launch, schedule
from mmceph.engine.config import load_config
from mmceph.registry import HOOKS
from tests.campaign.same_run import difference

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

    def make(work_dir: Path, **changes: Any) -> Config:
        cfg = load_config(TINY, {"default_hooks.checkpoint.max_keep_ckpts": 2})
        for loader in ("train_dataloader", "val_dataloader"):
            cfg[loader].dataset.data_root = str(phantoms)
        schedule.set_epochs(cfg, EPOCHS)
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


@pytest.mark.parametrize(("epoch", "place"), [(2, "train"), (1, "val"), (3, "after val")])
def test_a_resumed_run_is_the_same_to_the_last_bit(config, whole, tmp_path, epoch, place):
    stop(config(tmp_path), epoch, place)
    launch.train(config(tmp_path, resume=True))
    assert difference(tmp_path, whole) == ""
