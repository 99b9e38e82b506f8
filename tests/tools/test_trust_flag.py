"""A refused checkpoint's message proposes --trust-checkpoint: every tool that loads one has it."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("train.py", ["c.py"]),
        ("test.py", ["c.py", "a.pth"]),
        ("predict.py", ["a.png", "--config", "c.py", "--checkpoint", "a.pth", "--out", "out"]),
        ("deployment/export_onnx.py", ["c.py", "a.pth", "--out", "a.onnx"]),
        ("deployment/pack_ruler_model.py", ["c.py", "a.pth", "--out", "b.pth"]),
        ("analysis_tools/eval_ruler.py", ["a.json", "--checkpoint", "a.pth"]),
        ("benchmarks/inference.py", ["c.py", "a.pth", "a.png", "b.png"]),
        ("benchmarks/ruler_phantoms.py", ["--reader", "--checkpoint", "a.pth"]),
    ],
)
def test_the_proposed_flag_is_there(monkeypatch: pytest.MonkeyPatch, tool: str, arguments: list):
    path = ROOT / "tools" / tool
    monkeypatch.syspath_prepend(str(path.parent))  # as where the script is run
    spec = spec_from_file_location(f"mmceph_flag_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.parse_args([*arguments, "--trust-checkpoint"]).trust_checkpoint
    assert not module.parse_args(arguments).trust_checkpoint
