"""The benchmark runs; how well rulers are read is its own output."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "benchmarks" / "ruler_phantoms.py"


def test_a_small_run(tmp_path: Path):
    out = tmp_path / "readings.json"
    command = [sys.executable, str(TOOL), "--num", "3", "--seed", "5", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "3 phantoms, seed 5" in done.stdout
    assert "(constant answer)" in done.stdout
    content = json.loads(out.read_text(encoding="utf-8"))
    assert len(content["images"]) == 3
    assert "all with P1 and P2" in content["figures"]


def test_groups():
    specification = importlib.util.spec_from_file_location("ruler_phantoms", TOOL)
    assert specification is not None
    assert specification.loader is not None
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    record = {
        "kind": "balls", "front": False, "bend_deg": 9.0, "joint_mm": 12.0, "length_mm": 30.0,
        "tick_thickness_mm": 0.4, "tick": 0.45, "exposed_mm": 3.0, "cropped": False,
    }  # fmt: skip
    assert tool.groups_of(record) == [
        "balls", "bent elsewhere", "fading into the border", "ticks behind", "short (below 35 mm)",
        "thick ticks", "faint ticks",
    ]  # fmt: skip
    assert tool.groups_of({**record, "cropped": True}) == ["cut by the edge"]
    assert tool.groups_of(None) == ["no ruler"]
    with pytest.raises(SystemExit):
        tool.parse_args(["--num", "0"])
