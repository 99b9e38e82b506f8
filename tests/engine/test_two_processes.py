"""Two processes train and test as one does, and what one of them meets ends the run for both.

These take long to start, so each half of them runs in one of the two modes.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from mmceph.engine.process_group import torchrun_command
from tests.engine.two_processes.worker import mmengine_config, quick_format, tool

ROOT = Path(__file__).resolve().parents[2]
PARTS = Path(__file__).parent / "two_processes"
CONFIG = """
_base_ = ["{root}/configs/phantom/resnet18_quickstart.py"]
custom_imports = dict(imports=["tests.engine.two_processes.parts"])
model = dict(
    backbone=dict(_delete_=True, type="TwoConvolutions"),
    head=dict(in_channels=(8, 8), feat_channels=8),
)
fallback = dict(backbone=dict(_delete_=True, type="TwoConvolutions"))
loader = dict(num_workers=0, persistent_workers=False)
train_dataloader = dict(loader, batch_size=2, dataset=dict(data_root="{data}"))
val_dataloader = dict(loader, batch_size=1, dataset=dict(data_root="{data}", ann_file="{odd}"))
test_dataloader = val_dataloader
train_cfg = dict(max_epochs=2, val_interval=1)
optim_wrapper = dict(optimizer=dict(_delete_=True, type="SGD", lr=0.02, momentum=0.9))
param_scheduler = None
custom_hooks = [dict(type="ChannelsLastHook"), dict(type="KeepHook")]
"""
REFINE = """
_base_ = ["./plain.py"]
model = dict(
    _delete_=True,
    type="DifficultLandmarkEstimator",
    base=_base_.model,
    landmarks=["Or", "ANS"],
    landmark_set="phantom31",
    refine=dict(network=dict(crop_size=96, channels=8)),
)
fallback = dict(_delete_=True, base=_base_.fallback)
pipeline = [
    dict(type="LoadCephImage", color_type="grayscale"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="KeepFineImage", input_size=(192, 240), zoom=0.3),
    dict(type="CephTopdownAffine", input_size=(192, 240)),
    dict(type="PackFineInputs"),
]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
"""


@dataclass(frozen=True)
class Runs:
    """The folders of what two processes did, and of what one did."""

    two: Path
    one: Path

    def kept(self, name: str) -> list[dict[str, Any]]:
        """What KeepHook saved in each of two processes."""
        return [torch.load(self.two / name / f"{rank}.pt") for rank in (0, 1)]


def environment(**more: str) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **more}


def write_configs(folder: Path, phantoms: Path) -> None:
    """Configs on eight pictures to train on and three, an odd number, to validate on."""
    content = json.loads((phantoms / "annotations" / "train.json").read_text(encoding="utf-8"))
    content["images"] = content["images"][:3]
    kept = {image["id"] for image in content["images"]}
    content["annotations"] = [m for m in content["annotations"] if m["image_id"] in kept]
    odd = folder / "odd.json"
    odd.write_text(json.dumps(content), encoding="utf-8")
    config = CONFIG.format(root=ROOT.as_posix(), data=phantoms.as_posix(), odd=odd.as_posix())
    (folder / "plain.py").write_text(config, encoding="utf-8")
    (folder / "refine.py").write_text(REFINE, encoding="utf-8")
    dying = config.replace("KeepHook", "DyingHook")
    (folder / "dying.py").write_text(dying, encoding="utf-8")


def run_in_two(folder: Path, plan: list[tuple[str, list[str]]]) -> None:
    """Run a plan in two processes; what a failed one said is the failure."""
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    command = [sys.executable, str(PARTS / "worker.py"), str(folder / "plan.json")]
    processes = []
    for rank in ("0", "1"):
        variables = environment(RANK=rank, LOCAL_RANK=rank, **known)
        with (folder / f"said_by_{rank}.txt").open("w") as log:
            processes.append(
                subprocess.Popen(
                    command, env=variables, cwd=folder, stdout=log, stderr=subprocess.STDOUT
                )
            )
    try:
        status = [process.wait(timeout=300) for process in processes]
    finally:
        for process in processes:
            process.kill()
    said = [(folder / f"said_by_{rank}.txt").read_text(encoding="utf-8") for rank in (0, 1)]
    assert status == [0, 0], "\n".join(text[-3000:] for text in said)


@pytest.fixture(scope="module")
def runs(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Everything that two processes do here, in one start of them, and the same in one."""
    folder = tmp_path_factory.mktemp("two_processes")
    write_configs(folder, phantoms)
    two = folder / "two"

    def train(config: str, work_dir: str, *words: str) -> tuple[str, list[str]]:
        return "train", [str(folder / config), "--work-dir", str(two / work_dir), *words]

    plain = str(two / "plain" / "epoch_2.pth")
    again = str(two / "again" / "epoch_1.pth")
    frozen = ["--cfg-options", "optim_wrapper.optimizer.lr=0.0"]
    plan = [
        train("plain.py", "plain"),
        ("test", [str(folder / "plain.py"), plain, "--work-dir", str(two / "tested")]),
        train("plain.py", "resumed", "--epochs", "1"),
        train("plain.py", "resumed", "--resume"),
        train("plain.py", "again", "--epochs", "1"),
        train("plain.py", "again", "--epochs", "1", "--load-from", again),
        train("plain.py", "unfrozen", "--unfreeze-after", "1"),
        train("plain.py", "stopped", "--patience", "1", "--epochs", "4", *frozen),
        train("refine.py", "refined", "--load-from", plain),
    ]
    run_in_two(folder, plan)
    one = folder / "one"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mmengine_config, "FormatCode", quick_format)
        run_in_one(folder, one, plain)
    return Runs(two, one)


