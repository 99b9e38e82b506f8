from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.labelstudio import read_export
from mmceph.converters.labelstudio_folder import read_labelstudio
from mmceph.converters.labelstudio_pictures import image_names, parse_image_field
from mmceph.converters.raw_data import RawData, ReadOptions

Make = Callable[..., Path]
REAL = Path(__file__).resolve().parents[3] / "shared/data/p1p2_labelstudio_aariz300.json"


def key_point(label: str, x: Any, y: Any, **more: Any) -> dict[str, Any]:
    value = {"x": x, "y": y, "width": 0.2, "keypointlabels": [label]}
    return {"type": "keypointlabels", "value": value, **more}


def task(name: str, *results: Any, number: int = 1, **annotation: Any) -> dict[str, Any]:
    return {
        "id": number,
        "data": {"image": f"/data/upload/{name}"},
        "annotations": [{"completed_by": 1, "result": list(results), **annotation}],
    }


RULER = (key_point("p1", 75.0, 20.0), key_point("p2", 74.0, 10.0))


def export(folder: Path, *tasks: Any) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(list(tasks)), encoding="utf-8")
    return path


def read(raw: Path, skip_bad: bool = False, **options: Any) -> tuple[RawData, list[str], list[str]]:
    problems = Problems(skip_bad)
    found = read_labelstudio(raw, raw.parent / "out", ReadOptions(**options), problems)
    return found, [str(p) for p in problems.errors], [str(p) for p in problems.warnings]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("/data/upload/1/1a2b3c4d-x.png", ["1a2b3c4d-x.png", "x.png"]),
        ("x.png", ["x.png"]),
        ("https://host/a/x%20y.png?token=1#z", ["x%20y.png?token=1#z", "x%20y.png", "x y.png"]),
        ("/data/local-files/?d=a%2Fb/x.png&e=1", ["x.png"]),
        ("s3://bucket/a/x.png", ["x.png"]),
        ("C:\\films\\x.png", ["x.png"]),
        ("../../outside.png", ["outside.png"]),
        ("1a2b3c4D-x.png", ["1a2b3c4D-x.png"]),
        ("", []),
        ("/", []),
    ],
)
def test_names_an_image_may_have(written: str, names: list[str]) -> None:
    assert image_names(written) == names


def test_percents_become_pixels_of_the_image_found(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "images/film.png", 80, 60)
    sized = {"original_width": 80, "original_height": 60}
    points = (key_point("p1", 75.0, 20.0, **sized), key_point("p2", 74.0, 10.0, **sized))
    raw = export(tmp_path, task("1/0a1b2c3d-film.png", *points))
    for source in (raw, tmp_path):
        found, errors, warnings = read(source)
        assert (errors, warnings) == ([], [])
        assert found.landmark_set.name == "ruler2"
        assert found.cases[0].observers == {"annotator_1": {"P1": (60.0, 12.0), "P2": (59.2, 6.0)}}
        assert (found.cases[0].width, found.cases[0].height) == (80, 60)
        assert found.cases[0].spacing is None


def test_a_stated_size_that_is_not_the_images(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "x.png", 80, 60)
    point = key_point("p1", 1, 1, original_width=800, original_height=600)
    raw = export(tmp_path, task("x.png", point), task("x.png", *RULER, completed_by=2))
    found, errors, _ = read(raw, skip_bad=True)
    assert "800x600, but the image has 80x60 px" in errors[0]
    assert list(found.cases[0].observers) == ["annotator_2"]


def test_images_are_searched_in_subfolders_of_images_only(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "films/train/x.png")
    make_image(tmp_path / "outside.png")
    (tmp_path / "raw").mkdir()
    raw = export(tmp_path / "raw", task("x.png", *RULER), task("../../outside.png", *RULER))
    with pytest.raises(ConversionError, match="--images DIR"):
        read(raw)
    found, errors, _ = read(raw, skip_bad=True, images=tmp_path / "films")
    assert [case.file_name for case in found.cases] == ["../../films/train/x.png"]
    assert errors == [
        f"task 1 (outside.png), data.image: no such image in {tmp_path / 'films'}, and the export "
        "alone holds none; give their folder with --images DIR"
    ]


