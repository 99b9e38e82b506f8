from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmceph.io.ours import RECORD

TOOL = Path(__file__).resolve().parents[3] / "tools" / "analysis_tools" / "compare_reports.py"


def test_it_ends_with_the_verdict(load_tool, reports, capsys):
    tool = load_tool("compare_reports")
    figures = reports / "figures.json"
    runs = [str(reports / "before"), str(reports / "after")]
    assert tool.main([*runs, "--json", str(figures)]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("The difficult landmarks got better by 50.0 %")
    assert last.endswith("None of the 16 healthy predictions changed, not by a single bit.")
    assert json.loads(figures.read_text(encoding="utf-8"))["verdict"] == last
    assert tool.main([*runs, "--difficult", "S"]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("Nothing was gained: the difficult landmarks are predicted exactly")
    assert "8 of the 16 healthy predictions changed, at 1 of 2 healthy landmarks" in last


def test_figures_take_no_other_files_place(load_tool, reports, capsys):
    tool = load_tool("compare_reports")
    runs = [str(reports / "before"), str(reports / "after")]
    mine = reports / "mine.json"
    mine.write_text("{}", encoding="utf-8")
    report = reports / "before" / "report.json"
    before = report.read_bytes()
    for file, why in ((mine, "mmceph did not write it"), (report, "is of a report")):
        assert tool.main([*runs, "--json", str(file)]) == 1
        assert f"is there already, and {why}" in capsys.readouterr().err
    assert (mine.read_text(encoding="utf-8"), report.read_bytes()) == ("{}", before)
    for _ in range(2):
        assert tool.main([*runs, "--json", str(reports / "new.json")]) == 0
    # Figures of an earlier version, of which there is no record, are kept as well.
    (reports / RECORD).unlink()
    assert tool.main([*runs, "--seed", "5", "--json", str(reports / "new.json")]) == 0
    assert (reports / "new.json.kept-1").is_file()


def keep_landmarks(run, names):
    """Take all other landmarks out of a run's predictions."""
    file = run / "predictions.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    kept = [content["landmark_names"].index(name) for name in names]
    for row in content["images"]:
        row |= {key: [row[key][i] for i in kept] for key in ("keypoints", "truth", "scores")}
    file.write_text(json.dumps({**content, "landmark_names": list(names)}), encoding="utf-8")


def test_landmarks_that_one_run_lacks(load_tool, reports, capsys):
    tool = load_tool("compare_reports")
    runs = [str(reports / "before"), str(reports / "after")]
    keep_landmarks(reports / "before", ["S", "N"])
    assert tool.main(runs) == 0
    assert capsys.readouterr().out.strip().splitlines()[-1] == (
        "Cannot tell: the difficult landmarks have no error that both runs know. None of the 16 "
        "healthy predictions changed, not by a single bit. The other run has no predictions of Po."
    )
    keep_landmarks(reports / "after", ["Po"])
    assert tool.main(runs) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "no landmark in common with this run (matched by name; there S, N, here Po)"
    )


def test_it_names_what_it_cannot_read(load_tool, reports, capsys):
    assert (
        load_tool("compare_reports").main([str(reports / "before"), str(reports / "gone.json")])
        == 1
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {reports / 'gone.json'}: cannot be read (")


@pytest.mark.parametrize("arguments", [["r.json"], ["a", "b", "--difficult"]])
def test_a_wrong_command_line_ends_with_two(load_tool, arguments):
    with pytest.raises(SystemExit) as stop:
        load_tool("compare_reports").main(arguments)
    assert stop.value.code == 2


def test_help_is_quick():
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(TOOL), "--help"], capture_output=True, text=True, check=True
    )
    assert "report.json" in done.stdout
    assert time.perf_counter() - start < 1.0
