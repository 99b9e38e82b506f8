from __future__ import annotations

import json

import pytest

from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.prediction_files import read_prediction_file


def write(path, content):
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def points(found):
    return {image.image: image.points for image in found.images}


def test_our_own_file(tmp_path):
    content = {
        "schema": 1,
        "landmark_names": ["S", "UL"],
        "images": [
            {"file": "a/1.png", "keypoints": [[1.5, 2], [None, None]], "scores": [0.5, 0.25]},
            {"file": "a/2.png", "keypoints": [[3, 4], [5, 6]]},
        ],
    }
    found = read_prediction_file(write(tmp_path / "p.json", content))
    assert found.kind == "mmceph predictions.json"
    assert points(found) == {"a/1.png": {"S": (1.5, 2.0)}, "a/2.png": {"S": (3, 4), "Ls": (5, 6)}}
    assert found.images[0].scores == {"S": 0.5}


def test_the_challenges_file(tmp_path):
    entries = [{"name": "1", "point": [8.5, 9, 2]}, {"name": "13", "point": [1, 2, 2]}]
    found = read_prediction_file(write(tmp_path / "p.json", {"name": "x", "points": entries}))
    assert found.kind == "CL-Detection2023 prediction file"
    assert points(found) == {"2": {"S": (8.5, 9.0), "Ls": (1.0, 2.0)}}


@pytest.mark.parametrize(
    "text",
    [
        "image,landmark,x,y\n1.png,S,1,2.5\n1.png,Pog',3,4\n2.png,S,,\n2.png,N,5,6\n",
        "File Name;Name;X;Y;score\n1.png;S;1;2.5;0.5\n\n1.png;Pog`;3;4;\n2.png;N;5;6;1\n",
        "image,S_x,S_y,Pog`_x,Pog`_y,N_x,N_y,age\n1.png,1,2.5,3,4,,,9\n2.png,,,,,5,6,9\n",
        "\ufeffimage\tS x\tS y\tPog' x\tPog' y\tN x\tN y\n1.png\t1\t2.5\t3\t4\t\t\n"
        "2.png\t\t\t\t\t5\t6\n",
    ],
    ids=["long", "semicolons", "wide", "tabs"],
)
def test_every_csv_people_write(tmp_path, text):
    found = read_prediction_file(write(tmp_path / "p.csv", text))
    assert points(found) == {"1.png": {"S": (1, 2.5), "Pog`": (3, 4)}, "2.png": {"N": (5, 6)}}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.json", "{", "p.json: is no valid JSON"),
        ("p.json", "[]", "is no file of predictions: it must be a predictions.json of mmceph"),
        ("p.json", {"landmark_names": ["S"], "images": []}, "not of schema 1"),
        ("p.json", {"schema": 1, "landmark_names": ["S"], "images": []}, "holds no point"),
        (
            "p.json",
            {"schema": 1, "landmark_names": ["S"], "images": [{"file": "a", "keypoints": []}]},
            "a: keypoints are not 1 points",
        ),
        (
            "p.json",
            {"schema": 1, "landmark_names": ["S"],
             "images": [{"file": "a", "keypoints": [["1", 2]]}]},
            "a, S: '1', 2 are no px",
        ),
        (
            "p.json",
            {"schema": 1, "landmark_names": ["Ls", "UL"],
             "images": [{"file": "a", "keypoints": [[1, 2], [1, 2]]}]},
            "a: UL is given twice",
        ),
        ("p.json", {"points": [{"name": "39", "point": [1, 2, 1]}]}, r"points\[0\]"),
        ("p.csv", "", "is empty"),
        ("p.csv", "S_x,S_y\n1,2\n", "names no column 'image'"),
        ("p.csv", "image,S,N\n1,2,3\n", "neither landmark, x and y nor pairs"),
        ("p.csv", "image,landmark,x,y\na,S,1\n", "line 2: S of a: has x alone"),
        ("p.csv", "image,landmark,x,y\na,S,1,two\n", "line 2: S of a: '1' and 'two' are not"),
        ("p.csv", "image,landmark,x,y\na,S,1,nan\n", "line 2: S of a: has x alone"),
        ("p.csv", "image,landmark,x,y\na,S,1,5,2\n", "line 2: 5 cells"),
        ("p.csv", "image;landmark;x;y\na;S;1,5;2.5\n", "decimal comma"),
        ("p.csv", "image,observer,landmark,x,y\na,b,S,1,2\n", "line 2: names an observer"),
        ("p.csv", "image,landmark,x,y\na,S,1,2\na,S,1,2\n", "line 3: a: S is given twice"),
        ("p.csv", "image,landmark,x,y\n,S,1,2\n", "line 2: names no image"),
        ("p.csv", "image,S_x,S_y\na,1,2\na,3,4\n", "line 3: image 'a' comes twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, name, content, message):
    with pytest.raises(EvaluationError, match=message) as raised:
        read_prediction_file(write(tmp_path / name, content))
    assert str(tmp_path / name) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(EvaluationError, match=r"gone\.csv: cannot be read"):
        read_prediction_file(tmp_path / "gone.csv")


def test_zeros_are_not_predicted_and_shares_refused(tmp_path):
    text = "image,landmark,x,y\n1.png,S,1,2.5\n1.png,N,0,0\n"
    found = read_prediction_file(write(tmp_path / "p.csv", text))
    assert points(found) == {"1.png": {"S": (1, 2.5)}}
    assert found.notes == ("N at exactly (0, 0) in 1 of 1 cases: a placeholder, taken as missing",)
    text = "image,landmark,x,y\n1.png,S,0.1,0.5\n1.png,N,0.7,0.2\n"
    with pytest.raises(EvaluationError, match=r"p.csv: 1.png: all 2 places lie between 0 and 1"):
        read_prediction_file(write(tmp_path / "p.csv", text))
