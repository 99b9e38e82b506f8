"""From predictions.json to uncertainty.json beside the checkpoint."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmceph.analysis.error_model import find_error_model

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / "tools" / "analysis_tools" / "calibrate_uncertainty.py"


@pytest.fixture
def tested(tmp_path: Path) -> tuple[Path, Path]:
    """A checkpoint and the predictions.json of its test on 14 images, off by 2 px per axis."""
    rng = np.random.default_rng(0)
    images = []
    for number in range(14):
        truth = np.array([(300, 300), (900, 250), (880, 700)]) + rng.normal(0, 30, (3, 2))
        entry = {"file": f"{number}.png", "width": 1200, "height": 1600, "spacing": [0.1, 0.1]}
        entry["keypoints"] = (truth + rng.normal(0, 2, truth.shape)).tolist()
        entry["scores"] = [0.9, 0.9, 0.9]
        entry["truth"] = [[x, y, 2] for x, y in truth]
        images.append(entry)
    report = tmp_path / "report"
    report.mkdir()
    content = {"schema": 1, "landmark_names": ["S", "N", "A"], "images": images}
    (report / "predictions.json").write_text(json.dumps(content), encoding="utf-8")
    checkpoint = tmp_path / "best.pth"
    checkpoint.write_bytes(b"weights")
    return report / "predictions.json", checkpoint


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_file_lies_beside_the_checkpoint_and_is_found_there(tested):
    predictions, checkpoint = tested
    done = call(predictions, checkpoint, "--splits", 20)
    assert done.returncode == 0, done.stderr
    assert "42 errors on 14 images; 90% radius" in done.stdout
    assert "the radii held" in done.stdout
    model = find_error_model(checkpoint)
    assert model is not None
    assert model.checkpoint == "best.pth"
    bound = model.bounds({"S": 0.9}, size=(1200, 1600), spacing=(0.1, 0.1))["S"]
    assert 0.25 < bound.radius_mm < 0.65  # 0.2 mm per axis: 0.43 mm


def test_a_file_of_the_users_is_not_written_over(tested, tmp_path):
    predictions, checkpoint = tested
    for file in (checkpoint, predictions):
        before = file.read_bytes()
        done = call(predictions, checkpoint, "--out", file)
        assert done.returncode == 1
        assert "is there already" in done.stderr
        assert file.read_bytes() == before


def test_predictions_of_other_weights_are_refused(tested):
    predictions, checkpoint = tested
    report = predictions.with_name("report.json")
    report.write_text('{"checkpoint": "work/last.pth"}', encoding="utf-8")
    done = call(predictions, checkpoint)
    assert done.returncode == 1
    assert "is of last.pth, not of best.pth" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not checkpoint.with_name("uncertainty.json").exists()


def state(path: Path, **fields: object) -> None:
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps({**content, **fields}), encoding="utf-8")


@pytest.mark.parametrize("file", ["predictions.json", "report.json"])
def test_other_weights_of_the_same_name_are_refused(tested, file):
    predictions, checkpoint = tested
    other = hashlib.sha256(b"other weights").hexdigest()
    state(predictions.with_name("report.json"), checkpoint="a/best.pth")
    state(predictions.with_name(file), checkpoint_sha256=other)
    done = call(predictions, checkpoint)
    assert done.returncode == 1
    assert f"is of weights called best.pth with another content than {checkpoint}" in done.stderr
    assert f"SHA-256 {other[:12]}..., not" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not checkpoint.with_name("uncertainty.json").exists()


@pytest.mark.parametrize("file", ["predictions.json", "report.json"])
def test_a_renamed_copy_of_the_weights_is_taken(tested, file):
    predictions, checkpoint = tested
    state(predictions.with_name("report.json"), checkpoint="work/last.pth")
    own = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    state(predictions.with_name(file), checkpoint_sha256=own)
    done = call(predictions, checkpoint, "--splits", 2)
    assert done.returncode == 0, done.stderr
    assert find_error_model(checkpoint) is not None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("none.json", "best.pth"), "none.json: cannot be read"),
        (("report/predictions.json", "none.pth"), "none.pth: no such checkpoint"),
    ],
)
def test_missing_files_are_named(tested, arguments, reason):
    folder = tested[1].parent
    done = call(*(folder / name for name in arguments))
    assert done.returncode == 1
    assert reason in done.stderr
