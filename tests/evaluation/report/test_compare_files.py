from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.report import write_report
from mmceph.evaluation.report.compare_files import compare_reports, comparison_lines

ABOUT = {"dataset": "test", "config": "c.py", "checkpoint": "w.pth", "environment": {}}


def write(folder, records, names, difficult=("N",)):
    options = {**ABOUT, "difficult": difficult, "plots": False}
    write_report(records, names=names, out_dir=folder, **options)
    return folder


def halve(records, index):
    """Bring one landmark half way to its truth."""
    better = copy.deepcopy(records)
    for one in better:
        one.predicted[index] = (one.predicted[index] + one.truth[index]) / 2
    return better


@pytest.fixture
def before(many, names, tmp_path):
    return write(tmp_path / "before", many, names)


def test_a_gain_that_leaves_the_healthy_untouched(many, names, before, tmp_path):
    after = write(tmp_path / "after", halve(many, 1), names)
    part = compare_reports(before / "report.json", after)
    assert (part["difficult"], part["healthy"]) == (["N"], ["S", "Pog`"])
    assert part["groups"]["difficult"]["changed"] == 11  # one image has no visible landmark
    healthy = part["groups"]["healthy"]
    assert (healthy["changed"], healthy["predictions"]) == (0, 22)
    assert part["healthy_landmarks_changed"] == 0
    assert part["verdict"].startswith("The difficult landmarks got better by 50.0 %")
    lines = comparison_lines(part)
    assert lines[-1] == part["verdict"]
    assert [line.split()[:2] for line in lines if line.startswith("N ")] == [["N", "*"]]
    assert "* difficult landmark" in lines
    json.dumps(part, allow_nan=False)


def test_the_smallest_change_of_a_healthy_prediction_counts(many, names, before, tmp_path):
    moved = halve(many, 1)
    moved[0].predicted[0, 0] = np.nextafter(moved[0].predicted[0, 0], np.inf)
    part = compare_reports(before, write(tmp_path / "after", moved, names))
    assert part["groups"]["healthy"]["changed"] == 1
    assert part["healthy_landmarks_changed"] == 1
    assert "1 of the 22 healthy predictions changed, at 1 of 2" in part["verdict"]


def test_nothing_gained_is_said(many, names, before, tmp_path):
    part = compare_reports(before, write(tmp_path / "same", many, names))
    assert part["verdict"].startswith("Nothing changed")
    worse = copy.deepcopy(many)
    for number, one in enumerate(worse):
        one.predicted[1] += 0.01 * (-1) ** number
    part = compare_reports(before, write(tmp_path / "worse", worse, names))
    assert part["verdict"].startswith("Nothing was gained: the difficult landmarks went from")


def test_difficult_landmarks_can_be_given_or_come_from_either(many, names, before, tmp_path):
    after = write(tmp_path / "after", halve(many, 1), names, difficult=())
    assert compare_reports(before, after)["difficult"] == ["N"]
    assert compare_reports(before, after, difficult=["Pog'"])["difficult"] == ["Pog`"]
    none = compare_reports(before, after, difficult=[])
    assert none["groups"]["difficult"] is None
    assert none["healthy"] == []
    with pytest.raises(EvaluationError, match="difficult landmark 'Xyz'"):
        compare_reports(before, after, difficult=["Xyz"])


def test_landmarks_only_one_run_has_are_left_out(many, names, before, tmp_path):
    fewer = copy.deepcopy(many)
    for one in fewer:
        one.predicted, one.truth = one.predicted[[2, 1]], one.truth[[2, 1]]
        one.visible, one.scores, one.observers = one.visible[[2, 1]], one.scores[[2, 1]], {}
    after = write(tmp_path / "after", fewer, [names[2], names[1]])
    part = compare_reports(before, after)
    assert list(part["landmarks"]) == ["Pog`", "N"]
    assert part["overall"]["changed"] == 0
    assert part["landmarks_only_there"] == ["S"]
    assert comparison_lines(part)[-1].endswith("last bit. This run has no predictions of S.")
    back = compare_reports(after, before, difficult=["S"])
    row = back["groups"]["difficult"]
    assert (row["n"], row["predictions"], row["changed"]) == (0, 0, None)
    assert comparison_lines(back)[-1] == (
        "Cannot tell: the difficult landmarks have no error that both runs know. None of the 22 "
        "healthy predictions changed, not by a single bit. The other run has no predictions of S."
    )


def test_clear_errors(many, names, before, tmp_path, record):
    after = write(tmp_path / "after", many, names)
    (after / "predictions.json").unlink()
    for pair in ((before, after), (after, before)):
        with pytest.raises(EvaluationError, match=r"after: no predictions\.json beside"):
            compare_reports(*pair)
    with pytest.raises(EvaluationError, match="cannot be read"):
        compare_reports(before, tmp_path / "none")
    other = write(tmp_path / "other", [record("a.png")], ["X", "Y", "Z"], difficult=())
    with pytest.raises(EvaluationError, match="no landmark in common"):
        compare_reports(before, other)
    content = json.loads((before / "predictions.json").read_text(encoding="utf-8"))
    del content["images"][0]["truth"]
    (before / "predictions.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"predictions\.json: images\[0\]\.truth is missing"):
        compare_reports(write(tmp_path / "again", many, names), before)
