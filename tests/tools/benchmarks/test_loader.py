"""The benchmark runs, and landmarks do not move; its speeds are the machine's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_small_run(tmp_path: Path):
    out = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "tools" / "benchmarks" / "loader.py"), "--number", "1"]
    command += ["--epochs", "1", "--size", "500", "600", "--input-size", "64", "80"]
    command += ["--formats", "png", "--color-types", "grayscale", "--augment", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())["png, grayscale"]
    assert figures["stock"]["speed_up"] == 1.0
    assert figures["LoadCephImage, cache=ram"]["images_per_s"] > 0
    assert figures["shift"]["points_max_px"] == 0.0
    assert figures["shift"]["picture_max_px"] < 0.05
