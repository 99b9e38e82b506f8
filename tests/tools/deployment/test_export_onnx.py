"""The exporter from the command line, and what it wrote on real pictures where there are some."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / "tools" / "deployment" / "export_onnx.py"
CONFIG = ROOT / "configs" / "phantom" / "resnet18_quickstart.py"

pytestmark = [
    pytest.mark.skipif(
        not all(__import__("importlib.util").util.find_spec(name) for name in names),
        reason=f"not installed: one of {', '.join(names)}",
    )
    for names in [("onnx", "onnxscript", "onnxruntime")]
]


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    """Weights of the quick start's network, random but for a head that has clear maxima."""
    import torch
    from mmengine.registry import DefaultScope

    from mmceph.engine.config import load_config
    from mmceph.registry import MODELS

    torch.manual_seed(1)
    with DefaultScope.overwrite_default_scope("mmceph"):
        model = MODELS.build(load_config(CONFIG).model)
    torch.nn.init.normal_(model.head.final_layer.weight, std=2.0)
    path = tmp_path_factory.mktemp("weights") / "best.pth"
    torch.save({"state_dict": model.state_dict()}, path)
    return path


def test_exported_and_the_same_on_pictures(checkpoint, tmp_path, phantoms):
    import numpy as np

    from mmceph.apis import CephInferencer
    from mmceph.deployment.onnx_runner import OnnxRunner

    pictures = sorted(map(str, (phantoms / "images").glob("*.png")))[:4]
    out = tmp_path / "new" / "model.onnx"
    done = call(CONFIG, checkpoint, "--out", out, "--images", *pictures)
    assert done.returncode == 0, done.stderr
    assert "of torch's" in done.stdout
    content = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert content["landmark_set"] == "phantom31"
    assert content["checkpoint"] == "best.pth"
    assert content["checked"]["images"] == 4
    found = OnnxRunner(out)(pictures)
    wanted = list(CephInferencer(CONFIG, checkpoint, device="cpu")(pictures))
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one.points, other.keypoints, atol=0.02)  # px of the picture


def test_refusals_are_one_line(checkpoint, tmp_path):
    flip = ("--cfg-options", "model.test_cfg.flip_test=True")
    done = call(CONFIG, checkpoint, "--out", tmp_path / "m.onnx", *flip)
    assert done.returncode == 1
    assert "error: test_cfg.flip_test cannot be exported" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert call(CONFIG, checkpoint, "--out", tmp_path / "m.bin").returncode == 2
