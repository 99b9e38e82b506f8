from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from mmceph.converters import Case, build_coco
from mmceph.datasets.canonical import other_boxes, read_canonical, reordered
from mmceph.landmarks import LandmarkSet

SET = LandmarkSet("three", ("S", "N", "Ls"))
CASE = Case(
    "a.png", 50, 40, {"x": {"S": (1.0, 2.0), "Ls": (5.0, 6.0)}}, (0.1, 0.2), "user", "dev", "p1"
)


def write(path: Path, content: Any) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_reordered_by_name(tmp_path: Path) -> None:
    file = read_canonical(write(tmp_path / "a.json", build_coco([CASE], SET)))
    columns, extra = file.columns(LandmarkSet("mine", ("UL", "S")))
    assert (columns, extra) == ([2, 0], ["N"])
    annotation = reordered(file, file.images[0], columns)
    assert annotation is not None
    assert annotation["keypoints"] == [5.0, 6.0, 2.0, 1.0, 2.0, 2.0]
    assert annotation["num_keypoints"] == 2
    assert annotation["observers"] == {"x": [[5.0, 6.0, 2.0], [1.0, 2.0, 2.0]]}
    carried = ("file_name", "width", "height", "spacing", "spacing_source", "device", "subject")
    assert [annotation[key] for key in carried] == [
        "a.png", 50, 40, [0.1, 0.2], "user", "dev", "p1",
    ]  # fmt: skip


def test_a_missing_point_is_0_0_0_whatever_its_place_says(tmp_path: Path) -> None:
    content = build_coco([CASE], SET)
    content["annotations"][0]["keypoints"][3:6] = [7, 8, 0]
    file = read_canonical(write(tmp_path / "a.json", content))
    annotation = reordered(file, file.images[0], [1])
    assert annotation is not None
    assert annotation["keypoints"] == [0.0, 0.0, 0.0]
    assert annotation["num_keypoints"] == 0


def test_a_file_of_other_origin_without_our_fields(tmp_path: Path) -> None:
    content = {
        "images": [{"id": 3, "file_name": "a.png", "width": 5, "height": 4, "spacing": 0.1}],
        "annotations": [{"id": 1, "image_id": 3, "keypoints": [1, 2, 1]}],
        "categories": [{"keypoints": ["Sella"]}],
    }
    file = read_canonical(write(tmp_path / "a.json", content))
    columns, _ = file.columns(LandmarkSet("s", ("S",)))
    annotation = reordered(file, file.images[0], columns)
    assert annotation is not None
    assert annotation["spacing"] == [0.1, 0.1]
    assert annotation["bbox"] == [0, 0, 5, 4]
    assert annotation["observers"] == {}
    assert annotation["subject"] is None


def test_a_landmark_the_file_lacks_is_named(tmp_path: Path) -> None:
    file = read_canonical(write(tmp_path / "a.json", build_coco([CASE], SET)))
    lacks = r"a.json: lacks Or of mine's 2 landmarks, and has N, Ls besides; .* --landmarks S,N,Ls"
    with pytest.raises(ValueError, match=lacks):
        file.columns(LandmarkSet("mine", ("S", "Or")))
    with pytest.raises(ValueError, match=r"lacks Lss .* did you mean 'Ls'"):
        file.columns(LandmarkSet("mine", ("S", "N", "Lss")))


