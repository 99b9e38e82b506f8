from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from mmceph.apis.ruler_model import load_ruler_model
from mmceph.checkpoints import CheckpointError, load_checkpoint, load_content
from tests.campaign.hostile import Calls, Hostile
from tests.campaign.hostile_kinds import kinds

CONTAINERS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before 1.6"])
QUICK = [kind for kind in kinds() if not kind.slow and not kind.loads]


@pytest.fixture
def content() -> dict[str, Any]:
    """What mmengine, MMPose and mmceph save, of every kind."""
    history = HistoryBuffer()
    for value in (1.0, 2.0, 6.0):
        history.update(value)
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.AdamW(net.parameters())
    net(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    return {
        "state_dict": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "param_schedulers": [{"milestones": Counter([2, 5, 5])}],
        "message_hub": {"log_scalars": {"train/loss": history}, "runtime_info": {"iter": 7}},
        "meta": {
            "epoch": 3,
            "time": "now",
            "sigmas": np.arange(6, dtype=np.float32).reshape(2, 3),
            "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            "other order": np.arange(3, dtype=">i4"),
            "seen": np.array([True, False]),
            # A landmark list without a line to draw saves an empty array of line colours.
            "skeleton_link_colors": np.array([], np.uint8),
            "large": np.zeros(50_000),
            "best": np.float64(1.5),
            "plain": [None, True, -1, 10**18, 0.5, "ä", b"\xff", (1, (2,)), {1, 2}, {"a": {3: 4}}],
            "torch": [torch.float16, torch.Size([2, 3]), torch.device("cpu")],
        },
        "tensors": {
            "view": torch.arange(12.0).reshape(3, 4)[1:, ::2],
            "empty": torch.empty(0, 3),
            "number": torch.tensor(3, dtype=torch.bfloat16),
            "flags": torch.tensor([True, False]),
            "whole": torch.arange(4),
            "parameter": torch.nn.Parameter(torch.ones(2)),
        },
    }


@CONTAINERS
def test_what_is_saved_comes_back(tmp_path: Path, content: dict[str, Any], zipped: bool):
    path = tmp_path / "epoch_3.pth"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    loaded = load_checkpoint(path)
    for part in ("state_dict", "tensors"):
        assert loaded[part].keys() == content[part].keys()
        for name, tensor in content[part].items():
            assert torch.equal(loaded[part][name], tensor)
            assert loaded[part][name].dtype == tensor.dtype
            assert loaded[part][name].requires_grad == tensor.requires_grad
    assert loaded["state_dict"]._metadata == content["state_dict"]._metadata
    assert isinstance(loaded["tensors"]["parameter"], torch.nn.Parameter)
    for name, value in content["meta"].items():
        np.testing.assert_equal(loaded["meta"][name], value)
        assert type(loaded["meta"][name]) is type(value)
    history = loaded["message_hub"]["log_scalars"]["train/loss"]
    assert (history.mean(), history.statistics("max", 3)) == (3.0, 6.0)
    history.update(1.0)
    step = loaded["optimizer"]["state"][0]["exp_avg"]
    assert torch.equal(step, content["optimizer"]["state"][0]["exp_avg"])


@CONTAINERS
def test_tensors_of_one_storage_share_it(tmp_path: Path, zipped: bool):
    weight = torch.zeros(3)
    torch.save({"a": weight, "b": weight[1:]}, tmp_path / "a.pth",
               _use_new_zipfile_serialization=zipped)  # fmt: skip
    state = load_checkpoint(tmp_path / "a.pth")["state_dict"]
    state["a"][1] = 5.0
    assert state["b"].tolist() == [5.0, 0.0]


def test_bare_state_dict_is_wrapped(tmp_path: Path):
    torch.save({"fc.weight": torch.ones(1)}, tmp_path / "bare.pth")
    assert list(load_checkpoint(tmp_path / "bare.pth")) == ["state_dict"]
    torch.save([torch.ones(1)], tmp_path / "list.pth")
    assert load_content(tmp_path / "list.pth") == [torch.ones(1)]


def load_all(path: Path) -> None:
    """Load a checkpoint, and what it describes where it is a ruler model."""
    if "ruler_model" in load_checkpoint(path):
        load_ruler_model(checkpoint=path)


@pytest.mark.parametrize("hostile", QUICK, ids=lambda kind: kind.name)
def test_hostile_files_are_refused_in_one_line(tmp_path: Path, hostile: Hostile):
    path, marker = tmp_path / "a.pth", tmp_path / "ran"
    if hostile.name == "a pipe" and not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    hostile.write(path, marker)
    with pytest.raises(CheckpointError) as refusal:
        load_all(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert "\n" not in str(refusal.value)
    assert not marker.exists()


def test_a_refusal_names_what_it_is_and_the_flag(tmp_path: Path):
    torch.save({"state_dict": {}, "extra": Calls(os.getcwd)}, tmp_path / "crafted.pth")
    with pytest.raises(CheckpointError, match=r"crafted.pth: refused, it holds \w+\.getcwd, and"):
        load_checkpoint(tmp_path / "crafted.pth")
    torch.save({"state_dict": {}, "names": np.array(["a"])}, tmp_path / "text.pth")
    with pytest.raises(CheckpointError, match=r"numpy.dtype\('U1'\).* pass --trust-checkpoint"):
        load_checkpoint(tmp_path / "text.pth")


@pytest.mark.parametrize("value", [None, "0", "false", "", "1"])
def test_the_environment_decides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
):
    for name in ("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_WEIGHTS_ONLY_LOAD"):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    path, marker = tmp_path / "own.pth", tmp_path / "ran"
    torch.save({"state_dict": {}, "extra": Calls(os.mkdir, str(marker))}, path)
    with pytest.raises(CheckpointError, match="refused"):
        load_checkpoint(path)
    assert not marker.exists()
    load_checkpoint(path, trust=True)
    assert marker.exists()
    assert os.environ.get("TORCH_FORCE_WEIGHTS_ONLY_LOAD") == value


def test_missing_and_damaged_files_are_named(tmp_path: Path):
    with pytest.raises(CheckpointError, match=r"nothing.pth: no such checkpoint"):
        load_checkpoint(tmp_path / "nothing.pth")
    torch.save({"a": torch.ones(100)}, tmp_path / "cut.pth")
    data = (tmp_path / "cut.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(data[:-30])
    with pytest.raises(CheckpointError, match=r"cut.pth: damaged or not a checkpoint"):
        load_checkpoint(tmp_path / "cut.pth")
    with pytest.raises(CheckpointError, match=r"cut.pth: damaged or not a checkpoint"):
        load_checkpoint(tmp_path / "cut.pth", trust=True)
    flipped = bytearray(data)
    flipped[data.index(torch.ones(4).numpy().tobytes())] ^= 1
    (tmp_path / "flipped.pth").write_bytes(flipped)
    with pytest.raises(CheckpointError, match=r"flipped.pth: damaged"):
        load_checkpoint(tmp_path / "flipped.pth")
