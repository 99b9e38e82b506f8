"""What all tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer

from mmceph.pose import USING_MMPOSE

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "mmpose: needs MMPose, for parity with its own classes")
    config.addinivalue_line("markers", "fallback: needs that MMPose cannot be imported")


def pytest_report_header(config: pytest.Config) -> str:
    return f"mmceph runs {'on MMPose' if USING_MMPOSE else 'on its fallback, without MMPose'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("mmpose") and not USING_MMPOSE:
            item.add_marker(pytest.mark.skip(reason="MMPose cannot be imported here"))
        if item.get_closest_marker("fallback") and USING_MMPOSE:
            item.add_marker(pytest.mark.skip(reason="MMPose is used here, not the fallback"))


def pytest_collection_finish() -> None:
    # Hypothesis collects garbage for every example; all that was imported would be looked through.
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_runner_left_behind() -> Iterator[None]:
    """Forget what a Runner leaves in the process: its scope, its log and its visualizer.

    mmengine names them by the second. A Runner of the next test, made in the same second, would
    write into this test's folder.
    """
    managers = (DefaultScope, MMLogger, MessageHub, Visualizer)
    before = [dict(manager._instance_dict) for manager in managers]
    yield
    for manager, instances in zip(managers, before, strict=True):
        manager._instance_dict.clear()
        manager._instance_dict.update(instances)


@pytest.fixture(scope="session", autouse=True)
def no_wait_for_the_disk() -> Iterator[None]:
    """Whether what a test wrote survives a power cut does not matter, and waiting takes minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session")
def ceph100() -> Path:
    """Folder of 100 real cephalograms, where the machine has them."""
    return _real("ceph100")


@pytest.fixture(scope="session")
def isbi2015() -> Path:
    """Folder of 300 films of the ISBI 2015 challenge, where the machine has them."""
    return _real("isbi2015")


def _real(name: str) -> Path:
    if not (REAL_DATA / name).is_dir():
        pytest.skip(f"no real cephalograms here (data/{name} is absent)")
    return REAL_DATA / name


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root of twelve small phantoms: 8 to train on, 2 to validate, 2 to test."""
    from mmceph.phantom.dataset import write_dataset

    root = tmp_path_factory.mktemp("phantoms") / "data"
    write_dataset(root, 12, seed=5, size=(192, 240), split=(0.67, 0.17, 0.16))
    return root
