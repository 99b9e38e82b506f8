from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.report import compare_runs, write_report

ABOUT = {"dataset": "test", "config": "c.py", "checkpoint": "w.pth", "environment": {}}


@pytest.fixture
def before(many, names, tmp_path):
    """The report of a first run, without pictures."""
    write_report(many, names=names, out_dir=tmp_path / "before", plots=False, **ABOUT)
    return tmp_path / "before" / "report.json"


def halve(records, index):
    """Bring one landmark half way to its truth."""
    better = copy.deepcopy(records)
    for one in better:
        one.predicted[:, :] = one.predicted
        one.predicted[index] = (one.predicted[index] + one.truth[index]) / 2
    return better


def test_untouched_landmarks_are_shown_as_bit_identical(many, names, before):
    part = compare_runs(halve(many, 1), before, names=names, difficult=["N"])
    assert part["basis"] == "predictions"
    assert part["unit"] == "mm"
    assert part["num_images"] == 11
    row = part["landmarks"]["N"]
    assert row["after"] == pytest.approx(row["before"] / 2, abs=1e-5)
    assert row["ci95"][1] < 0
    assert row["max_shift_px"] > 0
    for name in ("S", "Pog`"):
        assert part["landmarks"][name]["difference"] == 0.0
        assert part["landmarks"][name]["max_shift_px"] == 0.0
    assert part["groups"]["healthy"]["max_shift_px"] == 0.0
    assert part["groups"]["difficult"]["difference"] == row["difference"]
    assert part["truth_differs"] is False


def test_a_shift_too_small_to_print_is_not_called_identical(many, names, before):
    moved = copy.deepcopy(many)
    moved[0].predicted[0, 0] = np.nextafter(moved[0].predicted[0, 0], np.inf)
    assert compare_runs(moved, before, names=names)["landmarks"]["S"]["max_shift_px"] > 0


def test_landmarks_are_matched_by_name_and_images_by_file(many, names, before):
    order = [2, 0, 1]
    other = copy.deepcopy(many[:6])
    for one in other:
        one.predicted, one.truth = one.predicted[order], one.truth[order]
        one.visible, one.scores = one.visible[order], one.scores[order]
        one.observers = {}
    part = compare_runs(other, before, names=[names[i] for i in order])
    assert (part["num_images"], part["only_here"], part["only_there"]) == (5, 0, 7)
    assert part["overall"]["max_shift_px"] == 0.0


def test_without_predictions_images_are_paired_by_their_means(many, names, before):
    before.with_name("predictions.json").unlink()
    part = compare_runs(halve(many, 1), before, names=names)
    assert part["basis"] == "report"
    assert part["landmarks"]["N"]["ci95"] is None
    assert part["landmarks"]["N"]["difference"] < 0
    assert part["overall"]["n"] == 10  # one of the eleven has no millimetres
    assert part["overall"]["ci95"][1] < 0


def test_changed_annotations_are_reported(many, names, before):
    moved = copy.deepcopy(many)
    moved[0].truth = moved[0].truth + 1.0
    assert compare_runs(moved, before, names=names)["truth_differs"] is True


def test_clear_errors(record, names, before, tmp_path):
    with pytest.raises(EvaluationError, match="no tested image in common"):
        compare_runs([record("elsewhere.png")], before, names=names)
    with pytest.raises(EvaluationError, match=r"cannot read .*nowhere"):
        compare_runs([record()], tmp_path / "nowhere.json", names=names)
    foreign = tmp_path / "foreign.json"
    foreign.write_text(json.dumps({"schema": 1}), encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"foreign\.json is not a report"):
        compare_runs([record()], foreign, names=names)
