from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.aariz import parse_landmarks, read_aariz
from mmceph.converters.raw_data import RawData, ReadOptions

Make = Callable[..., Path]
POINTS = {"S": (20, 20), "N": (60, 18), "Pog`": (50, 50), "A": (55, 30)}
TABLE = "cephalogram_id,machine,pixel_size,image_format,mode\r\n"


def landmark(symbol: str, x: Any, y: Any) -> dict[str, Any]:
    return {"landmark_id": "1", "title": symbol, "symbol": symbol, "value": {"x": x, "y": y}}


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def write_landmarks(path: Path, points: dict[str, tuple[Any, Any]], **more: Any) -> None:
    entries = [landmark(symbol, *place) for symbol, place in points.items()]
    write(path, {"ceph_id": path.stem, "landmarks": entries, "dataset_name": "x", **more})


def folder(root: Path, split: str, who: str) -> Path:
    return root / split / "Annotations" / "Cephalometric Landmarks" / f"{who} Orthodontists"


@pytest.fixture(params=[("train", "valid", "test"), ("Train", "Valid", "Test")])
def raw(tmp_path: Path, make_image: Make, request: pytest.FixtureRequest) -> Path:
    rows = TABLE
    for number, (split, suffix) in enumerate(
        zip(request.param, ("png", "jpg", "bmp"), strict=True)
    ):
        name = f"cks{number}"
        make_image(tmp_path / split / "Cephalograms" / f"{name}.{suffix}", seed=number)
        for shift, who in enumerate(("Senior", "Junior")):
            points = {n: (x + shift, y) for n, (x, y) in POINTS.items()}
            write_landmarks(folder(tmp_path, split, who) / f"{name}.json", points)
        write(tmp_path / split / f"Annotations/CVM Stages/{name}.json", {"cvm_stage": {"value": 3}})
        rows += f"{name},Machine {number},0.{number + 1},{suffix},L\r\n"
    table = tmp_path / "cephalogram_machine_mappings.csv"
    table.write_text("\ufeff" + rows, encoding="utf-8", newline="")
    return tmp_path


def read(raw: Path, skip_bad: bool = False, **options: Any) -> tuple[RawData, Problems]:
    problems = Problems(skip_bad)
    return read_aariz(raw, raw / "out", ReadOptions(**options), problems), problems


def split_folder(raw: Path) -> Path:
    return next(p for p in raw.iterdir() if p.name.lower() == "train")


def test_points_are_joined_by_symbol() -> None:
    content = {"landmarks": [landmark("Pog`", 1, 2), landmark("S", 3.5, 4)]}
    assert parse_landmarks(content) == (("Pog`", (1.0, 2.0)), ("S", (3.5, 4.0)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "no list 'landmarks'"),
        ({"landmarks": [3]}, "landmark 1 has no symbol: 3"),
        ({"landmarks": [landmark("S", 1, 2), {"value": {}}]}, "landmark 2 has no symbol"),
        ({"landmarks": [landmark("S", "1", 2)]}, r"landmark 1 \(S\): .* is no x and y"),
        ({"landmarks": [{"symbol": "S", "value": [1, 2]}]}, r"landmark 1 \(S\)"),
        ({"landmarks": [landmark("S", float("nan"), 2)]}, "is no x and y"),
    ],
)
def test_entries_that_cannot_be_used(content: Any, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        parse_landmarks(content)


def test_splits_observers_device_spacing_and_stage(raw: Path) -> None:
    found, problems = read(raw)
    assert problems.errors == []
    assert list(found.home.values()) == ["train", "val", "test"]
    case = found.cases[1]
    assert (case.device, case.spacing, case.spacing_source) == ("Machine 1", (0.2, 0.2), "nominal")
    assert (case.subject, case.extra) == ("cks1", {"cvm_stage": 3})
    assert case.observers["senior"]["Pog`"] == (50.0, 50.0)
    assert case.observers["junior"]["Pog`"] == (51.0, 50.0)
    # The organisers take the next whole number instead; the plain mean is what it says.
    assert case.consensus("Pog`") == (50.5, 50.0)
    assert found.num_files == {"senior": 3, "junior": 3}


def test_doubtful_millimetres_are_told_by_device_and_by_picture(raw: Path) -> None:
    _, problems = read(raw)
    texts = [str(p) for p in problems.warnings if p.field == "spacing"]
    assert len(texts) == 6
    assert texts[0].startswith("all files, device Machine 0, spacing: the median Sella-Nasion")
    assert "is 4.0 mm, outside 60 to 85 mm" in texts[0]
    assert texts[3].endswith(
        "/Cephalograms/cks0.png, spacing: 0.1 x 0.1 fits no human: Sella-Nasion would be 4 mm "
        "(45 to 95 in people)"
    )


def test_without_the_table_nothing_is_invented(raw: Path) -> None:
    (raw / "cephalogram_machine_mappings.csv").unlink()
    found, problems = read(raw)
    assert [case.spacing for case in found.cases] == [None] * 3
    assert [case.device for case in found.cases] == [None] * 3
    assert "devices and mm per px are unknown" in str(problems.warnings[0])


@pytest.mark.parametrize("size", ["", "abc", "0", "-0.1", "nan", "139"])
def test_a_pixel_size_that_is_none(raw: Path, size: str) -> None:
    path = raw / "cephalogram_machine_mappings.csv"
    path.write_text(f"{TABLE}cks0,Machine 0,{size},png,L\r\n", newline="")
    with pytest.raises(ConversionError, match="row 2, pixel_size"):
        read(raw)
    found, problems = read(raw, skip_bad=True)
    assert (found.cases[0].spacing, found.cases[0].device) == (None, "Machine 0")
    assert sum("not in the table of devices" in str(p) for p in problems.warnings) == 2


def test_a_table_without_its_columns(raw: Path) -> None:
    (raw / "cephalogram_machine_mappings.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ConversionError, match="lacks the column 'cephalogram_id'"):
        read(raw)


def test_two_images_of_one_name_and_one_without_image(raw: Path, make_image: Make) -> None:
    part = split_folder(raw)
    make_image(part / "Cephalograms/cks0.jpeg", seed=9)
    write_landmarks(folder(raw, part.name, "Senior") / "cks9.json", POINTS)
    found, problems = read(raw, skip_bad=True)
    assert len(found.cases) == 2
    texts = [str(p) for p in problems.errors]
    assert any("has several images" in text for text in texts)
    assert any("cks9.json: has no image" in text for text in texts)


def test_a_broken_file_leaves_the_other_observer(raw: Path) -> None:
    (folder(raw, split_folder(raw).name, "Junior") / "cks0.json").write_text("{")
    found, problems = read(raw, skip_bad=True)
    assert list(found.cases[0].observers) == ["senior"]
    assert "no valid JSON" in str(problems.errors[0])


def test_the_same_picture_in_two_splits_is_told(raw: Path) -> None:
    train = split_folder(raw) / "Cephalograms" / "cks0.png"
    test = next(p for p in raw.rglob("cks2.bmp"))
    test.unlink()
    test.with_suffix(".png").write_bytes(train.read_bytes())
    _, problems = read(raw)
    texts = [str(p) for p in problems.warnings]
    assert any("one subject in two splits" in text and "(test)" in text for text in texts)


def test_another_folder(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="it is not the Aariz folder"):
        read(tmp_path)
