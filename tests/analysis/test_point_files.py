from __future__ import annotations

import json

import pytest

from mmceph.analysis.measurements import MeasurementError
from mmceph.analysis.point_files import Labels, read_points


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def labelme(*shapes):
    listed = [{"label": n, "points": [[x, y]], "shape_type": "point"} for n, x, y in shapes]
    return json.dumps({"shapes": listed, "imagePath": "a.png"})


def test_the_three_kinds_say_the_same(tmp_path):
    wanted = {"S": (1.0, 2.0), "Pog'": (3.5, 4.0)}
    files = [
        write(tmp_path / "a.json", labelme(("S", 1, 2), ("Pog'", 3.5, 4))),
        write(tmp_path / "b.json", json.dumps({"S": [1, 2], "Pog'": [3.5, 4], "N": None})),
        write(tmp_path / "c.csv", "\ufeffLandmark, X, y\nS,1,2\nPog',3.5,4\nN,,\n"),
    ]
    assert [read_points(file) for file in files] == [wanted] * 3


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", labelme(("S", 1, 2), ("S", 3, 4)), "'S' is given twice"),
        ("a.json", '{"S": [1]}', r"'S' is not \[x, y\]"),
        ("a.json", "[1, 2]", "must be a labelme file"),
        ("a.json", '{"Sela": [1, 2]}', "no landmark by a known name; did you mean"),
        ("a.json", "{", "a.json"),
        ("a.csv", "S,1,2\n", "names neither landmark, x and y"),
        ("a.csv", "name,x,y\nS,1,left\n", "line 2"),
        ("a.csv", "name,x,y\nS,1,inf\n", "line 2"),
        ("a.csv", "name,x,y\nS,1\n", "line 2"),
    ],
)
def test_clear_errors(tmp_path, name, text, message):
    with pytest.raises(MeasurementError, match=message) as error:
        read_points(write(tmp_path / name, text))
    assert str(error.value).startswith(str(tmp_path / name))
    assert "\n" not in str(error.value)


def numbered(tmp_path, *more):
    return write(tmp_path / "a.json", labelme(("l1", 1, 2), ("l2", 3, 4), *more))


def test_labels_are_read_as_the_converters_read_them(tmp_path):
    file = numbered(tmp_path)
    wanted = {"S": (1.0, 2.0), "N": (3.0, 4.0)}
    assert read_points(file, Labels.of("isbi19", None)) == wanted  # its first two are S and N
    assert read_points(file, Labels.of(None, "l1=S,l2=N")) == wanted
    assert read_points(file, Labels.of("isbi19", "l1=N,l2=Sella")) == {
        "N": (1.0, 2.0),
        "S": (3.0, 4.0),
    }
    more = numbered(tmp_path, ("A", 5, 6), ("text", 7, 8))
    named = read_points(more, Labels.of(None, "l1=S,l2=N", "text"))
    assert named == {**wanted, "A": (5.0, 6.0)}
    assert Labels.of(None, None) is None


@pytest.mark.parametrize(
    ("more", "labels", "message"),
    [
        ((), None, r"by a known name \(l1, l2\); give --landmark-set NAME"),
        ((("S", 9, 9),), ("isbi19", None), "labels 'l1' and 'S' both stand for S; keep one"),
        ((("l1", 9, 9),), ("isbi19", None), "label 'l1' is given twice, both for S; keep one"),
        ((("l20", 9, 9),), ("isbi19", None), "l20: numbers 1 to 20, but isbi19 has 19 landmarks"),
        ((("text", 9, 9),), (None, "l1=S,l2=N"), "pass it over with --ignore text"),
    ],
)
def test_labels_that_stand_for_nothing_are_named(tmp_path, more, labels, message):
    file = numbered(tmp_path, *more)
    with pytest.raises(MeasurementError, match=message) as error:
        read_points(file, None if labels is None else Labels.of(*labels))
    assert str(error.value).startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("isbi", None), "--landmarks isbi: no known landmark set"),
        ((None, "l1"), "--names l1: neither LABEL=LANDMARK"),
        (("isbi19", "l1=UIA"), "'UIA' is not in the set isbi19"),
    ],
)
def test_options_that_cannot_be_understood(options, message):
    with pytest.raises(MeasurementError, match=message):
        Labels.of(*options)


def test_no_such_file(tmp_path):
    with pytest.raises(MeasurementError, match=r"nowhere\.json: cannot be read"):
        read_points(tmp_path / "nowhere.json")


def test_zeros_are_missing_and_shares_no_px(tmp_path):
    notes = []
    text = json.dumps({"S": [320, 530], "N": [0, 0], "A": [792, 987]})
    found = read_points(write(tmp_path / "a.json", text), note=notes.append)
    assert found == {"S": (320, 530), "A": (792, 987)}
    assert notes == ["N at exactly (0, 0) in 1 of 1 cases: a placeholder, taken as missing"]
    for name, text in (
        ("b.json", json.dumps({"S": [0.24, 0.32], "N": [0.62, 0.31]})),
        ("b.csv", "name,x,y\nS,0.24,0.32\nN,0.62,0.31\n"),
    ):
        with pytest.raises(MeasurementError, match=f"{name}: all 2 places lie between 0 and 1"):
            read_points(write(tmp_path / name, text))


def test_places_measured_from_sella_are_kept(tmp_path):
    file = write(tmp_path / "a.csv", "name;x;y\nS;0;0\nN;690,5;-70\n")
    assert read_points(file) == {"S": (0, 0), "N": (690.5, -70)}


def test_one_tracing_a_file(tmp_path):
    file = write(tmp_path / "a.csv", "image,landmark,x,y\n1.png,S,10,20\n2.png,S,10,20\n")
    with pytest.raises(MeasurementError, match=r"several images \(1.png, 2.png\); give one file"):
        read_points(file)