def run_in_one(folder: Path, one: Path, checkpoint: str) -> None:
    """The same training and test in this process, on one thread as there: sums round alike then."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        _run_here(folder, one, checkpoint)
    finally:
        torch.set_num_threads(threads)


def _run_here(folder: Path, one: Path, checkpoint: str) -> None:
    words = [str(folder / "plain.py"), "--work-dir", str(one / "plain"), "--batch-size", "4"]
    assert tool("train").main(words) == 0
    words = [str(folder / "plain.py"), checkpoint, "--work-dir", str(one / "tested")]
    assert tool("test").main(words) == 0


def assert_same_weights(first: dict[str, Any], second: dict[str, Any], tolerance: float) -> None:
    assert first.keys() == second.keys()
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], rtol=0, atol=tolerance)


@pytest.mark.mmpose
def test_losses_and_weights_are_those_of_one_process_with_the_same_pictures_a_step(runs):
    ours, other = runs.kept("plain")
    one = torch.load(runs.one / "plain" / "0.pt")
    assert len(one["losses"]) == 4
    mean = (torch.tensor(ours["losses"]) + torch.tensor(other["losses"])) / 2
    torch.testing.assert_close(mean, torch.tensor(one["losses"]), rtol=0, atol=1e-5)
    assert_same_weights(ours["state"], one["state"], 1e-5)
    assert_same_weights(ours["state"], other["state"], 0)


@pytest.mark.mmpose
def test_the_report_is_that_of_one_process_and_one_writes_it(runs):
    two, one = (
        json.loads((folder / "tested/report/report.json").read_text(encoding="utf-8"))
        for folder in (runs.two, runs.one)
    )
    for own in ("config_text", "date"):
        for report in (two, one):
            report.pop(own, None)
    assert two == one
    assert two["num_images"] == 3
    assert len({row["file"] for row in two["images"]}) == len(two["images"]) == 3
    assert [path.name for path in (runs.two / "tested").glob("reported_*")] == ["reported_by_0"]
    assert not list(runs.two.parent.glob(".dist_test"))


@pytest.mark.mmpose
def test_a_resumed_run_is_the_uninterrupted_one(runs):
    for resumed, whole in zip(runs.kept("resumed"), runs.kept("plain"), strict=True):
        assert_same_weights(resumed["state"], whole["state"], 1e-6)
        assert resumed["losses"] == pytest.approx(whole["losses"][2:], abs=1e-6)


@pytest.mark.mmpose
def test_an_earlier_runs_weights_are_moved_away_once_and_still_found(runs):
    folder = runs.two / "again"
    assert sorted(path.name for path in folder.glob("earlier_*")) == ["earlier_1"]
    assert (folder / "earlier_1" / "epoch_1.pth").is_file()
    assert (folder / "epoch_1.pth").is_file()
    ours, other = runs.kept("again")
    assert_same_weights(ours["state"], other["state"], 0)


@pytest.mark.mmpose
def test_the_backbone_is_the_same_everywhere_before_and_after_it_is_trained_along(runs):
    ours, other = runs.kept("unfrozen")
    first, second = ours["backbones"]
    assert not torch.equal(first, second)
    assert_same_weights(ours["state"], other["state"], 0)


@pytest.mark.mmpose
def test_both_stop_early_after_the_same_validation(runs):
    assert [kept["epochs"] for kept in runs.kept("stopped")] == [[1, 2], [1, 2]]


@pytest.mark.mmpose
def test_the_base_predicts_each_picture_once_for_both(runs):
    ours, other = runs.kept("refined")
    assert (ours["predicted"], other["predicted"]) == (4, 4)
    assert_same_weights(ours["state"], other["state"], 0)


@pytest.mark.fallback
def test_a_process_that_dies_ends_the_run_with_its_message(phantoms, tmp_path):
    write_configs(tmp_path, phantoms)
    words = [str(tmp_path / "dying.py"), "--work-dir", str(tmp_path / "work")]
    command = shlex.split(torchrun_command(str(ROOT / "tools" / "train.py"), words, 2))
    assert command[0] == "torchrun"
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", *command[1:]]
    done = subprocess.run(
        start, env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode != 0
    assert "error: phantom_0007.png: cannot be read; put it there again" in done.stderr
    assert done.stderr.count("Traceback") == 1  # torchrun's own, at the end