def test_a_name_in_two_folders_is_not_guessed(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "films/a/x.png")
    make_image(tmp_path / "films/b/x.png")
    with pytest.raises(ConversionError, match="keep one of them"):
        read(export(tmp_path, task("x.png", *RULER)), images=tmp_path / "films")


def test_an_upload_changes_blanks_in_names(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "my film (1).png")
    found, errors, _ = read(export(tmp_path, task("1/0a1b2c3d-my_film_1.png", *RULER)))
    assert errors == []
    assert found.cases[0].subject == "my film (1)"


def test_cancelled_and_empty_annotations(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "x.png")
    raw = export(
        tmp_path,
        task("a.png", *RULER, number=7, was_cancelled=True),
        task("b.png", number=8),
        {**task("c.png", number=9), "annotations": []},
        task("x.png", *RULER, number=10),
    )
    found, errors, warnings = read(raw)
    assert (len(found.cases), errors) == (1, [])
    assert warnings == [
        "task 7 (a.png): was cancelled 1 time(s); left out",
        "task 8 (b.png), annotation 1: is empty; left out",
        "task 8 (b.png): has no annotation; left out",
        "task 9 (c.png): has no annotation; left out",
    ]


def test_several_annotators_are_observers(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "x.png", 100, 100)
    both = task("x.png", key_point("p1", 10, 20), completed_by={"id": 4, "email": "a@b.c"})
    both["annotations"] += [
        {"completed_by": 5, "result": [key_point("p1", 12, 20)]},
        {"completed_by": 5, "result": [key_point("p1", 25, 20)]},
        {"result": [key_point("p1", 16, 20)]},
    ]
    found, errors, warnings = read(export(tmp_path, both))
    assert errors == []
    assert found.cases[0].observers == {
        "annotator_4": {"P1": (10, 20)},
        "annotator_5": {"P1": (25, 20)},
        "annotator": {"P1": (16, 20)},
    }
    assert "annotator_5 has annotated it before; the last one was taken" in warnings[0]


def test_placeholders_are_masked(tmp_path: Path, make_image: Make) -> None:
    tasks = []
    for number in range(12):
        make_image(tmp_path / f"{number}.png", 100, 100, seed=number)
        points = (
            key_point("S", 10 + number, 20),
            key_point("N`", 50.0, 50.0),
            key_point("Pog`", 33.0, 44.0),
        )
        tasks.append(task(f"{number}.png", *points, number=number))
    found, _, warnings = read(export(tmp_path, *tasks))
    assert all(set(case.observers["annotator_1"]) == {"S"} for case in found.cases)
    assert warnings[:2] == [
        "export.json, label N`: at exactly (50, 50) % in 12 of 12 cases: a placeholder, taken as "
        "missing",
        "export.json, label Pog`: at exactly (33, 44) % in 12 of 12 cases: a placeholder, taken as "
        "missing",
    ]


def test_a_turned_view_and_other_results(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "x.png", 100, 200)
    points = (key_point("p1", 10, 20, image_rotation=90), key_point("p2", 10, 10))
    box = {"type": "rectanglelabels", "value": {"x": 1, "y": 1, "width": 2, "height": 3}}
    found, errors, warnings = read(export(tmp_path, task("x.png", *points, box)))
    assert errors == []
    assert found.cases[0].observers["annotator_1"]["P1"] == (10, 40)
    assert "rectanglelabels 1" in warnings[0]
    assert "image_rotation: the view was turned" in warnings[1]


