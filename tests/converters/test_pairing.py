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


def find(
    raw: Path, file: str, image_path: str, pair_by: str = "both"
) -> tuple[str | None, list[str]]:
    problems = Problems()
    content = LabelmeFile(raw / "labelme" / file, image_path, None, ())
    index = ImageIndex(raw / "images", recursive=True)
    found = find_image(content, index, raw, file, problems, pair_by)
    name = None if found is None else found.relative_to(raw / "images").as_posix()
    return name, [str(p) for p in problems]


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
        ("4.json", "", "images/4.jpg and images/4.png have this file's name"),
    ],
)
def test_what_cannot_be_paired(raw: Path, file: str, image_path: str, message: str) -> None:
    found, problems = find(raw, file, image_path)
    assert found is None
    assert len(problems) == 1
    assert message in problems[0]


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """Two hospitals that call their pictures alike."""
    for name in ("A/1.png", "A/2.png", "A/x.png", "B/1.png", "B/3.png", "7.png", "B/026.tif"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "image_path", "expected"),
    [
        ("B_1.json", "../images/B/1.png", "B/1.png"),
        ("B_1.json", "..\\images\\b\\1.PNG", "B/1.png"),
        ("obs/B_1.json", "../images/B/1.png", "B/1.png"),  # the file was moved a folder down
        ("one.json", "D:\\study\\B\\1.png", "B/1.png"),
        ("B/1.json", "1.png", "B/1.png"),  # labelme/B/1.json beside images/B/1.png
        ("B/1.json", "", "B/1.png"),
        ("2.json", "2.png", "A/2.png"),
        ("2.json", "old/2.png", "A/2.png"),
        ("B_1.json", "../images/B/1.tif", "B/1.png"),  # another suffix in the stated folder
    ],
)
def test_the_stated_folder_tells_pictures_of_one_name_apart(
    sites: Path, file: str, image_path: str, expected: str
) -> None:
    assert find(sites, file, image_path)[0] == expected


@pytest.mark.parametrize(
    ("file", "image_path", "message"),
    [
        ("B_2.json", "../images/B/2.png", "and images/A/2.png lies in another folder"),
        ("2.json", "../images/B/2.png", "and images/A/2.png lies in another folder"),
        ("C_2.json", "../images/C/2.png", "and images/A/2.png lies in another folder"),
        ("C_1.json", "../images/C/1.png", "fits images/A/1.png and images/B/1.png"),
        ("1.json", "1.png", "fits images/A/1.png and images/B/1.png"),
        ("1.json", "", "images/A/1.png and images/B/1.png have this file's name"),
        ("x.json", "../images/B/3.png", "names 3.png, but x.png is there too"),
        ("7.json", "26.tif", "26.tif is not there, but 026.tif and 7.png are"),
    ],
)
def test_no_picture_is_taken_for_its_name_alone(
    sites: Path, file: str, image_path: str, message: str
) -> None:
    found, problems = find(sites, file, image_path)
    assert found is None
    assert len(problems) == 1
    assert message in problems[0]


@pytest.mark.parametrize(
    ("file", "image_path", "pair_by", "expected"),
    [
        ("2.json", "../images/B/3.png", "name", "A/2.png"),
        ("2.json", "../images/B/3.png", "path", "B/3.png"),
        ("7.json", "26.tif", "name", "7.png"),
        ("2.json", "../images/B/2.png", "name", "A/2.png"),
        ("C_2.json", "../images/C/2.png", "path", "A/2.png"),
        ("B/1.json", "stale.png", "name", "B/1.png"),
    ],
)
def test_what_the_messages_propose_works(
    sites: Path, file: str, image_path: str, pair_by: str, expected: str
) -> None:
    found, problems = find(sites, file, image_path)
    if found is None:
        assert f"--pair-by {pair_by}" in problems[0]
    assert find(sites, file, image_path, pair_by)[0] == expected


@pytest.mark.parametrize(
    ("file", "image_path", "pair_by", "message"),
    [
        ("1.json", "../images/A/2.png", "name", "images/A/1.png and images/B/1.png have this"),
        ("9.json", "../images/A/2.png", "name", "images/ has no image named 9"),
        ("9.json", "9.png", "path", "no such image in images/"),
    ],
)
def test_pairing_by_one_of_them_guesses_nothing(
    sites: Path, file: str, image_path: str, pair_by: str, message: str
) -> None:
    found, problems = find(sites, file, image_path, pair_by)
    assert found is None
    assert message in problems[0]


@pytest.mark.parametrize(
    ("image_path", "expected"),
    [
        ("ceph.png", "p1/ceph.png"),
        ("C:\\x\\p1\\ceph.png", "p1/ceph.png"),
        ("../p1/ceph.png", "p1/ceph.png"),
        ("", "p1/ceph.png"),
        ("film.png", None),  # another patient's
        ("C:\\x\\film.png", None),
        ("../p2/film.png", "p2/film.png"),
        ("later.png", "p1/sub/later.png"),
    ],
)
def test_beside_its_file_a_picture_is_the_patients_own(
    tmp_path: Path, image_path: str, expected: str | None
) -> None:
    for name in ("p1/ceph.png", "p1/sub/later.png", "p2/ceph.png", "p2/film.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    index = ImageIndex(tmp_path, recursive=True)
    content = LabelmeFile(tmp_path / "p1" / "labels.json", image_path, None, ())
    if not image_path:
        content = LabelmeFile(tmp_path / "p1" / "ceph.json", image_path, None, ())
    found = find_image(content, index, tmp_path, "x", Problems())
    assert found == (tmp_path / expected if expected else None)
