"""mmengine's hooks, wired as our configs and flags wire them."""

from pathlib import Path

import pytest

from mmceph.engine.checkpoint import load_checkpoint
from mmceph.engine.overrides import set_patience


def best_shift(runner) -> tuple[str, float]:
    """The best checkpoint's name and the error in mm its weights have."""
    (path,) = Path(runner.work_dir).glob("best_*.pth")
    return path.name, 0.5 * abs(float(load_checkpoint(path)["state_dict"]["shift"]))


def test_early_stopping_knows_that_a_smaller_error_is_better(toy_config, run):
    cfg = toy_config(8)
    set_patience(cfg, 2)
    assert len(run(cfg).seen) == 8


def test_early_stopping_ends_a_run_that_gains_nothing(toy_config, run):
    cfg = toy_config(8, lr=0.0)
    set_patience(cfg, 2)
    assert run(cfg).seen == [20.0, 20.0, 20.0]


def test_early_stopping_lets_small_gains_count(toy_config, run):
    cfg = toy_config(6, lr=0.0005)  # a gain of 0.02 mm an epoch; mmengine's own limit is 0.1
    set_patience(cfg, 1)
    seen = run(cfg).seen
    assert len(seen) == 6
    assert 0 < seen[0] - seen[1] < 0.1


def test_the_best_checkpoint_is_that_of_the_smallest_error(toy_config, run):
    # The rate swings the error: 20 mm times 0.5, then past zero by more and more.
    schedule = {"type": "MultiStepLR", "milestones": [2], "gamma": 5.0}
    runner = run(toy_config(4, param_scheduler=[schedule]))
    assert runner.seen == [10.0, 5.0, 7.5, 11.25]
    assert best_shift(runner) == ("best_ceph_MRE_epoch_2.pth", 5.0)


def test_averaged_weights_are_what_is_validated_and_saved(toy_config, run):
    average = {"type": "EMAHook", "ema_type": "ExponentialMovingAverage", "momentum": 0.5}
    runner = run(toy_config(3, custom_hooks=[average]))
    # Weights 20, 10, 5 px; the average starts as a copy of the first.
    assert runner.seen == pytest.approx([10.0, 7.5, 5.0])
    assert best_shift(runner) == ("best_ceph_MRE_epoch_3.pth", pytest.approx(5.0))
    assert float(runner.model.shift) == 5.0
