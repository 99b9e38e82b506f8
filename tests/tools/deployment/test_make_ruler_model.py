"""The shipped model's recipe, on a few small phantoms."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.fallback  # the recipe itself runs without MMPose wherever it is called

TOOL = Path(__file__).resolve().parents[3] / "tools" / "deployment" / "make_ruler_model.py"


def make(work_dir: Path, *options: object) -> subprocess.CompletedProcess[str]:
    # Paths are the caller's, though the steps run elsewhere.
    given = ["--work-dir", work_dir.name, "--num", 12, "--size", 192, 240, "--epochs", 1, *options]
    command = [sys.executable, str(TOOL), *map(str, given)]
    return subprocess.run(command, cwd=work_dir.parent, capture_output=True, text=True, timeout=900)


def test_a_model_is_made_and_what_is_done_is_kept(tmp_path: Path):
    from mmceph.apis.ruler_model import load_ruler_model

    done = make(tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Not equal to" in done.stdout
    model = tmp_path / "ruler.pth"
    assert load_ruler_model(checkpoint=model).input_size == (256, 320)
    first = model.read_bytes()
    again = make(tmp_path, "--out", tmp_path / "again.pth")
    assert again.stdout.count("is done: ") == 2
    assert (tmp_path / "again.pth").read_bytes() == first
    # Another seed is another run.
    folders = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert folders == {"phantoms_12_192x240_seed0", "training_12_192x240_seed0_1_epochs"}


def test_a_wrong_number_is_named_before_any_step(tmp_path: Path):
    done = make(tmp_path, "--num", 0)
    assert done.returncode == 2
    assert "--num: 0: must be at least" in done.stderr
