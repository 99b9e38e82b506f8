"""What a damaged report or predictions file is refused with, before anything is made of it."""

from __future__ import annotations

import copy
import json

import pytest

from mmceph.formats import FormatError, read_predictions, read_report

REPORT = {
    "schema": 1,
    "checkpoint_sha256": None,
    "landmarks": {"S": {"n": 2, "mre_mm": 1.5, "mre_px": 3.0, "group": None}},
    "baselines": {"mean_shape": None, "inter_observer": {"landmarks": {"S": {"mre_mm": 1.0}}}},
    "images": [{"file": "a.png", "mre_mm": None}, {"file": "b.png", "mre_mm": 2.0}],
}
PREDICTIONS = {
    "schema": 1,
    "checkpoint_sha256": "ab",
    "landmark_names": ["S", "N"],
    "images": [
        {
            "file": "a.png",
            "width": 10,
            "height": 20,
            "spacing": [0.1, 0.1],
            "keypoints": [[1.0, 2.0], [None, None]],
            "scores": [0.5, 0.25],
            "truth": [[1, 2, 2], [0, 0, 0]],
        }
    ],
}


def written(path, content, change):
    content = copy.deepcopy(content)
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_whole_files_are_read(tmp_path):
    assert read_report(written(tmp_path / "r.json", REPORT, lambda c: None)) == REPORT
    path = written(tmp_path / "p.json", PREDICTIONS, lambda c: None)
    assert read_predictions(path) == PREDICTIONS


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda c: c.pop("landmarks"), "landmarks is missing"),
        (lambda c: c.update(landmarks={}), "landmarks is empty"),
        (lambda c: c["landmarks"].update(S=3), r"landmarks\.S is 3, not an object"),
        (lambda c: c["landmarks"]["S"].update(mre_mm="1"), r"landmarks\.S\.mre_mm is '1'"),
        (lambda c: c["landmarks"]["S"].update(mre_px=float("nan")), r"mre_px is nan"),
        (lambda c: c["landmarks"]["S"].update(n=[]), r"landmarks\.S\.n is a list of 0"),
        (lambda c: c["landmarks"]["S"].update(group=["x"]), r"S\.group is a list of 1"),
        (lambda c: c.update(images={}), "images is an object, not a list"),
        (lambda c: c["images"][0].pop("file"), r"images\[0\]\.file is missing"),
        (lambda c: c["images"][1].update(file="a.png"), r"images\[1\]\.file is 'a\.png' again"),
        (lambda c: c["images"][1].pop("mre_mm"), r"images\[1\]\.mre_mm is missing"),
        (lambda c: c["baselines"].update(mean_shape=1), r"baselines\.mean_shape is 1"),
        (lambda c: c.update(baselines=[1]), "baselines is a list of 1"),
    ],
)
def test_a_damaged_report_is_named(tmp_path, change, what):
    path = written(tmp_path / "report.json", REPORT, change)
    with pytest.raises(FormatError, match=rf"report\.json: .*{what}.*; it is damaged, or none"):
        read_report(path)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda c: c.update(landmark_names=["S", "S"]), r"landmark_names\[1\] is 'S' again"),
        (lambda c: c.update(landmark_names=["S", {}]), r"landmark_names\[1\] is an object"),
        (lambda c: c["images"].append(c["images"][0]), r"images\[1\]\.file is 'a\.png' again"),
        (lambda c: c["images"][0].update(width="10"), r"images\[0\]\.width is '10'"),
        (lambda c: c["images"][0].update(spacing=[0.1]), "spacing has 1 items, not 2"),
        (lambda c: c["images"][0].update(spacing=[0.1, 0]), r"spacing\[1\] is 0, not a number of"),
        (lambda c: c["images"][0].update(keypoints=[[1, 2]]), "keypoints has 1 items, not 2"),
        (lambda c: c["images"][0].update(keypoints=[[], []]), r"keypoints\[0\] has 0 items"),
        (lambda c: c["images"][0].update(scores=[1, None]), r"scores\[1\] is null"),
        (lambda c: c["images"][0]["truth"].__setitem__(1, [0, 0]), r"truth\[1\] has 2 items"),
    ],
)
def test_damaged_predictions_are_named(tmp_path, change, what):
    path = written(tmp_path / "predictions.json", PREDICTIONS, change)
    with pytest.raises(FormatError, match=rf"predictions\.json: .*{what}"):
        read_predictions(path)
