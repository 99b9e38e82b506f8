from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from mmceph.phantom.statistics import MEAN_MM, SHAPE_LANDMARKS

TOOL = Path(__file__).resolve().parents[3] / "tools" / "analysis_tools" / "measure.py"


def load():
    """The tool as a module."""
    spec = spec_from_file_location("mmceph_tools_measure", TOOL)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(TOOL), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


def test_a_table_is_printed_and_written(tmp_path):
    points = dict(zip(SHAPE_LANDMARKS, (MEAN_MM * 10).tolist(), strict=True))
    file = tmp_path / "a.json"
    file.write_text(json.dumps(points), encoding="utf-8")
    out = tmp_path / "out" / "table.csv"
    done = run(file, "--spacing", 0.1, "--analysis", "Steiner", "isbi8", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "missing: UIA" in done.stdout
    with out.open(encoding="utf-8", newline="") as stream:
        rows = {(row["analysis"], row["key"]): row for row in csv.DictReader(stream)}
    assert len(rows) == 17
    sna = rows["steiner", "SNA"]
    # N>S points 171.6664 deg and N>A 90.0310 deg from the x axis.
    assert (sna["value"], sna["norm"], sna["norm_source"]) == ("81.6353", "82 ± 2", "Steiner 1953")
    assert f"{'SNA':22} {81.6:9.1f} deg" in done.stdout
    assert rows["steiner", "U1-NA"]["reason"] == "missing: UIA"
    assert rows["isbi8", "ODI"]["class_label"] == "normal"


def test_numbered_labels_with_a_landmark_set(tmp_path):
    places = {"l1": (10, 50), "l2": (60, 50), "l5": (60, 80)}  # S, N and A of isbi19
    shapes = [{"label": n, "points": [p], "shape_type": "point"} for n, p in places.items()]
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"shapes": shapes, "imagePath": "a.png"}), encoding="utf-8")
    done = run(file, "--landmark-set", "isbi19", "--analysis", "steiner")
    assert done.returncode == 0, done.stderr
    assert f"{'SNA':22} {90.0:9.1f} deg" in done.stdout
    done = run(file, "--names", "l1=N,l2=S,l5=A", "--analysis", "steiner")
    # atan(30 / 50): no face's.
    said = "impossible: 31.0 deg, in people 45 to 120; a point is wrong"
    assert f"{'SNA':22} {'-':>9}        {said}" in done.stdout
    done = run(file)
    assert done.returncode == 1
    assert "(l1, l2, l5); give --landmark-set NAME" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_scale_that_fits_no_human_gives_no_millimetres(tmp_path):
    points = dict(zip(SHAPE_LANDMARKS, (MEAN_MM * 10).tolist(), strict=True))
    file, out = tmp_path / "a.json", tmp_path / "table.csv"
    file.write_text(json.dumps({**points, "Co": points["S"]}), encoding="utf-8")
    done = run(file, "--spacing", 12.7, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("WARNING: explicit: 12.7000 mm per px is imposs")
    assert "Sella-Nasion would be " in done.stdout
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    lengths = [row for row in rows if row["unit"] == "mm"]
    assert [row["value"] for row in lengths] == [""] * len(lengths)
    assert any(row["reason"].startswith("impossible scale: at 12.7 mm per px") for row in lengths)
    assert any(row["value"] for row in rows if row["unit"] == "deg")
    # A point that is misplaced: the figure is there, but never as a value.
    file.write_text(json.dumps({**points, "N": [-3000, 0]}), encoding="utf-8")
    run(file, "--out", out)
    with out.open(encoding="utf-8", newline="") as stream:
        marked = {row["key"]: row for row in csv.DictReader(stream)}["SNA"]
    assert (marked["value"], marked["impossible"][:12]) == ("", "impossible: ")


def test_errors_are_one_line(tmp_path):
    done = run(tmp_path / "nowhere.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_a_file_of_the_users_is_not_written_over(tmp_path):
    points = dict(zip(SHAPE_LANDMARKS, (MEAN_MM * 10).tolist(), strict=True))
    file, table = tmp_path / "a.json", tmp_path / "table.csv"
    file.write_text(json.dumps(points), encoding="utf-8")
    table.write_text("patient,sex\n=cmd,f\n", encoding="utf-8")
    before = file.read_bytes(), table.read_bytes()
    tool = load()
    for out in (file, table):
        assert tool.main([str(file), "--out", str(out)]) == 1
    assert (file.read_bytes(), table.read_bytes()) == before
    # One of ours is, and notes that were made in it are kept.
    table = tmp_path / "out.csv"
    for _ in range(2):
        assert tool.main([str(file), "--out", str(table)]) == 0
    assert not (tmp_path / "out.csv.kept-1").exists()
    table.write_text("my notes", encoding="utf-8")
    assert tool.main([str(file), "--out", str(table)]) == 0
    assert (tmp_path / "out.csv.kept-1").read_text(encoding="utf-8") == "my notes"


def test_no_cell_is_a_formula(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    points = dict(zip(SHAPE_LANDMARKS, (MEAN_MM * 10).tolist(), strict=True))
    Path("=1+1.json").write_text(json.dumps(points), encoding="utf-8")
    assert load().main(["=1+1.json", "--out", "out.csv"]) == 0
    with Path("out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["file"] for row in rows} == {"'=1+1.json"}
    assert any(row["deviation"].startswith("-") for row in rows)  # numbers stay numbers
