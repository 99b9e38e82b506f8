from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.embedded import write_embedded
from mmceph.converters.labelme_folder import read_labelme_folder
from mmceph.converters.labelme_layout import find_layout, meaning_of_folders
from mmceph.converters.own_pictures import OwnPictures
from mmceph.converters.raw_data import RawData, ReadOptions
from mmceph.formats.annotation_set import data_root
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


POINTS = {"l1": (20, 9), "l2": (40, 8), "l3": (30, 20)}


def patients(root: Path, make_image: Make, make_labelme: Make, *folders: str) -> Path:
    for number, folder in enumerate(folders, 1):
        make_image(root / folder / "ceph.png", seed=number)
        points = {label: (x + number, y) for label, (x, y) in POINTS.items()}
        make_labelme(root / folder / "ceph.json", points)
    return root


def test_one_folder_for_each_patient(tmp_path: Path, make_image: Make, make_labelme: Make) -> None:
    raw = patients(tmp_path / "raw", make_image, make_labelme, "ana", "ben", "north/cem")
    make_image(raw / "ana/later.png", seed=9)
    make_labelme(raw / "ana/later.json", {**POINTS, "l1": (30, 9)})
    (raw / "ben/about.json").write_text('{"age": 12}', encoding="utf-8")
    for _ in range(2):  # what the first run leaves is no part of the second
        result, errors, warnings = convert(raw)
        assert errors == []
        assert [case.subject for case in result.cases] == ["ana", "ana", "ben", "north/cem"]
        assert [case.consensus("S") for case in result.cases] == [
            (21, 9),
            (30, 9),
            (22, 9),
            (23, 9),
        ]
        assert warnings == [
            "all files: 1 .json file(s) that are no labelme files passed over: ben/about.json",
            "all files, folders: each of 3 folders is taken for one subject; --subjects says "
            "otherwise",
        ]
        patients(raw / "out", make_image, make_labelme, "images")
        (raw / "out/annotations").mkdir(exist_ok=True)
        (raw / "out/annotations/train.json").write_text("{}", encoding="utf-8")


def test_a_patients_missing_picture_is_never_anothers(
    tmp_path: Path, make_image: Make, make_labelme: Make
) -> None:
    raw = patients(tmp_path, make_image, make_labelme, "ana", "ben")
    (raw / "ana/ceph.png").unlink()
    (raw / "ben/ceph.json").unlink()
    with pytest.raises(ConversionError, match=r"ana/ceph.json, imagePath: 'ceph.png': no such"):
        convert(raw)


def test_folders_of_splits_and_of_many_images_are_no_patients() -> None:
    raw = Path("raw")
    splits = [raw / "train", raw / "train", raw / "Valid"]
    meaning = meaning_of_folders(splits, raw)
    assert meaning.split == {raw / "train": "train", raw / "Valid": "val"}
    assert meaning.subject == {}
    both = meaning_of_folders([raw / "train/ana", raw / "train/ben", raw / "test/ana"], raw)
    assert both.subject[raw / "train/ana"] == both.subject[raw / "test/ana"] == "ana"
    assert both.split[raw / "test/ana"] == "test"
    many = meaning_of_folders([raw / "siteA"] * 21 + [raw / "siteB"], raw)
    assert (many.split, many.subject) == ({}, {})
    assert "each image is taken for another subject" in many.note
    assert meaning_of_folders([raw / "pictures"] * 3, raw).subject == {}
    assert meaning_of_folders([raw, raw], raw).note == ""


def test_labels_in_a_folder_of_another_name(
    tmp_path: Path, make_image: Make, make_labelme: Make
) -> None:
    for number in (1, 2):
        make_image(tmp_path / f"pictures/{number}.png", seed=number)
        make_labelme(tmp_path / f"json/{number}.json", {**POINTS, "l1": (number + 3, 9)})
    result, errors, _ = convert(tmp_path)
    assert (len(result.cases), errors) == (2, [])
    assert [case.subject for case in result.cases] == ["1", "2"]


