"""The ruler's tools from the command line, on phantoms and with a network of a few weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "configs" / "p1p2" / "compact_256x320.py"
# torch 2.14.1 crashes in the backward pass of channels-last features of fewer than 16 channels.
TINY = [
    "model.backbone.widths=[16,16,16,16]",
    "model.head.in_channels=[16,16,16,16]",
    "model.head.feat_channels=16",
]


def tool(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / name), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
    )


@pytest.fixture(scope="module")
def trained(phantoms, tmp_path_factory) -> Path:
    work_dir = tmp_path_factory.mktemp("ruler")
    arguments = [CONFIG, "--work-dir", work_dir, "--data-root", phantoms, "--workers", 0]
    options = ["--epochs", 1, "--batch-size", 4, "--cfg-options", "train_cfg.val_interval=1", *TINY]
    done = tool("train.py", *arguments, *options)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "ruler/P1_px" in done.stderr + done.stdout
    return next(work_dir.glob("best_*.pth"))


def test_test_prints_the_rulers_table_beside_the_constant_answer(trained, phantoms):
    arguments = [CONFIG, trained, "--work-dir", trained.parent, "--data-root", phantoms]
    done = tool("test.py", *arguments, "--workers", 0, "--cfg-options", *TINY)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Ruler: "))
    assert lines[start + 1].split() == ["model", "constant"]
    report = json.loads((trained.parent / "report" / "ruler.json").read_text())
    assert set(report["figures"]) == {"model", "constant"}
    assert report["figures"]["constant"]["abstained_pct"] == 0


def test_rulers_are_read_with_a_saved_config_and_packed(trained, phantoms, tmp_path):
    config = trained.parent / CONFIG.name  # as it ran, with the sizes above
    annotations = phantoms / "annotations" / "val.json"
    out = tmp_path / "readings.json"
    done = tool(
        "analysis_tools/eval_ruler.py", annotations, "--config", config, "--checkpoint", trained,
        "--train", phantoms / "annotations" / "train.json", "--painted-out", "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "ms a picture" in done.stdout
    content = json.loads(out.read_text())
    assert set(content["figures"]) == {"reader", "constant", "painted out"}
    assert len(content["images"]) == 2
    packed = tmp_path / "packed.pth"
    done = tool("deployment/pack_ruler_model.py", config, trained, "--out", packed)
    assert done.returncode == 0, done.stderr[-3000:]
    done = tool("analysis_tools/eval_ruler.py", annotations, "--checkpoint", packed)
    assert done.returncode == 0, done.stderr[-3000:]


def test_mistakes_give_one_line(tmp_path):
    done = tool("analysis_tools/eval_ruler.py", tmp_path / "none.json")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("error: annotation file")
