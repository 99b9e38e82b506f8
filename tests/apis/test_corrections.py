from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.analysis.calibration import RulerReading
from mmceph.analysis.error_model import ErrorModel, Scales
from mmceph.analysis.point_files import Labels
from mmceph.apis.corrections import labelme_content, read_corrected, untouched
from mmceph.apis.prediction import LandmarkPoint, ReadingOptions, assemble
from mmceph.errors import MmcephError
from mmceph.imaging import PixelSize

RULER = RulerReading((900.0, 150.0), (900.0, 100.0), (0.9, 0.9), 0.2, 0.001, "marks", None)
# Angle N-S, N-A: 90 degrees; Pog` lies where no measurement of this test needs it.
# S-N is 46 mm at 0.1 mm per px and 92 mm at 0.2.
POINTS = {"S": (100.0, 500.0), "N": (560.0, 500.0), "A": (560.0, 800.0), "Pog`": (701.125, 955.5)}


def make(**changes):
    settings = {
        "file": "a/1.png",
        "size": (1000, 1200),
        "landmarks": {name: LandmarkPoint(*place, 0.9) for name, place in POINTS.items()},
        "options": ReadingOptions.of(analysis="steiner"),
        "ruler": RULER,
        "made_with": {"checkpoint": "best.pth", **ReadingOptions.of(analysis="steiner").as_dict()},
    }
    return assemble(**{**settings, **changes})


