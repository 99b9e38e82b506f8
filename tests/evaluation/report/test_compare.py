from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.report import compare_runs, write_report
from mmceph.evaluation.report.rows import compare_lines

ABOUT = {"dataset": "test", "config": "c.py", "checkpoint": "w.pth", "environment": {}}


@pytest.fixture
def before(many, names, tmp_path):
    """The report of a first run, without pictures."""
    write_report(many, names=names, out_dir=tmp_path / "before", plots=False, **ABOUT)
    return tmp_path / "before" / "report.json"


def choose(records, columns):
    """The same run with some of its landmarks only."""
    fewer = copy.deepcopy(records)
    for one in fewer:
        one.predicted, one.truth = one.predicted[columns], one.truth[columns]
        one.visible, one.scores, one.observers = one.visible[columns], one.scores[columns], {}
    return fewer


@pytest.fixture
def fewer(many, names, tmp_path):
    """The report of a first run that knows S and N only."""
    options = {"names": names[:2], "plots": False, **ABOUT}
    write_report(choose(many, [0, 1]), out_dir=tmp_path / "fewer", **options)
    return tmp_path / "fewer" / "report.json"


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


def test_a_landmark_the_other_run_lacks_is_not_called_unchanged(many, names, fewer):
    part = compare_runs(many, fewer, names=names, difficult=["Pog'"])
    row = part["groups"]["difficult"]
    assert (row["n"], row["predictions"], row["changed"]) == (0, 0, None)
    assert part["landmarks"]["Pog`"]["changed"] is None
    assert (part["landmarks_only_here"], part["landmarks_only_there"]) == (["Pog`"], [])
    assert part["healthy_landmarks_changed"] == 0  # S and N are known, and the same
    assert part["verdict"] == (
        "Cannot tell: the difficult landmarks have no error that both runs know. None of the 22 "
        "healthy predictions changed, not by a single bit. The other run has no predictions of "
        "Pog`."
    )
    # As a healthy one, it is not known of each healthy landmark whether it changed.
    part = compare_runs(many, fewer, names=names, difficult=["N"])
    assert part["healthy_landmarks_changed"] is None
    assert part["verdict"].endswith("last bit. The other run has no predictions of Pog`.")


def test_landmarks_without_any_point_count_as_not_predicted(many, names, tmp_path):
    lacking = copy.deepcopy(many)
    for one in lacking:
        one.predicted[2] = np.nan
    options = {"names": names, "plots": False, **ABOUT}
    write_report(lacking, out_dir=tmp_path / "lacking", **options)
    write_report(many, out_dir=tmp_path / "whole", **options)
    part = compare_runs(many, tmp_path / "lacking", names=names)
    assert (part["landmarks_only_here"], part["landmarks_only_there"]) == (["Pog`"], [])
    part = compare_runs(lacking, tmp_path / "whole", names=names)
    assert (part["landmarks_only_here"], part["landmarks_only_there"]) == ([], ["Pog`"])
    assert part["verdict"].endswith("This run has no predictions of Pog`.")


def test_landmarks_only_the_other_run_has_are_named(many, names, before):
    part = compare_runs(choose(many, [1]), before, names=["N"])
    assert part["landmarks_only_there"] == ["S", "Pog`"]
    assert part["verdict"].endswith("last bit. This run has no predictions of S, Pog`.")


@pytest.mark.parametrize("basis", ["predictions", "report"])
def test_no_landmark_in_common_is_an_error(record, names, fewer, basis):
    if basis == "report":
        fewer.with_name("predictions.json").unlink()
    said = r"no landmark in common .*there S, N, here A, B, C\)$"
    with pytest.raises(EvaluationError, match=said):
        compare_runs([record("0.png")], fewer, names=["A", "B", "C"])


def test_without_predictions_it_is_not_known_what_changed(many, names, before):
    before.with_name("predictions.json").unlink()
    part = compare_runs(many, before, names=names, difficult=["N"])
    assert part["landmarks"]["S"]["changed"] is None
    assert part["healthy_landmarks_changed"] is None
    assert part["verdict"].endswith("Whether the healthy landmarks changed is not known.")


def test_means_over_other_landmarks_are_not_compared(record, names, tmp_path):
    # S, N and Pog` are 2.5, 5 and 5 mm off on every image.
    records = [record(f"{number}.png") for number in range(3)]
    for columns, folder in (([0, 1], "two"), ([0, 1, 2], "three")):
        chosen = [names[index] for index in columns]
        out = tmp_path / folder
        write_report(choose(records, columns), names=chosen, out_dir=out, plots=False, **ABOUT)
        (out / "predictions.json").unlink()
    # Before S and N: the same two are taken of this run, or it would seem to have got worse.
    part = compare_runs(records, tmp_path / "two", names=names)
    assert (part["overall"]["before"], part["overall"]["after"]) == (3.75, 3.75)
    assert part["verdict"].startswith(
        "Nothing was gained: all landmarks that both runs predict went from 3.75 to 3.75 mm"
    )
    assert part["verdict"].endswith("The other run has no predictions of Pog`.")
    # Before all three: what its images' means would be without Pog` is not known.
    part = compare_runs(choose(records, [0, 1]), tmp_path / "three", names=names[:2])
    assert (part["overall"]["n"], part["overall"]["difference"]) == (0, None)
    assert part["verdict"].startswith("Cannot tell: all landmarks that both runs predict have no")
    assert compare_lines(part)[-1].startswith("Its image means count landmarks that this run lacks")


def test_changed_annotations_are_reported(many, names, before):
    moved = copy.deepcopy(many)
    moved[0].truth = moved[0].truth + 1.0
    assert compare_runs(moved, before, names=names)["truth_differs"] is True


def test_clear_errors(record, names, before, tmp_path):
    with pytest.raises(EvaluationError, match="no tested image in common"):
        compare_runs([record("elsewhere.png")], before, names=names)
    with pytest.raises(EvaluationError, match=r"nowhere\.json: cannot be read"):
        compare_runs([record()], tmp_path / "nowhere.json", names=names)
    foreign = tmp_path / "foreign.json"
    foreign.write_text(json.dumps({"schema": 1}), encoding="utf-8")
    with pytest.raises(
        EvaluationError, match=r"foreign\.json: landmarks is missing; it is damaged, or none that"
    ):
        compare_runs([record()], foreign, names=names)
