"""That a real resume is quiet is tested in tests/tools/test_train_and_test.py."""

from __future__ import annotations

import numpy as np
import pytest
from mmengine.runner import Runner

from mmceph.engine.hooks import SameMetainfoHook
from mmceph.engine.hooks.same_metainfo import same_values


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"a": (1, 2), "b": "x"}, {"b": "x", "a": [1, 2]}, True),
        ({"sigmas": np.array([0.1, 0.2])}, {"sigmas": np.array([0.1, 0.2])}, True),
        ({"sigmas": np.array([0.1, 0.2])}, {"sigmas": np.array([0.1, 0.3])}, False),
        ({"sigmas": np.array([0.1])}, {"sigmas": "0.1"}, False),
        ({"names": ("S", "N")}, {"names": ("S",)}, False),
        ({"a": {"b": [1]}}, {"a": {"b": [2]}}, False),
        ({"a": 1}, {}, False),
        (None, {}, False),
    ],
)
def test_values_are_compared_however_they_were_stored(first, second, same):
    assert same_values(first, second) is same


@pytest.mark.parametrize(("resume", "other"), [(True, False), (True, True), (False, False)])
def test_only_the_same_metainfo_of_a_resumed_run_is_replaced(toy_config, resume, other):
    runner = Runner.from_cfg(toy_config(1))
    own = runner.train_loop.dataloader.dataset.metainfo
    saved = {**own, "landmark_names": list(own["landmark_names"])}
    if other:
        saved["landmark_names"] = ["S", "N"]
    checkpoint = {"meta": {"dataset_meta": saved}}
    runner._resume = resume
    SameMetainfoHook().after_load_checkpoint(runner, checkpoint)
    taken = checkpoint["meta"]["dataset_meta"]
    assert same_values(taken, own) is not other
    assert (taken is saved) is not (resume and not other)
