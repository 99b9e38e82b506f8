from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.isbi2015 import LANDMARKS, holds_isbi2015, parse_points, read_isbi2015
from mmceph.converters.raw_data import RawData, ReadOptions

Make = Callable[..., Path]
LINES = [f"{i + 1},{i + 20}" for i in range(19)]
CODES = ["1", "1", "1", "1", "3", "2", "1", "3"]


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def raw(tmp_path: Path, make_image: Make) -> Path:
    root = tmp_path / "isbi"
    parts = ("TrainingData", "Test1Data", "Test2Data")
    for number, part in zip((1, 151, 301), parts, strict=True):
        make_image(root / f"RawImage/{part}/{number:03d}.bmp", seed=number)
        for doctor in ("400_senior", "400_junior"):
            write(root / f"AnnotationsByMD/{doctor}/{number:03d}.txt", LINES + CODES)
    return root


def read(raw: Path, skip_bad: bool = False, **options: object) -> tuple[RawData, Problems]:
    problems = Problems(skip_bad)
    return read_isbi2015(raw, raw / "out", ReadOptions(**options), problems), problems  # type: ignore[arg-type]


def test_points_and_class_codes() -> None:
    points, codes = parse_points("\n".join(LINES + CODES) + "\n\n")
    assert [name for name, _ in points] == list(LANDMARKS.names)
    assert points[2] == ("Or", (3.0, 22.0))
    assert codes == [1, 1, 1, 1, 3, 2, 1, 3]
    assert parse_points("\r\n".join(LINES))[1] == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (LINES[:18], "has 18 lines, not 19 points"),
        (LINES + CODES[:3], "has 22 lines"),
        (["1,5;2,5", *LINES[1:]], r"line 1 \(S\) is '1,5;2,5', not x,y"),
        ([LINES[0], "1,2,3", *LINES[2:]], r"line 2 \(N\)"),
        (["nan,3", *LINES[1:]], "not finite"),
        ([*LINES, "1", "x", *CODES[2:]], "class codes"),
    ],
)
def test_files_that_cannot_be_used(lines: list[str], message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        parse_points("\n".join(lines))


def test_splits_spacing_observers_and_classes(raw: Path) -> None:
    found, problems = read(raw)
    assert problems.errors == []
    assert list(found.home.values()) == ["train", "val", "test"]
    case = found.cases[0]
    assert case.file_name == "../RawImage/TrainingData/001.bmp"
    assert (case.spacing, case.spacing_source, case.subject) == ((0.1, 0.1), "nominal", "001")
    assert list(case.observers) == ["senior", "junior"]
    assert case.observers["junior"]["S"] == (1.0, 20.0)
    assert case.extra["classes"] == {"senior": [int(c) for c in CODES]} | {
        "junior": [int(c) for c in CODES]
    }
    assert found.num_files == {"senior": 3, "junior": 3}


def test_a_flat_folder_and_an_inner_folder(raw: Path, tmp_path: Path) -> None:
    flat = raw / "RawImage" / "all"
    flat.mkdir()
    for path in list((raw / "RawImage").rglob("*.bmp")):
        path.rename(flat / path.name)
    found, _ = read(raw.parent, images=flat)
    assert list(found.home.values()) == ["train", "val", "test"]


def lay_out(raw: Path, out: Path, images: str, texts: str) -> Path:
    """Copy the set to another layout; {part}, {doctor} and {n} stand for what a file is of."""
    for path in sorted(raw.rglob("*")):
        if path.suffix == ".bmp":
            target = out / images.format(part=path.parent.name, n=path.name)
        elif path.suffix == ".txt":
            target = out / texts.format(doctor=path.parent.name, n=path.name)
        else:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return out


@pytest.mark.parametrize(
    ("images", "texts"),
    [
        ("RawImage/{part}/{n}", "{doctor}/{n}"),
        ("{part}/{n}", "{doctor}/{n}"),
        ("images/{n}", "{doctor}/{n}"),
        ("data/RawImage/{part}/{part}/{n}", "data/{doctor}/{doctor}/{n}"),
        ("Raw_Images/{part}/{n}", "Annotations By MD/{doctor}/{n}"),
        ("pictures/RawImage/{part}/{n}", "points/AnnotationsByMD/{doctor}/{n}"),
    ],
)
def test_folders_as_people_keep_them(raw: Path, tmp_path: Path, images: str, texts: str) -> None:
    wanted, _ = read(raw)
    other = lay_out(raw, tmp_path / "other", images, texts)
    (other / "README.txt").write_text("about\n")
    assert holds_isbi2015(other)
    found, problems = read(other)
    assert problems.errors == []
    assert list(found.home.values()) == ["train", "val", "test"]
    for a, b in zip(found.cases, wanted.cases, strict=True):
        assert (a.observers, a.extra) == (b.observers, b.extra)


@pytest.mark.parametrize("spelling", ["senior", "400_Senior", "Senior Doctor", "seniors"])
def test_one_doctor_in_any_spelling(raw: Path, tmp_path: Path, spelling: str) -> None:
    other = lay_out(raw, tmp_path / "other", "RawImage/{part}/{n}", "{doctor}/{n}")
    (other / "400_senior").rename(other / "kept")
    (other / "400_junior").rename(other / spelling)
    (other / "kept").rename(tmp_path / "away")
    found, problems = read(other)
    assert [list(case.observers) for case in found.cases] == [["senior"]] * 3
    assert "observer junior: no 400_junior/*.txt found" in str(problems.warnings[0])


def test_points_in_no_doctors_folder(raw: Path, tmp_path: Path) -> None:
    other = lay_out(raw, tmp_path / "other", "RawImage/{part}/{n}", "AnnotationsByMD/{n}")
    found, problems = read(other)
    assert problems.errors == []
    assert [list(case.observers) for case in found.cases] == [["observer"]] * 3


def test_other_folders_are_no_isbi_set(tmp_path: Path) -> None:
    for name in ("annotations/001.txt", "senior/001.json", "junior/notes.txt", "001.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("0 0.5 0.5 0.1 0.1")
    assert not holds_isbi2015(tmp_path)


def test_annotations_of_ours_beside_flat_folders(raw: Path, tmp_path: Path) -> None:
    other = lay_out(raw, tmp_path / "other", "RawImage/{part}/{n}", "{doctor}/{n}")
    (other / "annotations").mkdir()
    (other / "annotations/train.json").write_text("{}")
    assert len(read(other)[0].cases) == 3


def test_a_bad_file_leaves_the_other_observer(raw: Path) -> None:
    write(raw / "AnnotationsByMD/400_junior/151.txt", LINES[:5])
    with pytest.raises(ConversionError, match=r"400_junior/151\.txt: has 5 lines"):
        read(raw)
    found, problems = read(raw, skip_bad=True)
    assert len(found.cases) == 3
    assert list(found.cases[1].observers) == ["senior"]
    assert len(problems.errors) == 1


def test_files_without_image_and_images_without_files(raw: Path, make_image: Make) -> None:
    make_image(raw / "RawImage/TrainingData/002.bmp", seed=2)
    write(raw / "AnnotationsByMD/400_junior/007.txt", LINES)
    found, problems = read(raw, skip_bad=True)
    assert len(found.cases) == 3
    assert [str(p) for p in problems.errors] == [
        "AnnotationsByMD/400_junior/007.txt: has no image of that number; left out"
    ]
    texts = [str(p) for p in problems.warnings]
    assert "RawImage/TrainingData/002.bmp: has no usable points; left out" in texts


def test_the_same_picture_in_two_splits_is_told(raw: Path, make_image: Make) -> None:
    make_image(raw / "RawImage/Test1Data/151.bmp", seed=1)
    _, problems = read(raw)
    texts = [str(p) for p in problems.warnings]
    assert any("is the same image as" in text for text in texts)
    assert any("one subject in two splits" in text and "(val)" in text for text in texts)


def test_a_smaller_set_of_landmarks(raw: Path) -> None:
    from mmceph.landmarks import LandmarkSet

    found, problems = read(raw, landmark_set=LandmarkSet("two", ("N", "S")))
    assert found.cases[0].observers["senior"] == {"S": (1.0, 20.0), "N": (2.0, 21.0)}
    unwanted = [str(p) for p in problems.warnings if "left out: not in the set two" in str(p)]
    assert len(unwanted) == 1


def test_another_folder(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="no such folder"):
        read(tmp_path / "none")
    with pytest.raises(ConversionError, match="not the folder of ISBI 2015"):
        read(tmp_path)
