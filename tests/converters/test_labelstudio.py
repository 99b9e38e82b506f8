from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.labelstudio import read_export
from mmceph.converters.labelstudio_folder import image_names, read_labelstudio
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
            "task 1: has no 'data': export as JSON, not as JSON-MIN",
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
