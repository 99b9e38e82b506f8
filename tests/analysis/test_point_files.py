from __future__ import annotations

import json

import pytest

from mmceph.analysis.measurements import MeasurementError
from mmceph.analysis.point_files import read_points


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
        ("a.csv", "S,1,2\n", "must name the columns"),
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


def test_no_such_file(tmp_path):
    with pytest.raises(MeasurementError, match=r"nowhere\.json: cannot be read"):
        read_points(tmp_path / "nowhere.json")
