from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.points_folder import read_points_folder
from mmceph.converters.raw_data import RawData, ReadOptions

Make = Callable[..., Path]
LONG = """image,rater,landmark,x,y
001.png,a,S,10.5,20
001.png,a,N,30,12.25
001.png,b,S,11.5,21
002.png,a,S,12,22
"""


def read(raw: Path, skip_bad: bool = False, **options: Any) -> tuple[RawData, list[str], list[str]]:
    problems = Problems(skip_bad)
    found = read_points_folder(raw, raw.parent / "out", ReadOptions(**options), problems)
    return found, [str(p) for p in problems.errors], [str(p) for p in problems.warnings]


@pytest.fixture
def folder(tmp_path: Path, make_image: Make) -> Path:
    for number in (1, 2, 3):
        make_image(tmp_path / f"raw/images/{number:03d}.png", seed=number)
    return tmp_path / "raw"


def observers(found: RawData) -> dict[str, Any]:
    return {Path(case.file_name).stem: dict(case.observers) for case in found.cases}


WANTED = {
    "001": {"a": {"S": (10.5, 20), "N": (30, 12.25)}, "b": {"S": (11.5, 21)}},
    "002": {"a": {"S": (12, 22)}},
}


def test_a_line_a_point(folder: Path) -> None:
    (folder / "points.csv").write_text(LONG)
    for source in (folder, folder / "points.csv"):
        found, errors, warnings = read(source)
        assert (errors, observers(found)) == ([], WANTED)
        assert found.landmark_set.names[:2] == ("S", "N")
        assert "1 image(s) are in no table; left out" in " ".join(warnings)


def test_a_line_an_image_as_a_german_spreadsheet_saves_it(folder: Path) -> None:
    text = (
        "Datei;Path;Rater;S_x;S_y;N_x;N_y\r\n"
        ";images\\001.png;a;10,5;20;30;12,25\r\n;images\\001.png;b;11,5;21;;\r\n"
        ";images\\002.png;a;12;22;;\r\n"
    )
    (folder / "Übersicht.csv").write_bytes(text.encode("utf-16"))
    found, errors, warnings = read(folder)
    assert (errors, observers(found)) == ([], WANTED)
    assert "columns passed over: Datei" in " ".join(warnings)


def test_a_table_for_each_image_and_others_beside(folder: Path) -> None:
    (folder / "001.csv").write_text("name,x,y\nS,10.5,20\nN,30,12.25\n")
    (folder / "002.tsv").write_text("label\tx\ty\nS\t12\t22\n")
    (folder / "subjects.csv").write_text("file,subject\n001.png,1\n")
    (folder / "README.txt").write_text("Points, placed by hand.\nOne, two, three, four\n")
    found, errors, warnings = read(folder)
    assert errors == []
    assert observers(found) == {
        "001": {"observer": {"S": (10.5, 20), "N": (30, 12.25)}},
        "002": {"observer": {"S": (12, 22)}},
    }
    assert "tables that hold no points passed over: README.txt, subjects.csv" in " ".join(warnings)


@pytest.mark.parametrize("written", ["images/001.png", "C:\\films\\001.PNG", "001", "001.jpg", "1"])
def test_an_image_is_found_as_people_write_it(folder: Path, written: str) -> None:
    (folder / "p.csv").write_text(f"image,landmark,x,y\n{written},S,10,20\n")
    found, errors, warnings = read(folder)
    assert (errors, list(observers(found))) == ([], ["001"])
    said = " ".join(warnings)
    assert ("have another suffix than written: 001.jpg is 001.png" in said) == ("jpg" in written)
    assert ("have another number than written: 1 is 001.png" in said) == (written == "1")


def test_an_image_of_one_name_in_two_folders(folder: Path, make_image: Make) -> None:
    make_image(folder / "images/P1/ceph.png", seed=8)
    make_image(folder / "images/P2/ceph.png", seed=9)
    table = folder / "p.csv"
    table.write_text("image,landmark,x,y\nP2/ceph.png,S,10,20\n")
    found, errors, _ = read(folder)
    assert (errors, [case.file_name for case in found.cases]) == ([], ["../raw/images/P2/ceph.png"])
    table.write_text("image,landmark,x,y\nceph.png,S,10,20\n")
    with pytest.raises(ConversionError, match=r"P1/ceph.png and .*P2/ceph.png; write the path"):
        read(folder)
    (folder / "images/P1/ceph.png").rename(folder / "images/P1/other.png")
    table.write_text("image,landmark,x,y\nP1/ceph.png,S,10,20\n")
    with pytest.raises(ConversionError, match="lies in another folder"):
        read(folder)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("gone.png,S,1,2", r"p.csv, image 'gone.png': no such image in .*--images DIR"),
        ("001.png,S,1,5,2", "p.csv: line 2: 5 cells"),
        ("001.png,S,500,2", "lies outside the image"),
        ("001.png,S,10,20\n001.png,S,30,40", "given 2 times"),
        ("001.png,S,10,20\n1,N,30,40", "is the same image by the same observer"),
        ("001.png,S,0.1,0.2\n001.png,N,0.3,0.4", "are shares of the picture and no px"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, rows: str, message: str) -> None:
    (folder / "p.csv").write_text(f"image,landmark,x,y\n{rows}\n")
    with pytest.raises(ConversionError, match=message):
        read(folder)


def test_subjects_and_sizes_that_the_table_states(folder: Path) -> None:
    text = "image,landmark,x,y,patient,width,height\n001.png,S,10,20,P7,80,60\n"
    (folder / "p.csv").write_text(text)
    found, _, _ = read(folder)
    assert found.cases[0].subject == "P7"
    (folder / "p.csv").write_text(text.replace("80,60", "800,600"))
    with pytest.raises(ConversionError, match="800x600, but the image has 80x60 px"):
        read(folder)


def test_an_export_of_label_studio_is_named(folder: Path) -> None:
    text = 'image,id,kp\n001.png,1,"[{""x"": 1, ""y"": 2, ""keypointlabels"": [""S""]}]"\n'
    (folder / "p.csv").write_text(text)
    with pytest.raises(ConversionError, match=r"dataset_converters/labelstudio\.py"):
        read(folder)


def test_no_table_at_all(folder: Path) -> None:
    with pytest.raises(ConversionError, match="holds no table"):
        read(folder)
    (folder / "points.xlsx").write_bytes(b"PK")
    for source in (folder, folder / "points.xlsx"):
        with pytest.raises(ConversionError, match=r"save .* as CSV"):
            read(source)
