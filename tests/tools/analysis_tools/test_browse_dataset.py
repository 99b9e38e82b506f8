"""The command, from a phantom data set to pictures."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from mmceph.phantom.dataset import write_dataset

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / "tools" / "analysis_tools" / "browse_dataset.py"
CONFIG = ROOT / "configs" / "phantom" / "resnet18_quickstart.py"


def run(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(TOOL), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("phantom")
    write_dataset(root, 4, size=(128, 160), split=(0.5, 0.25, 0.25))
    return root


def test_one_file_per_sample(data: Path, tmp_path: Path):
    done = run(
        CONFIG, "--data-root", data, "--out", tmp_path, "--number", 5, "--before-after",
        "--height", 200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = sorted(tmp_path.glob("*.png"))
    assert [str(file) for file in files] == done.stdout.splitlines()[-2:]
    height, width = cv2.imread(str(files[0])).shape[:2]
    assert width == 2 * 160 + 8
    assert 200 < height < 240


def test_a_contact_sheet(data: Path, tmp_path: Path):
    done = run(
        CONFIG, "--data-root", data, "--out", tmp_path, "--split", "val", "--contact-sheet",
        "--columns", 2, "--cfg-options", "val_dataloader.dataset.indices=1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("*.png")
    assert file.name == "val.png"


def test_help_is_quick_and_errors_are_one_line(tmp_path: Path):
    start = time.perf_counter()
    assert "--before-after" in run("--help").stdout
    took = time.perf_counter() - start
    assert took < 5  # a second on an idle machine
    done = run(tmp_path / "gone.py")
    assert done.returncode == 1
    assert "gone.py: no such config" in done.stderr
    assert "Traceback" not in done.stderr
    done = run(CONFIG, "--data-root", tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert run(CONFIG, "--number", 0).returncode == 2
