from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.labelme_folder import find_layout, read_labelme_folder
from mmceph.converters.raw_data import RawData, ReadOptions
from mmceph.landmarks import LandmarkSet

SET = LandmarkSet("three", ("S", "N", "Or"))
OPTIONS = ReadOptions(SET, spacing=(0.1, 0.1))
Make = Callable[..., Path]


def convert(raw: Path, skip_bad: bool = False) -> tuple[RawData, list[str], list[str]]:
    problems = Problems(skip_bad)
    result = read_labelme_folder(raw, raw / "out", OPTIONS, problems)
    return (
        result,
        [str(p) for p in problems.errors],
        [
            # These toy heads are a few px large.
            str(p)
            for p in problems.warnings
            if p.field != "spacing"
        ],
    )


@pytest.fixture
def two_observers(tmp_path: Path, make_image: Make, make_labelme: Make) -> Path:
    for i in (1, 2):
        make_image(tmp_path / f"images/{i}.png", seed=i)
        make_labelme(tmp_path / f"labelme/a/{i}.json", {"l1": (i, 1), "N": (4, 4), "l3": (9, 9)})
        make_labelme(tmp_path / f"labelme/b/{i}.json", {"l1": (i, 3), "N": (6, 4), "Or": (9, 9)})
    return tmp_path


def test_two_observers(two_observers: Path) -> None:
    result, errors, warnings = convert(two_observers)
    assert (errors, warnings) == ([], [])
    assert [case.file_name for case in result.cases] == ["../images/1.png", "../images/2.png"]
    case = result.cases[1]
    assert (case.width, case.height, case.spacing, case.subject) == (80, 60, (0.1, 0.1), "2")
    assert case.spacing_source == "user"
    assert dict(case.observers["a"]) == {"S": (2, 1), "N": (4, 4), "Or": (9, 9)}
    assert case.consensus("S") == (2, 2)
    assert result.num_files == {"a": 2, "b": 2}


@pytest.mark.parametrize(
    ("image", "label"),
    [("1.png", "1.json"), ("images/1.png", "labelme/1.json"), ("images/1.png", "images/1.json")],
)
def test_layouts_of_one_observer(
    tmp_path: Path, make_image: Make, make_labelme: Make, image: str, label: str
) -> None:
    make_image(tmp_path / image)
    make_labelme(tmp_path / label, {"l1": (1, 1), "l2": (2, 2), "l3": (3, 3)})
    assert list(find_layout(tmp_path).observers) == ["labelme"]
    result, _, _ = convert(tmp_path)
    assert list(result.cases[0].observers) == ["labelme"]


def test_no_layout(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="no such folder"):
        find_layout(tmp_path / "none")
    with pytest.raises(ConversionError, match="no labelme files; expected"):
        find_layout(tmp_path)


def test_a_missing_label_is_reported_and_the_other_observer_taken(
    two_observers: Path, make_labelme: Make
) -> None:
    make_labelme(two_observers / "labelme/a/1.json", {"l1": (1, 1), "l2": (4, 4)})
    result, errors, warnings = convert(two_observers)
    assert errors == []
    assert warnings == ["images/1.png, observer a: lacks Or; b alone taken"]
    assert result.cases[0].consensus("Or") == (9, 9)


def test_a_label_nobody_gave_is_missing_and_said_so(
    two_observers: Path, make_labelme: Make
) -> None:
    for observer in "ab":
        make_labelme(two_observers / f"labelme/{observer}/1.json", {"l1": (1, 1), "l2": (4, 4)})
    result, _, warnings = convert(two_observers)
    assert result.cases[0].consensus("Or") is None
    assert "images/1.png, observer a: lacks Or; written as missing (0, 0, 0)" in warnings


def test_an_observers_missing_file_and_an_unlabelled_image_are_reported(
    two_observers: Path, make_image: Make
) -> None:
    (two_observers / "labelme/b/2.json").unlink()
    make_image(two_observers / "images/3.png", seed=3)
    result, _, warnings = convert(two_observers)
    assert len(result.cases) == 2
    assert warnings == [
        "images/3.png: has no usable labelme file; left out",
        "images/2.png, observer b: has no points; a alone taken",
    ]


def test_another_image_size_is_an_error_for_that_observer_alone(
    two_observers: Path, make_labelme: Make
) -> None:
    make_labelme(two_observers / "labelme/b/2.json", {"l1": (1, 1)}, imageWidth=90)
    with pytest.raises(ConversionError, match=r"90x60, but the image has 80x60 px"):
        convert(two_observers)
    result, errors, _ = convert(two_observers, skip_bad=True)
    assert len(errors) == 1
    assert list(result.cases[1].observers) == ["a"]


def test_a_broken_image_is_left_out_and_listed(two_observers: Path) -> None:
    (two_observers / "images/2.png").write_bytes(b"broken")
    with pytest.raises(ConversionError, match=r"images/2.png: is no PNG"):
        convert(two_observers)
    result, errors, _ = convert(two_observers, skip_bad=True)
    assert [case.subject for case in result.cases] == ["1"]
    assert errors == ["images/2.png: is no PNG, JPEG, TIFF, BMP, WebP or DICOM file"]


def test_two_files_of_one_observer_for_one_image(two_observers: Path, make_labelme: Make) -> None:
    make_labelme(two_observers / "labelme/a/z.json", {"l1": (1, 1)}, imagePath="1.png")
    with pytest.raises(ConversionError, match=r"1.png is labelled in 1.json already"):
        convert(two_observers)