def sna(prediction) -> float | None:
    return next(entry.value for entry in prediction.measurements if entry.key == "SNA")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A labelme file as it is written, beside its picture."""
    (tmp_path / "labelme").mkdir()
    cv2.imwrite(str(tmp_path / "1.png"), np.full((1200, 1000), 99, np.uint8))
    path = tmp_path / "labelme" / "1.json"
    path.write_text(json.dumps(labelme_content(make(), "../1.png")), encoding="utf-8")
    return path


def edit(path: Path, change) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    content = change(content) or content
    path.write_text(json.dumps(content), encoding="utf-8")


def shape(content, label):
    return next(entry for entry in content["shapes"] if entry["label"] == label)


def test_labelme_gets_every_point_and_the_ruler(file):
    content = json.loads(file.read_text(encoding="utf-8"))
    assert [entry["label"] for entry in content["shapes"]] == [*POINTS, "P1", "P2"]
    assert shape(content, "Pog`")["points"] == [[701.125, 955.5]]
    assert {entry["shape_type"] for entry in content["shapes"]} == {"point"}
    assert (content["imageWidth"], content["imageHeight"]) == (1000, 1200)
    assert (content["imagePath"], content["imageData"]) == ("../1.png", None)
    assert "not a medical device" in content["mmceph"]["notice"]


def test_untouched_points_stay_the_models(file):
    assert untouched(file)
    read = read_corrected(file)
    before = make()
    assert read.landmarks == before.landmarks
    assert (read.calibration, read.ruler) == (before.calibration, before.ruler)
    assert read.measurements == before.measurements
    assert read.file == "a/1.png"
    assert read.pixels.shape == (1200, 1000)
    assert read.made_with["checkpoint"] == "best.pth"
    assert read.warnings == ()


def test_a_moved_point_is_manual_and_remembers_the_model(file):
    edit(file, lambda c: shape(c, "A")["points"].__setitem__(0, [660.0, 800.0]))
    assert not untouched(file)
    read = read_corrected(file)
    assert read.manual == ("A",)
    assert read.landmarks["A"] == LandmarkPoint(660.0, 800.0, 0.9, "manual", (560.0, 800.0))
    assert read.landmarks["S"].source == "model"
    assert sna(make()) == pytest.approx(90.0)
    assert sna(read) == pytest.approx(108.435, abs=1e-3)
    assert read.as_dict()["landmarks"]["A"]["predicted"] == [560.0, 800.0]


def error_model():
    """Radii of 1 mm, or a hundredth of the diagonal, around every point."""
    names = tuple(POINTS)
    mm = Scales((1.0,) * 4, 0.0, 1.0, 2.0, 20, 80)
    return ErrorModel(names, 0.9, replace(mm, scale=(0.01,) * 4), mm)


def test_uncertainty_stays_with_the_models_points(file):
    before = make(error_model=error_model())
    # The ruler says 0.2 mm per px.
    assert before.landmarks["A"].bound.radius_px == (5.0, 5.0)
    assert before.bounds["SNA"].half_width > 0
    assert before.as_dict()["measurements"][0]["half_width"] == before.bounds["SNA"].half_width
    file.write_text(json.dumps(labelme_content(before, "../1.png")), encoding="utf-8")
    same = read_corrected(file)
    assert same.landmarks == before.landmarks
    assert same.bounds == before.bounds
    edit(file, lambda c: shape(c, "A")["points"].__setitem__(0, [560.0, 810.0]))
    moved = read_corrected(file, options=ReadingOptions.of(0.1))
    assert moved.landmarks["A"].bound is None  # a hand counts as right
    assert moved.landmarks["S"].bound.radius_px == (5.0, 5.0)
    assert moved.landmarks["S"].bound.radius_mm == pytest.approx(0.5)
    assert 0 < moved.bounds["SNA"].half_width < before.bounds["SNA"].half_width


@pytest.mark.parametrize(("by", "moved"), [(0.009, False), (0.011, True)])
def test_rounding_by_an_editor_is_no_move(file, by, moved):
    edit(file, lambda c: shape(c, "N")["points"].__setitem__(0, [560.0, 500.0 + by]))
    read = read_corrected(file)
    assert (read.manual == ("N",)) is moved
    assert read.landmarks["N"].y == (500.0 + by if moved else 500.0)


def test_removed_added_and_unknown_points_are_told(file):
    def change(content):
        content["shapes"].remove(shape(content, "A"))
        content["shapes"] += [
            {"label": "subspinale2", "points": [[1, 2]], "shape_type": "point"},
            {"label": "Gonion", "points": [[3, 4]], "shape_type": "point"},
        ]

    edit(file, change)
    read = read_corrected(file)
    assert sna(read) is None
    assert read.manual == ("subspinale2", "Go")
    assert read.warnings == (
        "removed by hand: A",
        "added by hand: subspinale2, Go",
        "not known, so nothing is measured from it: subspinale2",
    )


def test_an_alias_is_the_same_landmark(file):
    edit(file, lambda c: shape(c, "Pog`").__setitem__("label", "Pog'"))
    assert read_corrected(file).landmarks == make().landmarks


def test_moved_ruler_marks_are_the_new_scale(file):
    edit(file, lambda c: shape(c, "P1")["points"].__setitem__(0, [900.0, 200.0]))
    assert not untouched(file)
    read = read_corrected(file)
    assert read.calibration.spacing == (0.1, 0.1)  # 10 mm over 100 px
    assert read.calibration.source == "ruler (marks by hand)"
    assert read.manual == ()


def test_ruler_marks_added_where_none_was_read(file):
    abstained = replace(RULER, mm_per_px=None, method=None, reason="no ruler")
    content = labelme_content(make(ruler=abstained), "")
    assert [entry["label"] for entry in content["shapes"]] == list(POINTS)
    for label, y in (("P1", 180), ("P2", 100)):
        content["shapes"].append({"label": label, "points": [[5, y]], "shape_type": "point"})
    file.write_text(json.dumps(content), encoding="utf-8")
    assert read_corrected(file).calibration.spacing == (0.125, 0.125)


@pytest.mark.parametrize(
    ("p1", "reason"),
    [
        ([900.0, 110.0], "marks by hand: 1.0000 mm per px is outside 0.05 to 0.20"),
        ([990.0, 100.0], "marks by hand: the marks lie 90 degrees from the vertical"),
        ([900.0, 10.0], "marks by hand: the marks lie 180 degrees from the vertical"),
    ],
)
def test_marks_by_hand_that_no_ruler_can_be_give_no_scale(file, p1, reason):
    edit(file, lambda c: shape(c, "P1")["points"].__setitem__(0, p1))
    read = read_corrected(file)  # P2 is at (900, 100)
    assert read.calibration.spacing is None
    assert reason in read.calibration.warnings[0]
    assert "give --spacing" in read.calibration.warnings[0]


def test_removed_ruler_marks_take_the_scale_away(file):
    def change(content):
        content["shapes"] = [e for e in content["shapes"] if e["label"] not in ("P1", "P2")]

    edit(file, change)
    read = read_corrected(file)
    assert read.calibration.spacing is None
    assert "removed by hand" in read.calibration.warnings[0]


def test_stated_sizes_and_settings_come_back(tmp_path):
    sizes = (PixelSize((0.1, 0.2), "DICOM PixelSpacing (GEOMETRY)", "calibrated"),)
    before = make(ruler=None, pixel_sizes=sizes)
    path = tmp_path / "1.json"
    path.write_text(json.dumps(labelme_content(before, "gone.png")), encoding="utf-8")
    read = read_corrected(path)
    assert read.calibration == before.calibration
    assert read.measurements == before.measurements
    assert read.pixels is None
    assert "gone.png: cannot be read" in read.warnings[0]
    explicit = read_corrected(path, options=ReadingOptions.of(0.1, analysis=["downs"]))
    assert explicit.calibration.source == "explicit"
    assert {entry.analysis for entry in explicit.measurements} == {"downs"}


def test_the_prediction_is_found_beside_where_an_editor_dropped_it(file):
    edit(file, lambda c: c.__delitem__("mmceph"))
    lost = read_corrected(file)
    assert lost.manual == tuple(POINTS)
    assert "not known" in lost.warnings[0]
    stored = file.parent.parent / "json" / "1.json"
    stored.parent.mkdir()
    stored.write_text(json.dumps(make().as_dict()), encoding="utf-8")
    assert read_corrected(file).manual == ()
    assert not untouched(file)  # without the prediction in it, nothing is written over it


def test_a_second_correction_keeps_the_models_point(file):
    edit(file, lambda c: shape(c, "A")["points"].__setitem__(0, [660.0, 800.0]))
    once = read_corrected(file)
    file.write_text(json.dumps(labelme_content(once, "../1.png")), encoding="utf-8")
    again = read_corrected(file)
    assert again.landmarks == once.landmarks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: shape(c, "A").__setitem__("label", "N"), "'N' is given twice"),
        (lambda c: shape(c, "A").__setitem__("shape_type", "circle"), "must be drawn as a point"),
        (lambda c: c["shapes"].remove(shape(c, "P2")), "has P1 alone"),
        (lambda c: shape(c, "P1").__setitem__("points", [[900, 100]]), "P1 and P2 are one point"),
        (lambda c: c.__setitem__("imageWidth", 50), "it is another one"),
        (
            lambda c: c["mmceph"].__delitem__("image"),
            r"1\.json \(mmceph\): image is missing; it is",
        ),
        (lambda c: c["mmceph"].__setitem__("schema", 9), "schema 9"),
        (lambda c: c["mmceph"]["landmarks"]["S"].__setitem__("x", "1"), r"S\.x is '1', not"),
        (lambda c: [1], "is no labelme file"),
    ],
)
def test_what_cannot_be_understood_is_named(file, change, message):
    edit(file, change)
    with pytest.raises(MmcephError, match=message) as raised:
        read_corrected(file)
    assert str(file) in str(raised.value)


def test_labels_that_are_numbers_count_a_set(file):
    edit(file, lambda content: content.pop("mmceph") and None)
    numbers = {"S": "l1", "N": "l2", "A": "l5", "Pog`": "l16"}  # as isbi19 counts them

    def numbered(content):
        content["shapes"] = [entry for entry in content["shapes"] if entry["label"] in numbers]
        for entry in content["shapes"]:
            entry["label"] = numbers[entry["label"]]

    edit(file, numbered)
    read = read_corrected(file, labels=Labels.of("isbi19", None))
    assert read.names == ("S", "N", "A", "Pog`")
    assert sna(read) == pytest.approx(90.0)
    with pytest.raises(MmcephError, match=r"1\.json: label 'l5' is no landmark") as error:
        read_corrected(file, labels=Labels.of(None, "l1=S,l2=N"))
    assert str(error.value).startswith(f"{file}: ")


def test_what_is_hardly_seen_stays_said_until_a_hand_places_it(file):
    low = {name: LandmarkPoint(*place, 0.01) for name, place in POINTS.items()}
    warning = "hardly seen by the model (score below 0.1): "
    said = make(landmarks=low, warnings=[f"{warning}S, N, A, Pog`"])
    file.write_text(json.dumps(labelme_content(said, "../1.png")), encoding="utf-8")
    assert list(read_corrected(file).warnings) == [f"{warning}S, N, A, Pog`"]
    edit(file, lambda content: shape(content, "A").update(points=[[561.0, 805.0]]))
    assert list(read_corrected(file).warnings) == [f"{warning}S, N, Pog`"]
    # A model whose scores say nothing was not warned of, and is not now.
    content = labelme_content(make(landmarks=low), "../1.png")
    file.write_text(json.dumps(content), encoding="utf-8")
    assert read_corrected(file).warnings == ()


def test_points_at_zero_are_not_measured(file):
    def zero(content):
        shape(content, "A")["points"] = [[0, 0]]

    edit(file, zero)
    found = read_corrected(file)
    assert sna(found) is None
    assert "A" not in found.landmarks
    assert any("A at exactly (0, 0)" in text for text in found.warnings)

    def shares(content):
        for entry in content["shapes"]:
            entry["points"] = [[0.4, 0.6]]

    edit(file, shares)
    with pytest.raises(MmcephError, match=r"1.json: all .* places lie between 0 and 1"):
        read_corrected(file)