def test_points_whose_labels_stand_apart(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "x.png", 100, 100)
    place = {"x": 1.0, "y": 2.0, "width": 0.2}
    results = [
        {"id": "a", "type": "keypoint", "value": place},
        {"id": "a", "type": "labels", "value": {**place, "labels": ["p1"]}},
    ]
    found, _, _ = read(export(tmp_path, task("x.png", *results)))
    assert found.cases[0].observers["annotator_1"] == {"P1": (1.0, 2.0)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "no list of tasks"),
        ("[]", "no list of tasks"),
        ("[", "no valid JSON"),
        (
            '[{"image": "x.png", "kp": []}]',
            "task 1: has no 'data', so it is no task; export as JSON again",
        ),
        ('[{"data": {"image": 3}}]', "data.image is 3"),
        ('[{"data": {"image": "x.png"}}]', "has no list 'annotations'"),
        ('[{"data": {"a": "x", "b": "y"}, "annotations": []}]', "data.image is None"),
        ("[3]", "task 1: is 3, not an object"),
    ],
)
def test_exports_that_cannot_be_used(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(content)
    problems = Problems()
    try:
        read_export(path, "export.json", problems)
        found = str(problems.errors[0])
    except ConversionError as error:
        found = str(error)
    assert message in found


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (3, "result 1: is 3, not an object"),
        ({"type": "keypointlabels", "value": None}, "value is None"),
        ({"type": "keypointlabels", "value": {"x": 1, "y": 1}}, "has no keypointlabels"),
        (key_point("p1", "1", 2), "x and y are '1' and 2"),
        (key_point("p1", float("nan"), 2), "x and y are nan and 2"),
        (key_point("p1", 1, 2, original_width=-5, original_height=5), "original_width is -5"),
        (key_point("", 1, 2), "the label is empty"),
        (key_point("p1", 101, 2), "lies outside the image"),
    ],
)
def test_results_that_cannot_be_used(
    tmp_path: Path, make_image: Make, result: Any, message: str
) -> None:
    make_image(tmp_path / "x.png")
    raw = export(tmp_path, task("x.png", result, key_point("p2", 1, 1)))
    with pytest.raises(ConversionError) as error:
        read(raw)
    assert message in str(error.value)
    found, errors, _ = read(raw, skip_bad=True)
    assert len(errors) == 1
    assert list(found.cases[0].observers["annotator_1"]) == ["P2"]