def test_far_apart_observers_are_pointed_out(two_observers: Path, make_labelme: Make) -> None:
    make_labelme(two_observers / "labelme/a/1.json", {"l1": (1, 1), "l2": (34, 4), "l3": (9, 9)})
    _, errors, warnings = convert(two_observers)
    assert errors == []
    assert warnings == ["images/1.png, N: a and b are 28 px apart; mean taken, look at it"]


def test_the_same_image_twice_is_one_subject(two_observers: Path, make_image: Make) -> None:
    make_image(two_observers / "images/2.png", seed=1)
    result, _, warnings = convert(two_observers)
    assert [case.subject for case in result.cases] == ["1", "1"]
    assert "images/2.png: is the same image as images/1.png; taken as one subject" in warnings


def test_numbers_that_stop_early_are_refused_until_it_is_said_what_they_count(
    tmp_path: Path, make_image: Make, make_labelme: Make
) -> None:
    make_image(tmp_path / "1.png")
    make_labelme(tmp_path / "1.json", {"l1": (9, 9), "l2": (7, 7)})
    with pytest.raises(ConversionError, match=r"numbers 1 to 2, but three has 3 .*--numbered-from"):
        convert(tmp_path, skip_bad=True)
    problems = Problems()
    options = ReadOptions(SET, numbered_from=1)
    found = read_labelme_folder(tmp_path, tmp_path / "out", options, problems)
    assert found.cases[0].observers["labelme"] == {"S": (9, 9), "N": (7, 7)}
    assert "no file gives Or" in problems.warnings[0].message


def test_no_points_at_all(tmp_path: Path, make_image: Make, make_labelme: Make) -> None:
    make_image(tmp_path / "1.png")
    make_labelme(tmp_path / "1.json", {})
    with pytest.raises(ConversionError, match="none of the 1 labelme files holds a point"):
        convert(tmp_path)


def test_dicom_pictures_are_converted_with_the_size_they_state(
    tmp_path: Path, make_dicom: Make, make_labelme: Make
) -> None:
    for number in (1, 2):
        make_dicom(tmp_path / f"{number}.dcm", seed=number, PixelSpacing=[2.0, 1.8])
        points = {"l1": (9, number), "l2": (40, 8), "l3": (30, 20)}
        make_labelme(tmp_path / f"{number}.json", points, imagePath=f"{number}.dcm")
    problems = Problems()
    found = read_labelme_folder(tmp_path, tmp_path / "out", ReadOptions(SET), problems)
    assert [case.spacing for case in found.cases] == [(1.8, 2.0)] * 2
    assert {case.spacing_source for case in found.cases} == {"DICOM PixelSpacing"}
    assert problems.errors == []
    assert "mm per px of 2 image(s) from the file's own DICOM PixelSpacing" in str(
        problems.warnings
    )
    given, _, _ = convert(tmp_path)
    assert {case.spacing_source for case in given.cases} == {"user"}


def test_a_size_in_a_file_that_fits_no_human_is_left_out(
    tmp_path: Path, make_dicom: Make, make_labelme: Make
) -> None:
    for number, spacing in ((1, 1.8), (2, 18.0)):
        make_dicom(tmp_path / f"{number}.dcm", seed=number, PixelSpacing=[spacing] * 2)
        points = {"l1": (9, number), "l2": (40, 8), "l3": (30, 20)}
        make_labelme(tmp_path / f"{number}.json", points, imagePath=f"{number}.dcm")
    problems = Problems()
    found = read_labelme_folder(tmp_path, tmp_path / "out", ReadOptions(SET), problems)
    assert [case.spacing for case in found.cases] == [(1.8, 1.8), None]
    assert found.cases[1].spacing_source is None
    told = [str(entry) for entry in problems.warnings if "2.dcm" in str(entry)]
    assert len(told) == 1
    assert "18 x 18 fits no human: Sella-Nasion would be 568 mm" in told[0]


def test_what_a_mac_or_an_editor_leaves_is_passed_over(two_observers: Path) -> None:
    for name in ("images/._1.png", "labelme/a/._1.json", "labelme/__MACOSX/1.json"):
        (two_observers / name).parent.mkdir(exist_ok=True)
        (two_observers / name).write_bytes(b"\0\5\x16\7\xff")
    result, errors, warnings = convert(two_observers)
    assert (len(result.cases), errors, warnings) == (2, [], [])


def test_points_that_nobody_placed_are_missing(
    tmp_path: Path, make_image: Make, make_labelme: Make
) -> None:
    for number in range(4):
        make_image(tmp_path / f"{number}.png", seed=number)
        points = {"l1": (9, number), "l2": (0, 0), "l3": (30, 20)}
        make_labelme(tmp_path / f"{number}.json", points)
    found, errors, warnings = convert(tmp_path)
    assert errors == []
    assert [sorted(case.observers["labelme"]) for case in found.cases] == [["S"]] * 4
    assert warnings[:3] == [
        "all files, label l2: at exactly (0, 0) in 4 of 4 cases: a placeholder, taken as missing",
        "all files, label l3: at exactly (30, 20) in 4 of 4 cases: a placeholder, taken as missing",
        "all files: no file gives N, Or; written as missing (0, 0, 0)",
    ]


def test_shares_of_the_picture_are_an_error(two_observers: Path, make_labelme: Make) -> None:
    points = {"l1": (0.2, 0.3), "l2": (0.7, 0.3), "l3": (0.6, 0.5)}
    make_labelme(two_observers / "labelme/a/1.json", points)
    with pytest.raises(ConversionError, match=r"a/1.json, points: all 3 places lie between 0 and"):
        convert(two_observers)
