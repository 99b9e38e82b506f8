"""The benchmark runs and its paths find the same points; its speeds are the machine's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from mmceph.pose import USING_MMPOSE

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "configs" / "phantom" / "resnet18_quickstart.py"


def test_a_small_run(tmp_path: Path, phantoms: Path):
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason=f"{name} is not installed: there is nothing to compare")
    from mmceph.engine.config import load_config
    from mmceph.registry import MODELS

    torch.manual_seed(1)
    with DefaultScope.overwrite_default_scope("mmceph"):
        model = MODELS.build(load_config(CONFIG).model)
    torch.nn.init.normal_(model.head.final_layer.weight, std=2.0)
    torch.save({"state_dict": model.state_dict()}, tmp_path / "best.pth")
    pictures = sorted(map(str, (phantoms / "images").glob("*.png")))[:2]
    out = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "tools" / "benchmarks" / "inference.py"), str(CONFIG)]
    command += [str(tmp_path / "best.pth"), *pictures, "--rounds", "1", "--batch-size", "2"]
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    paths = json.loads(out.read_text(encoding="utf-8"))["paths"]
    assert ("MMPose inference_topdown" in paths) == USING_MMPOSE
    assert len(paths) == 4 + USING_MMPOSE
    assert next(iter(paths.values()))["times_first"] == 1.0
    assert max(row["max_px_from_torch"] for row in paths.values()) < 0.02