def on(to_name: str, label: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    return key_point(label, x, y, to_name=to_name, **more)


def several(data: dict[str, Any], *results: Any, number: int = 1) -> dict[str, Any]:
    return {
        "id": number,
        "data": data,
        "annotations": [{"completed_by": 1, "result": list(results)}],
    }


def points(found: RawData) -> dict[str, dict[str, tuple[float, float]]]:
    return {Path(c.file_name).name: dict(c.observers["annotator_1"]) for c in found.cases}


def test_points_of_the_second_picture_belong_to_it(tmp_path: Path, make_image: Make) -> None:
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        make_image(tmp_path / name, 100, 100, seed=number)
    data = {"image": "1/0a1b2c3d-a.png", "image2": "1/0a1b2c3d-b.png", "third": "1/0a1b2c3d-c.png"}
    raw = export(tmp_path, several(data, on("image", "p1", 1, 2), on("image2", "p1", 3, 4)))
    found, errors, warnings = read(raw)
    assert errors == []
    assert points(found) == {"a.png": {"P1": (1, 2)}, "b.png": {"P1": (3, 4)}}
    note = "export.json: 1 picture(s) of tasks with points have none; left out: 0a1b2c3d-c.png"
    assert note in warnings


@pytest.mark.parametrize("listed", [["a.png", {"url": "b.png"}], '["a.png", "b.png"]'])
def test_an_item_of_a_list_of_pictures(tmp_path: Path, make_image: Make, listed: Any) -> None:
    for number, name in enumerate(("a.png", "b.png")):
        make_image(tmp_path / name, 100, 100, seed=number)
    task = several(
        {"pictures": listed},
        on("pictures", "p1", 1, 2, item_index=0),
        on("pictures", "p1", 3, 4, item_index=1),
    )
    found, errors, _ = read(export(tmp_path, task))
    assert errors == []
    assert points(found) == {"a.png": {"P1": (1, 2)}, "b.png": {"P1": (3, 4)}}
    repeated = several({"pictures": listed}, on("page_0", "p1", 1, 2))
    found, errors, _ = read(export(tmp_path, repeated))
    assert points(found) == {"a.png": {"P1": (1, 2)}}
    bad = several({"pictures": listed}, on("pictures", "p1", 1, 2))
    with pytest.raises(ConversionError, match=r"on which of the 2 pictures of data\.pictures"):
        read(export(tmp_path, bad))
    bad = several({"pictures": listed}, on("pictures", "p1", 1, 2, item_index=2))
    with pytest.raises(ConversionError, match=r"lies on picture 2 of data\.pictures, which has 2"):
        read(export(tmp_path, bad))


@pytest.mark.parametrize(
    "data",
    [
        {"ceph": "/data/upload/1/0a1b2c3d-a.png", "patient": "P000", "visit": 3},
        {"patient": "P000", "x ray": "s3://bucket/films/a.png?sign=1"},
        {"only": "a.png"},
    ],
)
def test_the_field_may_be_called_anything(
    tmp_path: Path, make_image: Make, data: dict[str, Any]
) -> None:
    make_image(tmp_path / "a.png", 100, 100)
    found, errors, _ = read(export(tmp_path, several(data, on("image", "p1", 1, 2))))
    assert errors == []
    assert points(found) == {"a.png": {"P1": (1, 2)}}


def test_which_field_is_said_where_nothing_shows_it(tmp_path: Path, make_image: Make) -> None:
    for number, name in enumerate(("a.png", "b.png")):
        make_image(tmp_path / name, 100, 100, seed=number)
    data = {"lateral": "a.png", "thumbnail": "b.png"}
    one = export(tmp_path, several(data, on("img", "p1", 1, 2)))
    with pytest.raises(ConversionError, match=r"\(lateral, thumbnail\); say which with"):
        read(one)
    found, _, _ = read(one, image_field=parse_image_field("lateral"))
    assert points(found) == {"a.png": {"P1": (1, 2)}}
    with pytest.raises(ConversionError, match="data has no text 'gone', which --image-field names"):
        read(one, image_field={"": "gone"})
    two = export(tmp_path, several(data, on("l", "p1", 1, 2), on("r", "p1", 3, 4)))
    for chosen in ("", "lateral"):
        with pytest.raises(ConversionError, match=r"--image-field l=FIELD"):
            read(two, image_field=parse_image_field(chosen) if chosen else {})
    found, _, _ = read(two, image_field=parse_image_field("l=lateral,r=thumbnail"))
    assert points(found) == {"a.png": {"P1": (1, 2)}, "b.png": {"P1": (3, 4)}}


@pytest.mark.parametrize("text", ["", "a=", "a=b,a=c", "a,b"])
def test_an_option_that_names_no_field(text: str) -> None:
    with pytest.raises(ConversionError, match="--image-field"):
        parse_image_field(text)


def test_two_uploads_of_one_name_are_two_pictures(tmp_path: Path, make_image: Make) -> None:
    folder = tmp_path / "films"
    make_image(folder / "film.png", 100, 100)
    first = task("1/0a1b2c3d-film.png", key_point("p1", 1, 2), number=1)
    second = task("1/deadbee0-film.png", key_point("p1", 30, 40), number=2, completed_by=2)
    raw = export(tmp_path, first, second)
    with pytest.raises(ConversionError) as caught:
        read(raw, images=folder)
    for stored, other in (("0a1b2c3d", "deadbee0"), ("deadbee0", "0a1b2c3d")):
        assert f"{stored}-film.png and {other}-film.png (task " in str(caught.value)
    make_image(folder / "0a1b2c3d-film.png", 100, 100, seed=1)
    with pytest.raises(ConversionError, match=r"0a1b2c3d-film\.png") as caught:
        read(raw, images=folder)  # film.png may still be either
    assert len(str(caught.value).splitlines()) == 1
    # What the message says to do.
    (folder / "film.png").rename(folder / "deadbee0-film.png")
    found, errors, _ = read(raw, images=folder)
    assert errors == []
    assert {Path(c.file_name).name: dict(c.observers) for c in found.cases} == {
        "0a1b2c3d-film.png": {"annotator_1": {"P1": (1, 2)}},
        "deadbee0-film.png": {"annotator_2": {"P1": (30, 40)}},
    }


def test_pictures_of_one_name_in_two_folders_of_a_storage(tmp_path: Path, make_image: Make) -> None:
    make_image(tmp_path / "films/P1/ceph.png", 100, 100, seed=1)
    make_image(tmp_path / "films/P2/ceph.png", 100, 100, seed=2)
    make_image(tmp_path / "films/P3/other.png", 100, 100, seed=3)
    tasks = [
        task("x", key_point("p1", n, n), number=n) | {"data": {"image": f"s3://b/P{n}/ceph.png"}}
        for n in (1, 2, 3)
    ]
    raw = export(tmp_path, *tasks[:2])
    found, errors, _ = read(raw, images=tmp_path / "films")
    assert errors == []
    assert {c.file_name: c.consensus("P1") for c in found.cases} == {
        f"../films/P{n}/ceph.png": (n, n) for n in (1, 2)
    }
    with pytest.raises(ConversionError, match=r"are pictures of one name|fits .* keep one"):
        read(export(tmp_path, *tasks), images=tmp_path / "films")
    (tmp_path / "films/P2/ceph.png").unlink()
    with pytest.raises(ConversionError, match="are pictures of one name"):
        read(export(tmp_path, *tasks[:2]), images=tmp_path / "films")
    with pytest.raises(ConversionError, match=r"b/p3/ceph.png is not in .*P3, and .*P1"):
        read(export(tmp_path, tasks[2]), images=tmp_path / "films")


@pytest.mark.parametrize("stored", ["Jos\u00e9 1.png", "Jose\u0301 1.png"])
@pytest.mark.parametrize("written", ["Jos\u00e9_1.png", "Jose\u0301_1.png", "Jose_1.png"])
def test_letters_with_marks_are_one_or_two_characters(
    tmp_path: Path, make_image: Make, stored: str, written: str
) -> None:
    make_image(tmp_path / "films" / stored)
    raw = export(tmp_path, task(f"1/0a1b2c3d-{written}", *RULER))
    found, errors, _ = read(raw, images=tmp_path / "films")
    assert (len(found.cases), errors) == (1, [])


def flat(name: str, number: int, annotator: Any, **controls: Any) -> dict[str, Any]:
    return {"image": f"/data/upload/1/{name}", "id": number, "annotator": annotator, **controls}


def placed(*points: tuple[str, float, float], **more: Any) -> list[dict[str, Any]]:
    return [{"x": x, "y": y, "keypointlabels": [label], **more} for label, x, y in points]


def as_csv(rows: list[dict[str, Any]], delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: v if isinstance(v, (str, int)) else json.dumps(v) for k, v in row.items()}
        )
    return out.getvalue()


