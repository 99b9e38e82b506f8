from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmceph.converters.labelme import read_labelme
from mmceph.converters.problems import Problems

GOOD = {"label": "S", "points": [[3.5, 4]], "group_id": 7, "shape_type": "point", "flags": {}}


def read(path: Path, content: Any) -> tuple[Any, list[str]]:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(json.dumps(content), encoding="utf-8")
    problems = Problems()
    return read_labelme(path, "x.json", problems), [str(p) for p in problems]


def test_a_good_file(tmp_path: Path) -> None:
    content = {"imagePath": "x.png", "imageWidth": 10, "imageHeight": 20, "shapes": [GOOD]}
    file, problems = read(tmp_path / "x.json", content)
    assert (file.image_path, file.size, file.points) == ("x.png", (10, 20), (("S", (3.5, 4.0)),))
    assert problems == []


def test_a_byte_order_mark_and_no_size_are_fine(tmp_path: Path) -> None:
    file, problems = read(tmp_path / "x.json", b"\xef\xbb\xbf" + b'{"shapes": []}')
    assert (file.image_path, file.size, file.points, problems) == ("", None, (), [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"\xff\xfe{", "UTF-16 that is damaged"),
        (b'{"shapes": [', "no valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        ([], "no labelme file"),
        ({"shapes": {}}, "no labelme file"),
        ({"images": [], "annotations": []}, "no labelme file"),
        ({"shapes": [], "imageWidth": "10", "imageHeight": 10}, "imageWidth is '10'"),
        ({"shapes": [], "imageWidth": 10, "imageHeight": -1}, "imageHeight is -1"),
        ({"shapes": [], "imageWidth": True, "imageHeight": 1}, "imageWidth is True"),
        (b'{"shapes": [], "imageWidth": NaN, "imageHeight": 1}', "imageWidth is nan"),
        ({"shapes": [], "imagePath": 3}, "imagePath: must be text"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: Any, message: str) -> None:
    file, problems = read(tmp_path / "x.json", content)
    assert file is None
    assert len(problems) == 1
    assert problems[0].startswith("x.json")
    assert message in problems[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": 3}, "shape 1, label: is 3"),
        ({"label": " "}, "shape 1 ( ), label"),
        ({"shape_type": None}, "shape_type: is None"),
        ({"points": [[1, 2], [3, 4]]}, "points: has 2 places"),
        ({"points": []}, "points: has 0 places"),
        ({"points": "1,2"}, "points: has no list of places"),
        ({"points": [[1]]}, "[1] is not [x, y]"),
        ({"points": [["1", 2]]}, "not [x, y] of two finite numbers"),
        ({"points": [[True, 2]]}, "not [x, y]"),
        ({"points": [[float("nan"), 2]]}, "not [x, y]"),
        ({"points": [[float("inf"), 2]]}, "not [x, y]"),
        ({"points": [[10**400, 2]]}, "not [x, y]"),
        ({"points": [None]}, "not [x, y]"),
    ],
)
def test_a_bad_shape_is_named_and_the_rest_kept(tmp_path: Path, change: dict, message: str) -> None:
    other = {**GOOD, "label": "N"}
    file, problems = read(tmp_path / "x.json", {"shapes": [{**GOOD, **change}, other]})
    assert file.points == (("N", (3.5, 4.0)),)
    assert len(problems) == 1
    assert message in problems[0]


def test_shapes_that_are_no_points_are_told_apart(tmp_path: Path) -> None:
    box = {"label": "head", "shape_type": "rectangle", "points": [[0, 0], [9, 9]]}
    bad = {"label": "note", "points": "nowhere"}
    old = {"label": "lips", "points": [[0, 0], [9, 9], [0, 9]]}
    problems = Problems()
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"shapes": [box, GOOD, bad, old]}), encoding="utf-8")
    file = read_labelme(path, "x.json", problems, ignore={"note"})
    assert file is not None
    assert (file.points, file.others) == (
        (("S", (3.5, 4.0)),),
        (("head", "rectangle"), ("lips", "polygon")),
    )
    assert list(problems) == []
    file = read_labelme(path, "x.json", problems, ignore={"note", "head"})
    assert file is not None
    assert file.others == (("lips", "polygon"),)


def test_a_shape_that_is_no_object(tmp_path: Path) -> None:
    _, problems = read(tmp_path / "x.json", {"shapes": [5]})
    assert problems == ["x.json, shape 1: is 5, not an object"]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["shapes", "label", "points", "shape_type", "imagePath", "imageWidth"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(content=JSON_VALUES)
def test_no_json_at_all_raises(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    file, problems = read(path, content)
    assert file is not None or len(problems) == 1
