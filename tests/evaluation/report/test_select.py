from __future__ import annotations

import json
import runpy

import pytest

from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.report.select import select_difficult, write_selection


def make(means, observers=None, unit="mm"):
    """A report of landmarks with these means, one px being 0.1 mm."""

    def rows(values):
        px = {name: {"mre_px": value * 10} for name, value in values.items()}
        mm = {name: values[name] if unit == "mm" else None for name in values}
        return {name: {**px[name], "mre_mm": mm[name]} for name in values}

    between = None if observers is None else {"landmarks": rows(observers)}
    return {
        "schema": 1,
        "dataset": "isbi19 (val.json)",
        "num_images": 20,
        "landmarks": rows(means),
        "baselines": {"inter_observer": between, "mean_shape": None},
        "images": [],
    }


MEANS = {"S": 0.8, "Po": 2.4, "N`": 1.8, "Or": 1.9}


def test_every_rule_in_the_reports_order():
    report = make(MEANS, {"S": 0.5, "Po": 2.5, "N`": 1.0, "Or": 1.9})
    assert select_difficult(report) == ("Po", "Or")  # above 1.8, not at it
    assert select_difficult(report, above_mm=1.0) == ("Po", "N`", "Or")
    assert select_difficult(report, worst=1) == ("Po",)
    assert select_difficult(report, worst=3) == ("Po", "N`", "Or")
    assert select_difficult(report, worse_than_observers=True) == ("S", "N`")


def test_without_millimetres_px_rank():
    report = make(MEANS, {"S": 0.5, "Po": 2.5}, unit="px")
    assert select_difficult(report, worst=2) == ("Po", "Or")
    assert select_difficult(report, worse_than_observers=True) == ("S",)
    with pytest.raises(EvaluationError, match="no millimetres"):
        select_difficult(report, above_mm=1.0)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"above_mm": 3.0}, r"no landmark is above 3 mm \(the worst, Po, is at 2\.40\)"),
        ({"worst": 0}, "worst 0: must be at least 1"),
        ({"worst": 4}, "below the report's 4 landmarks"),
        ({"worse_than_observers": True}, "no error between observers"),
        ({"worst": 1, "above_mm": 1.0}, "give one of"),
    ],
)
def test_what_gives_no_landmark_is_named(rule, message):
    with pytest.raises(EvaluationError, match=message):
        select_difficult(make(MEANS), **rule)


def test_nobody_worse_than_the_observers_is_named():
    with pytest.raises(EvaluationError, match="no landmark is worse"):
        select_difficult(make({"S": 1.0, "N": 1.0}, {"S": 2.0}), worse_than_observers=True)


def test_what_is_written_is_a_part_of_a_config(tmp_path):
    path = tmp_path / "run" / "report.json"
    path.parent.mkdir()
    path.write_text(json.dumps(make(MEANS, {"Po": 1.2})), encoding="utf-8")
    lines = write_selection(path.parent, above_mm=1.0)
    written = path.with_name("difficult_landmarks.py")
    assert runpy.run_path(str(written))["difficult_landmarks"] == ["Po", "N`", "Or"]
    text = written.read_text(encoding="utf-8")
    assert text.startswith("# 3 of 4 landmarks: above 1 mm, in run/report.json\n")
    assert str(tmp_path) not in text
    assert [line.split() for line in lines[2:6]] == [
        ["Po", "*", "2.40", "1.20"],
        ["Or", "*", "1.90", "-"],
        ["N`", "*", "1.80", "-"],
        ["S", "0.80", "-"],
    ]
    assert lines[-2] == 'difficult_landmarks = ["Po", "N`", "Or"]'
    write_selection(path, tmp_path / "mine.py", worst=1)
    assert runpy.run_path(str(tmp_path / "mine.py"))["difficult_landmarks"] == ["Po"]


def test_the_report_is_named_where_it_gives_no_landmark(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(make(MEANS)), encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"report\.json: no landmark is above 9 mm"):
        write_selection(tmp_path, above_mm=9.0)
    assert not path.with_name("difficult_landmarks.py").exists()
