import json

import pytest

from mmceph.errors import MmcephError
from mmceph.landmarks import get_landmark_set
from mmceph.models.losses.landmark_weights import channel_weights, chosen_landmarks

AARIZ = get_landmark_set("aariz29")


def choose(landmarks, report=None, rule=None):
    return chosen_landmarks(landmarks, AARIZ, report, rule)


def test_names_are_resolved_once_each():
    assert choose(["Po", "UL", "Ls", "Pog'"]) == ("Po", "Ls", "Pog`")


def test_a_typo_gets_a_suggestion():
    with pytest.raises(MmcephError, match="landmark 'Poo' is not in the set 'aariz29'; did you"):
        choose(["Or", "Poo"])
    with pytest.raises(MmcephError, match='give a list of names, or "auto"'):
        choose("Po")


@pytest.fixture
def report(tmp_path):
    means = {"S": 0.8, "Po": 2.4, "Or": 1.9, "UL": 1.2}
    rows = {name: {"mre_mm": mean, "mre_px": 10 * mean} for name, mean in means.items()}
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"schema": 1, "landmarks": rows, "images": []}), encoding="utf-8")
    return str(path)


def test_auto_takes_them_from_a_report(report):
    assert choose("auto", report) == ("Po", "Or")
    assert choose("auto", report, {"above_mm": 1.0}) == ("Po", "Or", "Ls")
    assert choose("auto", report, {"worst": 1}) == ("Po",)


@pytest.mark.parametrize(
    ("landmarks", "with_report", "rule", "message"),
    [
        ("auto", False, None, 'landmarks="auto" needs report='),
        ("auto", True, {"above_mm": 9}, r"report\.json: no landmark is above 9 mm"),
        ("auto", True, {"above": 9}, "auto={'above': 9}: .*unexpected keyword"),
        (["Po"], True, None, "only for landmarks"),
    ],
)
def test_auto_that_cannot_work_is_named(report, landmarks, with_report, rule, message):
    with pytest.raises(MmcephError, match=message):
        choose(landmarks, report if with_report else None, rule)


def test_a_missing_report_is_named(tmp_path):
    with pytest.raises(MmcephError, match=r"none\.json: cannot be read"):
        choose("auto", str(tmp_path / "none.json"))


def weigh(mode, weights=None, landmarks=("Po", "Ls"), weight=2.5):
    table = channel_weights(AARIZ, landmarks, mode, weight, weights)
    return dict(zip(AARIZ.names, table, strict=True))


def test_weights_of_both_modes():
    only, weighted = weigh("only"), weigh("weighted")
    assert {name for name, value in only.items() if value} == {"Po", "Ls"}
    assert (only["Po"], weighted["Po"], weighted["S"]) == (1.0, 2.5, 1.0)
    single = weigh("weighted", {"UL": 4, "S": 0})
    assert (single["Ls"], single["S"], single["Po"], single["N"]) == (4.0, 0.0, 2.5, 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "both"}, "mode 'both': must be 'only' or 'weighted'"),
        ({"mode": "only", "weights": {"S": 1}}, 'weights are for mode "weighted"'),
        ({"mode": "weighted", "weights": {"Sx": 1}}, "landmark 'Sx'"),
        ({"mode": "weighted", "weights": {"S": -1}}, "weight of S: must be 0 or more"),
        ({"mode": "weighted", "weight": float("nan")}, "weight of Po: must be 0 or more"),
        ({"mode": "only", "landmarks": ()}, "name at least one"),
    ],
)
def test_impossible_weights_are_named(arguments, message):
    with pytest.raises(MmcephError, match=message):
        weigh(**arguments)
