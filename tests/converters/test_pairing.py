from __future__ import annotations

from pathlib import Path

import pytest

from mmceph.converters.images import ImageIndex
from mmceph.converters.labelme import LabelmeFile
from mmceph.converters.pairing import find_image
from mmceph.converters.problems import Problems


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "outside.png").write_bytes(b"x")
    images = tmp_path / "raw" / "images"
    images.mkdir(parents=True)
    for name in ("1.png", "2.png", "4.png", "4.jpg"):
        (images / name).write_bytes(b"x")
    return tmp_path / "raw"


def find(raw: Path, file: str, image_path: str) -> tuple[str | None, list[str]]:
    problems = Problems()
    content = LabelmeFile(raw / "labelme" / file, image_path, None, ())
    found = find_image(content, ImageIndex(raw / "images"), raw, file, problems)
    return found and found.name, [str(p) for p in problems]


@pytest.mark.parametrize(
    "image_path",
    ["1.png", "..\\images\\1.png", "../images/1.png", "C:\\Users\\me\\1.png", "/mnt/x/1.PNG", ""],
)
def test_the_image_is_found_wherever_it_was_labelled(raw: Path, image_path: str) -> None:
    assert find(raw, "1.json", image_path) == ("1.png", [])


def test_another_suffix_is_taken_and_reported(raw: Path) -> None:
    assert find(raw, "1.json", "1.tif") == (
        "1.png",
        ["1.json, imagePath: 1.tif is not there; 1.png taken"],
    )


def test_a_file_named_otherwise_than_its_image(raw: Path) -> None:
    assert find(raw, "first.json", "1.png") == ("1.png", [])


@pytest.mark.parametrize(
    ("file", "image_path", "message"),
    [
        ("1.json", "2.png", "names 2.png, but 1.png is there too"),
        ("3.json", "3.png", "'3.png': no such image in images/"),
        ("3.json", "", "is missing and images/ has no image named 3"),
        ("3.json", "../../outside.png", "points outside the raw folder"),
        ("3.json", "C:\\outside.png", "points outside the raw folder"),
        ("4.json", "", "fits neither of 4.jpg and 4.png"),
    ],
)
def test_what_cannot_be_paired(raw: Path, file: str, image_path: str, message: str) -> None:
    found, problems = find(raw, file, image_path)
    assert found is None
    assert len(problems) == 1
    assert message in problems[0]
