from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import CheckpointLoader, Runner
from mmengine.runner import checkpoint as mmengine_checkpoint

from mmceph.checkpoints import CheckpointError
from mmceph.checkpoints.for_mmengine import open_for_mmengine
from tests.campaign.hostile import Calls


@pytest.fixture(autouse=True)
def doors() -> Iterator[None]:
    open_for_mmengine(trust=False)
    yield
    open_for_mmengine(trust=False)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    path = tmp_path / "hostile.pth"
    torch.save({"state_dict": {}, "x": Calls(os.mkdir, str(tmp_path / "ran"))}, path)
    return path


@pytest.mark.parametrize("value", ["0", "false", "", "1"])
def test_a_file(hostile: Path, monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", value)
    with pytest.raises(CheckpointError, match=r"hostile.pth: refused"):
        CheckpointLoader.load_checkpoint(str(hostile), "cpu")
    assert not (hostile.parent / "ran").exists()
    open_for_mmengine(trust=True)
    open_for_mmengine()  # as a config that is read later does
    CheckpointLoader.load_checkpoint(str(hostile), "cpu")
    assert (hostile.parent / "ran").exists()


def test_an_address_and_a_model_zoo(hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    served = {"https://a.b/x.pth": hostile, "https://a.b/y-12345678.pth": tmp_path / "sound.pth"}
    torch.save({"weight": torch.ones(2)}, tmp_path / "sound.pth")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(
        torch.hub,
        "download_url_to_file",
        lambda url, target, progress: shutil.copy(served[url], target),
    )
    models = {"net": "https://a.b/x.pth"}
    monkeypatch.setattr(mmengine_checkpoint, "get_torchvision_models", lambda: models)
    monkeypatch.setattr(mmengine_checkpoint, "get_external_models", lambda: models)
    for address in ("https://a.b/x.pth", "torchvision://net", "open-mmlab://net"):
        with pytest.raises(CheckpointError, match=r"x.pth: refused"):
            CheckpointLoader.load_checkpoint(address)
    loaded = CheckpointLoader.load_checkpoint("https://a.b/y-12345678.pth")
    assert loaded["weight"].tolist() == [1, 1]
    assert not (tmp_path / "ran").exists()
    with pytest.raises(CheckpointError, match="open-mmlab://other: no such model"):
        CheckpointLoader.load_checkpoint("open-mmlab://other")
    with pytest.raises(CheckpointError, match="download it and name the file"):
        CheckpointLoader.load_checkpoint("s3://bucket/x.pth")


class OneWeight(BaseModel):
    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, inputs: Any, data_samples: Any = None, mode: str = "loss") -> Any:
        return {"loss": (self.weight - torch.stack(inputs)).square().mean()}


def runner(folder: Path, name: str, **settings: Any) -> Runner:
    rows = [{"inputs": torch.ones(1), "data_samples": 0}] * 4
    loader = {
        "dataset": rows,
        "sampler": {"type": "DefaultSampler", "shuffle": False},
        "collate_fn": {"type": "pseudo_collate"},
        "batch_size": 2,
        "num_workers": 0,
    }
    return Runner(
        OneWeight(),
        str(folder),
        train_dataloader=loader,
        train_cfg={"by_epoch": True, "max_epochs": 2},
        optim_wrapper={"optimizer": {"type": "SGD", "lr": 0.1}},
        experiment_name=f"{folder.name} {name}",
        default_scope="mmengine",
        **settings,
    )


def test_resuming_runs_no_program_of_the_checkpoint(tmp_path: Path):
    """mmengine's ``Runner.resume`` executes ``meta["config"]``."""
    runner(tmp_path, "first").train()
    path, marker = tmp_path / "epoch_1.pth", tmp_path / "ran"
    content = torch.load(path, weights_only=False)
    content["meta"]["config"] = f"open({str(marker)!r}, 'w').close()"
    torch.save(content, path)
    resumed = runner(tmp_path, "second", load_from=str(path), resume=True)
    resumed.train()
    assert resumed.epoch == 2
    assert not marker.exists()
