"""The whole path a user walks, on a dozen small phantoms, as users call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmceph.pose import USING_MMPOSE

ROOT = Path(__file__).resolve().parents[2]
CONFIG = "configs/phantom/resnet18_quickstart.py"
SMALL = ["--image-size", "96", "64", "--batch-size", "4"]
NAMES = {"report.json", "per_landmark.csv", "predictions.json", "report.md", "index.html"}


def tool(name: str, *arguments: object, **kwargs) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / name), *map(str, arguments)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        **kwargs,
    )


def train(work_dir: Path, data: Path, *more: object) -> subprocess.CompletedProcess[str]:
    return tool("train.py", CONFIG, "--data-root", data, "--work-dir", work_dir, *SMALL, *more)


@pytest.fixture(scope="module")
def trained(phantoms, tmp_path_factory) -> Path:
    """A work folder after two epochs, trained with two workers started by ``spawn``."""
    work_dir = tmp_path_factory.mktemp("run") / "work dir"
    done = train(
        work_dir, phantoms, "--epochs", 2, "--workers", 2,
        "--cfg-options", "env_cfg.mp_cfg.mp_start_method=spawn", "train_cfg.val_interval=1",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    return work_dir


def scalars(work_dir: Path) -> list[dict]:
    """Return everything mmengine logged as numbers, oldest run first."""
    files = sorted(work_dir.glob("*/vis_data/scalars.json"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_training_with_spawned_workers_validates_and_saves(trained):
    assert (trained / "epoch_2.pth").is_file()
    assert len(list(trained.glob("best_ceph_MRE_epoch_*.pth"))) == 1
    metrics = [line for line in scalars(trained) if "ceph/MRE" in line]
    assert len(metrics) == 2
    expected = {f"ceph/SDR_{t}mm" for t in ("2.0", "2.5", "3.0", "4.0")} | {"ceph/MRE_px"}
    assert expected <= set(metrics[0])


def test_saved_config_is_what_ran(trained):
    text = (trained / "resnet18_quickstart.py").read_text()
    assert "fallback" not in text
    assert ("TorchvisionResNet" in text) == (not USING_MMPOSE)


def test_checkpoint_loads_with_tensors_only(trained):
    from mmceph.engine.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(trained / "epoch_2.pth")
    assert checkpoint["meta"]["epoch"] == 2
    assert all(isinstance(v, torch.Tensor) for v in checkpoint["state_dict"].values())
    assert checkpoint["optimizer"]["state"]


def test_resume_goes_on_where_it_stopped(trained, phantoms, tmp_path):
    import shutil

    work_dir = tmp_path / "resumed"
    shutil.copytree(trained, work_dir)
    done = train(work_dir, phantoms, "--epochs", 3, "--resume", "--workers", 0)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "resumed epoch: 2" in done.stdout
    assert "dataset metainfo from the resumed checkpoint is different" not in done.stdout
    steps = [line["epoch"] for line in scalars(work_dir) if "loss" in line]
    assert steps == [1, 2, 3]


def test_report_holds_what_the_contract_says(trained, phantoms):
    config = trained / "resnet18_quickstart.py"
    done = tool("test.py", config, trained / "epoch_2.pth", "--work-dir", trained, "--workers", 0)
    assert done.returncode == 0, done.stdout[-4000:]
    out = trained / "report"
    assert {p.name for p in out.iterdir()} >= NAMES
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["schema"] == 1
    assert report["num_images"] == 2
    assert len(report["landmarks"]) == 31
    assert report["environment"]["mode"] == ("mmpose" if USING_MMPOSE else "fallback")
    assert report["baselines"]["mean_shape"]["mre_mm"] > 0
    assert 0 < report["baselines"]["inter_observer"]["mre_mm"] < 5
    assert f"{report['overall']['mre_mm']:.2f}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train.py", "configs/no_such_config.py"], "configs/no_such_config.py: no such config"),
        (["train.py", "configs/_base_/default_runtime.py"], "has no model"),
        (["train.py", CONFIG, "--data-root", "nowhere", "--workers", "0"], "nowhere"),
        (["test.py", CONFIG, "no_such.pth"], "no_such.pth"),
    ],
)
def test_mistakes_give_one_line_that_names_the_file(arguments, message, tmp_path):
    done = tool(*arguments, "--work-dir", tmp_path)
    assert done.returncode == 1
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last
    assert "Traceback" not in done.stdout


@pytest.mark.fallback
def test_require_mmpose_refuses_the_fallback(tmp_path):
    done = tool("train.py", CONFIG, "--require-mmpose", "--work-dir", tmp_path)
    assert done.returncode == 1
    assert "--require-mmpose" in done.stdout.strip().splitlines()[-1]


def test_hrnet_config_trains_with_mmpose_and_without(phantoms, tmp_path):
    done = tool(
        "train.py", "configs/isbi2015/hrnet_w32_768.py", "--work-dir", tmp_path,
        "--data-root", phantoms, "--image-size", 64, 64, "--batch-size", 4, "--epochs", 1,
        "--workers", 0, "--cfg-options", "train_cfg.val_interval=1",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    ran = (tmp_path / "hrnet_w32_768.py").read_text()
    if USING_MMPOSE:
        assert "HRNet" in ran
    else:
        assert "TorchvisionResNet" in ran
        assert "the backbone is TorchvisionResNet-18" in done.stdout
        assert "MMPose" in done.stdout


@pytest.mark.parametrize("name", ["train.py", "test.py"])
def test_help_does_not_wait_for_torch(name):
    code = (
        "import runpy, sys\n"
        f"sys.argv = [{name!r}, '--help']\n"
        "try:\n"
        f"    runpy.run_path({str(ROOT / 'tools' / name)!r}, run_name='__main__')\n"
        "except SystemExit as stop:\n"
        "    assert stop.code == 0\n"
        "assert 'torch' not in sys.modules and 'mmengine' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--cfg-options" in done.stdout