def test_no_file_names_the_converter(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="tools/dataset_converters"):
        read_canonical(str(tmp_path / "none.json"))
    with pytest.raises(FileNotFoundError):
        read_canonical("")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": None}, "'images' is missing"),
        ({"annotations": [3]}, "'annotations' is missing or is no list of objects"),
        ({"categories": []}, r"categories\[0\].keypoints is no list"),
        ({"categories": [{"keypoints": ["S", "N", "S"]}]}, "'S' and 'S' are one landmark"),
        ({"categories": [{"keypoints": ["S", "UL", "Ls"]}]}, "'UL' and 'Ls' are one landmark"),
    ],
)
def test_what_is_not_canonical(tmp_path: Path, change: dict, message: str) -> None:
    path = write(tmp_path / "a.json", {**build_coco([CASE], SET), **change})
    with pytest.raises(ValueError, match=rf"a.json: .*{message}.*tools/dataset_converters"):
        read_canonical(path)


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("images", {"id": "1"}, r"images\[0\].id is '1'"),
        ("images", {"file_name": ""}, r"images\[0\].file_name"),
        ("images", {"width": 0}, r"images\[0\].width is 0"),
        ("images", {"spacing": [0.1]}, r"images\[0\].spacing"),
        ("images", {"spacing": [0.1, -0.1]}, r"images\[0\].spacing"),
        ("images", {"spacing": [0.1, 1e300]}, r"images\[0\].spacing is \[0\.1, 1e\+300\]"),
        ("images", {"width": 10**400}, r"images\[0\].width is 1000.*\.\.\., no size"),
        ("images", {"id": True}, r"images\[0\].id is True"),
        ("annotations", {"keypoints": [10**400] * 9}, "not 3 x 3 finite numbers"),
        ("annotations", {"keypoints": [1e308] * 9}, "not 3 x 3 finite numbers"),
        ("images", {"spacing": "0.1"}, r"images\[0\].spacing"),
        ("annotations", {"image_id": 9}, "image_id 9 is no image's id"),
        ("annotations", {"keypoints": [1, 2, 2]}, r"annotations\[0\].keypoints is not 3 x 3"),
        ("annotations", {"keypoints": [None] * 9}, "not 3 x 3 finite numbers"),
        ("annotations", {"keypoints": [float("nan")] * 9}, "not 3 x 3 finite numbers"),
        ("annotations", {"observers": {"x": [1]}}, r"annotations\[0\].observers.x is not 3 x 3"),
        ("annotations", {"observers": [1]}, "observers is no object"),
    ],
)
def test_the_wrong_field_is_named(tmp_path: Path, part: str, change: dict, message: str) -> None:
    content = build_coco([CASE], SET)
    content[part][0].update(change)
    with pytest.raises(ValueError, match=message):
        read_canonical(write(tmp_path / "a.json", content))


@pytest.mark.parametrize(("part", "message"), [("images", "twice"), ("annotations", "has two")])
def test_nothing_stands_twice(tmp_path: Path, part: str, message: str) -> None:
    content = build_coco([CASE], SET)
    content[part].append(copy.deepcopy(content[part][0]))
    with pytest.raises(ValueError, match=message):
        read_canonical(write(tmp_path / "a.json", content))


def test_no_json(tmp_path: Path) -> None:
    for data in (b"{", b"\xff\xfe", b"[]", b"[" * 100_000):
        (tmp_path / "a.json").write_bytes(data)
        with pytest.raises(ValueError, match="canonical form"):
            read_canonical(str(tmp_path / "a.json"))


def test_points_that_nobody_placed_become_missing(tmp_path: Path) -> None:
    content = build_coco([CASE], SET)
    content["annotations"][0]["keypoints"][3:6] = [0, 0, 2]
    content["annotations"][0]["observers"]["x"][3:6] = [0, 0, 1]
    file = read_canonical(write(tmp_path / "a.json", content))
    assert file.annotations[1]["keypoints"] == [1.0, 2.0, 2, 0, 0, 0, 5.0, 6.0, 2]
    assert file.annotations[1]["observers"]["x"][3:6] == [0, 0, 0]
    assert file.notes == ("N at exactly (0, 0) in 2 of 2 cases: a placeholder, taken as missing",)


def test_shares_of_the_picture_are_refused(tmp_path: Path) -> None:
    content = build_coco([CASE], SET)
    content["annotations"][0]["keypoints"] = [0.1, 0.2, 2, 0, 0, 0, 0.5, 0.6, 2]
    with pytest.raises(ValueError, match=r"a.json: a.png: all 2 places lie between 0 and 1"):
        read_canonical(write(tmp_path / "a.json", content))


def test_the_whole_picture_is_the_box_whatever_the_file_says(tmp_path: Path) -> None:
    content = build_coco([CASE], SET)
    assert other_boxes(read_canonical(write(tmp_path / "a.json", content))) == []
    content["annotations"][0].update(bbox=[1, 2, 10, 10], area=100)
    file = read_canonical(write(tmp_path / "a.json", content))
    annotation = reordered(file, file.images[0], [0, 1, 2])
    assert annotation is not None
    assert (annotation["bbox"], annotation["area"]) == ([0, 0, 50, 40], 2000)
    assert other_boxes(file) == ["a.png"]
