from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "analysis_tools" / "select_difficult.py"


def test_it_prints_and_writes_the_list(load_tool, reports, capsys):
    tool = load_tool("select_difficult")
    assert tool.main([str(reports / "before" / "report.json")]) == 0
    assert 'difficult_landmarks = ["Po"]' in capsys.readouterr().out
    assert "Po" in (reports / "before" / "difficult_landmarks.py").read_text(encoding="utf-8")
    out = reports / "mine.py"
    assert tool.main([str(reports / "before"), "--worst", "2", "--out", str(out)]) == 0
    assert "2 of 3 landmarks: the worst 2" in out.read_text(encoding="utf-8")


def test_a_list_takes_no_other_files_place(load_tool, reports, capsys):
    tool = load_tool("select_difficult")
    mine = reports / "difficult_landmarks.py"
    mine.write_text("difficult_landmarks = ['S']  # mine", encoding="utf-8")
    report = reports / "before" / "report.json"
    before = report.read_bytes()
    for file in (mine, report):
        assert tool.main([str(reports / "before"), "--out", str(file)]) == 1
        assert "is there already" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8").endswith("# mine")
    assert report.read_bytes() == before
    # One of an earlier version, of which there is no record.
    mine.write_text("# 1 of 3 landmarks: the worst 1, in a/report.json\n", encoding="utf-8")
    assert tool.main([str(reports / "before"), "--out", str(mine)]) == 0
    assert (reports / "difficult_landmarks.py.kept-1").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--above-mm", "99"], "no landmark is above 99 mm"),
        (["--worse-than-observers"], "no error between observers"),
        (["--worst", "3"], "below the report's 3 landmarks"),
    ],
)
def test_it_names_what_gives_no_list(load_tool, reports, capsys, arguments, message):
    assert load_tool("select_difficult").main([str(reports / "before"), *arguments]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["r.json", "--worst", "2", "--above-mm", "1"],
        ["r.json", "--worst", "0"],
        ["r.json", "--above-mm", "nan"],
        [],
    ],
)
def test_a_wrong_command_line_ends_with_two(load_tool, arguments):
    with pytest.raises(SystemExit) as stop:
        load_tool("select_difficult").main(arguments)
    assert stop.value.code == 2


def test_help_is_quick():
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(TOOL), "--help"], capture_output=True, text=True, check=True
    )
    assert "report.json" in done.stdout
    assert time.perf_counter() - start < 1.0