@pytest.mark.parametrize("form", ["min.json", "export.csv", "export.tsv"])
def test_json_min_and_tables_say_the_same(tmp_path: Path, make_image: Make, form: str) -> None:
    make_image(tmp_path / "x.png", 100, 100)
    make_image(tmp_path / "y.png", 100, 100, seed=1)
    size = {"original_width": 100, "original_height": 100}
    rows = [
        flat("0a1b2c3d-x.png", 1, 7, kp=placed(("p1", 10, 20), ("p2", 10, 12), **size), note="a"),
        flat("0a1b2c3d-x.png", 1, "me@home.org", kp=placed(("p1", 12, 20), **size), note="a"),
        flat("0a1b2c3d-x.png", 1, "you@home.org", kp=placed(("p1", 15, 20), **size), note="a"),
        flat("0a1b2c3d-y.png", 2, "me@home.org", kp=placed(("p1", 50, 51), **size), note="b"),
        flat("0a1b2c3d-z.png", 3, 7, kp=[], note="c"),
    ]
    path = tmp_path / form
    text = json.dumps(rows) if "json" in form else as_csv(rows, "," if "csv" in form else "\t")
    path.write_text(text, encoding="utf-8")
    for source in (path, tmp_path):
        found, errors, warnings = read(source)
        assert errors == []
        assert [dict(case.observers) for case in found.cases] == [
            {
                "annotator_7": {"P1": (10, 20), "P2": (10, 12)},
                "annotator_named_1": {"P1": (12, 20)},
                "annotator_named_2": {"P1": (15, 20)},
            },
            {"annotator_named_1": {"P1": (50, 51)}},
        ]
        assert "task 3 (0a1b2c3d-z.png), annotation 1: is empty; left out" in warnings


