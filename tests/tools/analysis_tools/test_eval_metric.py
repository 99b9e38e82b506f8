from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "analysis_tools" / "eval_metric.py"


@pytest.fixture
def annotations(tmp_path):
    """Two images of 100x200 px at 0.5 mm with S at (10, 20) and N at (50, 100)."""
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 100, "height": 200, "spacing": [0.5, 0.5]}
        for i in (1, 2)
    ]
    marks = [{"id": i, "image_id": i, "keypoints": [10, 20, 2, 50, 100, 2]} for i in (1, 2)]
    content = {
        "images": images,
        "annotations": marks,
        "categories": [{"id": 1, "keypoints": ["S", "N"]}],
    }
    path = tmp_path / "val.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_from_a_csv_to_the_report(load_tool, annotations, tmp_path, capsys):
    points = tmp_path / "theirs.csv"
    points.write_text("image,S_x,S_y,N_x,N_y\n1,13,24,50,100\n2,10,20,,\n", encoding="utf-8")
    arguments = [str(points), str(annotations), "--train", str(annotations)]
    assert load_tool("eval_metric").main(arguments) == 0
    out = tmp_path / "theirs_report"
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["overall"]["mre_mm"] == pytest.approx(2.5 / 3, abs=1e-6)  # 2.5, 0 and 0 mm
    assert report["baselines"]["mean_shape"]["mre_mm"] == 0.0
    printed = capsys.readouterr().out
    assert "MRE 0.83 mm" in printed
    assert "Points without a prediction, not scored: 1 (N 1)" in printed
    assert str(out / "index.html") in printed
    assert (out / "index.html").is_file()


def test_errors_are_one_line(load_tool, annotations, tmp_path, capsys):
    bad = tmp_path / "bad.json"
    bad.write_text("{}", encoding="utf-8")
    for arguments, told in (
        ([bad, annotations], "is no file of predictions"),
        ([tmp_path / "gone.csv", annotations], "cannot be read"),
        ([bad, tmp_path / "gone.json"], "is no file of predictions"),
    ):
        assert load_tool("eval_metric").main(list(map(str, arguments))) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("error: ")
        assert told in line


def test_a_wrong_command_line_ends_with_two(load_tool):
    with pytest.raises(SystemExit) as stop:
        load_tool("eval_metric").main(["only.json"])
    assert stop.value.code == 2


def test_help_names_the_formats_without_loading_anything():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(TOOL), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "orthodontic-landmarks.json" in done.stdout
    assert "torch" not in done.stderr
    assert "numpy" not in done.stderr