def test_one_name_in_two_folders_is_one_subject(
    tmp_path: Path, make_image: Make, make_labelme: Make
) -> None:
    for number, site in enumerate("AB"):
        make_image(tmp_path / f"images/{site}/1.png", seed=number)
        path = tmp_path / f"labelme/{site}_1.json"
        points = {**POINTS, "l1": (number + 3, 9)}
        make_labelme(path, points, imagePath=f"../images/{site}/1.png")
    result, errors, warnings = convert(tmp_path)
    assert errors == []
    assert [case.subject for case in result.cases] == ["1", "1"]
    assert warnings == [
        "all files, subject: 1 name(s) stand for several images, taken for one subject each: 1; "
        "--subjects says otherwise"
    ]


def test_other_shapes_are_left_out_unless_they_bear_a_landmarks_label(
    two_observers: Path, make_labelme: Make
) -> None:
    def add(label: str, kind: str) -> None:
        path = two_observers / "labelme/a/1.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        shape = {"label": label, "shape_type": kind, "points": [[1, 1], [9, 9]]}
        content["shapes"].append(shape)
        path.write_text(json.dumps(content), encoding="utf-8")

    add("head", "rectangle")
    add("N", "circle")  # N is there as a point, too
    _, errors, warnings = convert(two_observers)
    assert errors == []
    assert warnings == ["all files, shapes: no points, left out: N (circle) 1, head (rectangle) 1"]
    options = ReadOptions(SET, spacing=(0.1, 0.1), ignore=("head", "N"))
    problems = Problems()
    read_labelme_folder(two_observers, two_observers / "out", options, problems)
    assert not any(p.field == "shapes" for p in problems)
    make_labelme(two_observers / "labelme/a/1.json", {"l1": (1, 1), "N": (4, 4)})
    add("l3", "polygon")
    with pytest.raises(ConversionError, match=r"a/1.json, label l3, shape_type: is 'polygon'; a"):
        convert(two_observers)


def embed(path: Path, picture: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    content["imageData"] = base64.b64encode(picture.read_bytes()).decode()
    path.write_text(json.dumps(content), encoding="utf-8")


def test_pictures_inside_labelme_files(
    tmp_path: Path, make_image: Make, make_labelme: Make
) -> None:
    raw = tmp_path / "raw"
    for number, name in enumerate(("a/1.png", "b/1.png", "a/2.tif"), 1):
        picture = make_image(tmp_path / f"away/{number}.png", seed=number)
        file = raw / "labelme" / name.split("/")[0] / f"{number}.json"
        embed(make_labelme(file, {**POINTS, "l1": (number, 9)}, imagePath=name), picture)
    result, errors, warnings = convert(raw)
    assert errors == []
    # Two pictures of one name are two pictures; the suffix is that of what is inside.
    first, twin, second = [case.file_name for case in result.cases]
    assert (first, twin[:13], second) == ("images/1-" + first[9:], "images/1.png"[:13], second)
    assert warnings[0].endswith("3 picture(s) inside labelme files are written to OUT/images")
    assert not (raw / "out").exists()
    pictures = OwnPictures(data_root(raw / "out"))
    write_embedded(result.embedded, pictures)
    write_embedded(result.embedded, pictures)  # the same again is no trouble
    for case in result.cases:
        assert (raw / "out" / case.file_name).is_file()
    (raw / "out" / second).write_bytes(b"another")
    with pytest.raises(ConversionError, match="another picture is there already"):
        write_embedded(result.embedded, pictures)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"no picture", "is no picture that can be read"), (b"\x89PNG\r\n\x1a\n", "imageData")],
)
def test_what_lies_inside_must_be_a_picture(
    tmp_path: Path, make_labelme: Make, data: bytes, message: str
) -> None:
    file = make_labelme(tmp_path / "1.json", POINTS)
    (tmp_path / "raw.bin").write_bytes(data)
    embed(file, tmp_path / "raw.bin")
    with pytest.raises(ConversionError, match=message):
        convert(tmp_path)


def test_a_picture_that_is_there_goes_before_the_one_inside(
    tmp_path: Path, make_image: Make, make_labelme: Make
) -> None:
    picture = make_image(tmp_path / "1.png", seed=1)
    embed(make_labelme(tmp_path / "1.json", POINTS), picture)
    result, _, _ = convert(tmp_path)
    assert (result.embedded, [case.file_name for case in result.cases]) == ({}, ["../1.png"])