def test_flat_exports_do_not_say_which_picture(tmp_path: Path, make_image: Make) -> None:
    for number, name in enumerate(("a.png", "b.png")):
        make_image(tmp_path / name, 100, 100, seed=number)
    row = flat("a.png", 1, 1, other="/data/upload/1/b.png")
    path = tmp_path / "min.json"
    path.write_text(json.dumps([{**row, "kp": placed(("p1", 1, 2))}]))
    with pytest.raises(ConversionError, match=r"does not say on which .*; export as JSON, or"):
        read(path)
    found, _, _ = read(path, image_field={"": "other"})
    assert points(found) == {"b.png": {"P1": (1, 2)}}
    path.write_text(json.dumps([{**row, "l": placed(("p1", 1, 2)), "r": placed(("p1", 3, 4))}]))
    with pytest.raises(ConversionError, match="say which with --image-field l=FIELD"):
        read(path)
    found, _, _ = read(path, image_field=parse_image_field("l=image,r=other"))
    assert points(found) == {"a.png": {"P1": (1, 2)}, "b.png": {"P1": (3, 4)}}


def test_a_table_of_points_is_no_export(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("image,landmark,x,y\na.png,S,1,2\n")
    with pytest.raises(ConversionError, match=r"converted by tools/dataset_converters/points\.py"):
        read(path)


@pytest.fixture(scope="module")
def real() -> Path:
    if not REAL.is_file():
        pytest.skip(f"no real export here ({REAL.name} is absent)")
    return REAL


def test_the_real_export_without_images(real: Path, tmp_path: Path) -> None:
    problems = Problems()
    with pytest.raises(ConversionError) as error:
        read_labelstudio(real, tmp_path, ReadOptions(images=tmp_path), problems)
    lines = str(error.value).splitlines()
    assert "task 1 (cks2ip8fq29yq0yufc4scftj8.png), data.image: no such image" in lines[0]
    assert len(problems.errors) == 300


def test_the_real_export_with_images_of_its_names(real: Path, tmp_path: Path) -> None:
    names = [Path(entry["data"]["image"]).name for entry in json.loads(real.read_text())]
    for number, name in enumerate(names):
        pixels = np.full((40, 30), number % 250, np.uint8)
        pixels[0, : number // 250 + 1] = 255
        (tmp_path / name).write_bytes(cv2.imencode(Path(name).suffix, pixels)[1].tobytes())
    problems = Problems()
    found = read_labelstudio(real, tmp_path / "out", ReadOptions(images=tmp_path), problems)
    assert problems.errors == []
    assert len(found.cases) == 300
    assert found.landmark_set.name == "ruler2"
    first = next(c for c in found.cases if c.subject == "cks2ip8fq29yq0yufc4scftj8")
    assert first.observers["annotator_1"]["P1"] == pytest.approx((22.5, 3.37978), abs=1e-4)


def test_the_ruler_of_real_cephalograms(ceph100: Path, tmp_path: Path) -> None:
    raw = ceph100 / "p1_p2_labelstudio.json"
    problems = Problems()
    found = read_labelstudio(raw, tmp_path, ReadOptions(images=ceph100 / "images"), problems)
    assert (len(found.cases), problems.errors) == (100, [])
    lengths = [
        np.hypot(*np.subtract(case.consensus("P1"), case.consensus("P2"))) for case in found.cases
    ]
    assert np.median(lengths) == pytest.approx(78.6, abs=0.5)
