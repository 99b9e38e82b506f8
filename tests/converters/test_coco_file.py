from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.coco_file import read_coco
from mmceph.converters.raw_data import RawData, ReadOptions

Make = Callable[..., Path]


def content(names: tuple[str, ...] = ("1",), **image: Any) -> dict[str, Any]:
    return {
        "images": [
            {"id": i, "file_name": f"images/{name}.png", "width": 80, "height": 60, **image}
            for i, name in enumerate(names, 10)
        ],
        "annotations": [
            {
                "id": i,
                "image_id": i,
                "category_id": 1,
                "keypoints": [5, 6, 2, 7, 8, 1, 0, 0, 0],
                "quality": 3,
            }
            for i in range(10, 10 + len(names))
        ],
        "categories": [{"id": 1, "name": "x", "keypoints": ["UL", "S", "nasion"]}],
    }


@pytest.fixture
def root(tmp_path: Path, make_image: Make) -> Path:
    for number in "123":
        make_image(tmp_path / f"raw/images/{number}.png", seed=int(number))
    (tmp_path / "raw/annotations").mkdir()
    return tmp_path / "raw"


def save(root: Path, split: str, data: Any) -> Path:
    path = root / "annotations" / f"{split}.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def read(raw: Path, skip_bad: bool = False, **options: Any) -> tuple[RawData, list[str]]:
    problems = Problems(skip_bad)
    found = read_coco(raw, raw.parent / "out", ReadOptions(**options), problems)
    return found, [str(p) for p in problems]


def test_names_visibility_and_what_is_kept(root: Path) -> None:
    save(root, "train", content(("1",), spacing=0.1, device="X1", subject="p"))
    case = read(root)[0].cases[0]
    assert case.truth == {"Ls": (5.0, 6.0), "S": (7.0, 8.0)}
    assert (case.spacing, case.spacing_source) == ((0.1, 0.1), "file")
    assert (case.device, case.subject, case.extra) == ("X1", "p", {"quality": 3})


def test_splits_by_file_name_and_a_repeated_test_file(root: Path) -> None:
    save(root, "train", content(("1", "2")))
    save(root, "val", content(("3",)))
    save(root, "test", {**content(("3",)), "info": {"split": "val (no test share was given)"}})
    found, texts = read(root)
    assert sorted(found.home.values()) == ["train", "train", "val"]
    assert any("repeats val (no test share was given); left out" in text for text in texts)


@pytest.mark.parametrize("name", ["../outside.png", "/etc/hostname", "..\\outside.png", "a\0b", ""])
def test_names_outside_are_refused(root: Path, make_image: Make, name: str) -> None:
    make_image(root.parent / "outside.png")
    save(root, "train", content(("1",), file_name=name))
    with pytest.raises(ConversionError, match=r"images\[0\]: file_name"):
        read(root)


def test_images_elsewhere(root: Path, make_image: Make) -> None:
    image = make_image(root.parent / "films/deep/9.png")
    save(root, "train", content(("1",), file_name="../somewhere/9.png"))
    found, _ = read(root, images=root.parent / "films")
    assert list(found.sources.values()) == [image]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": 3}, "images is no list of objects"),
        ({"categories": []}, "no list of landmark names"),
        ({"categories": [{"keypoints": ["S", "S"]}]}, "a name stands twice"),
        ({"annotations": [{"image_id": 99}]}, r"annotations\[0\], image_id: 99 is no image's id"),
        ({"annotations": [{"image_id": 10, "keypoints": [1, 2, 2]}]}, "are not 3 x 3 finite"),
        (
            {"annotations": [{"image_id": 10, "keypoints": [5, 6, 2] * 3, "observers": [1]}]},
            "not an object",
        ),
        (
            {"annotations": [{"image_id": 10, "keypoints": [5, 6, 2] * 3}] * 2},
            "has two annotations",
        ),
    ],
)
def test_files_that_cannot_be_used(root: Path, change: dict[str, Any], message: str) -> None:
    save(root, "train", {**content(), **change})
    with pytest.raises(ConversionError, match=message):
        read(root)


@pytest.mark.parametrize("spacing", [0, -1, [0.1], [0.1, "x"], "0.1", True])
def test_spacings_that_cannot_be_used(root: Path, spacing: Any) -> None:
    save(root, "train", content(("1",), spacing=spacing))
    with pytest.raises(ConversionError, match="neither null nor mm per px"):
        read(root)


def test_the_stated_size_must_be_the_images(root: Path) -> None:
    save(root, "train", content(("1",), width=81))
    with pytest.raises(ConversionError, match="81x60, but the image has 80x60 px"):
        read(root)


def test_text_that_no_file_can_hold_is_spelt_out(root: Path) -> None:
    data = content(("1",), spacing=0.1, spacing_source="a\ud800", device="b\n", subject="\udfff")
    data["annotations"][0] |= {"observers": {"o\ud800": [5, 6, 2, 7, 8, 1, 0, 0, 0]}}
    data["annotations"][0] |= {"note": "\ud800", "key\ud800": 1}
    save(root, "train", data)
    case = read(root)[0].cases[0]
    assert (case.spacing_source, case.device, case.subject) == ("a\\ud800", "b\\n", "\\udfff")
    assert list(case.observers) == ["o\\ud800"]
    assert case.extra == {"quality": 3}


def test_a_zero_that_counts_as_visible_is_missing(root: Path) -> None:
    data = content(("1", "2"))
    for number, annotation in enumerate(data["annotations"]):
        annotation["keypoints"] = [0, 0, 2, 7 + number, 8, 1, 0, 0, 1]
    save(root, "train", data)
    found, texts = read(root)
    assert [case.truth for case in found.cases] == [{"S": (7.0, 8.0)}, {"S": (8.0, 8.0)}]
    assert "all files, label UL: at exactly (0, 0) in 2 of 2 cases: a placeholder" in texts[0]


def annotations(*parts: dict[str, Any], image: int = 10) -> list[dict[str, Any]]:
    return [{"id": i, "image_id": image, **part} for i, part in enumerate(parts)]


@pytest.mark.parametrize(
    "categories",
    [
        [{"id": 1, "name": "S", "keypoints": ["S"]}, {"id": 2, "name": "N", "keypoints": ["N"]}],
        [
            {"id": 1, "name": "Sella", "keypoints": ["1"]},
            {"id": 2, "name": "N", "keypoints": ["1"]},
        ],
        [{"id": 1, "name": "S"}, {"id": 2, "name": "N", "keypoints": []}],
        [{"id": 1, "name": "a", "keypoints": ["S"]}, {"id": 2, "name": "b", "keypoints": ["N"]}],
    ],
)
def test_a_category_and_an_annotation_for_each_landmark(
    root: Path, categories: list[dict[str, Any]]
) -> None:
    box = {"id": 9, "name": "ceph", "supercategory": "x"}
    data = {**content(), "categories": [box, *categories]}
    data["annotations"] = annotations(
        {"category_id": 9, "bbox": [0, 0, 9, 9]},
        {"category_id": 2, "keypoints": [7, 8, 2]},
        {"category_id": 1, "keypoints": [5, 6, 1], "quality": 1},
    )
    save(root, "train", data)
    found, texts = read(root)
    assert found.cases[0].truth == {"N": (7.0, 8.0), "S": (5.0, 6.0)}
    assert texts[0] == "annotations/train.json, annotations: 1 without key points left out"


def test_a_landmark_given_twice_by_two_annotations_is_told(root: Path) -> None:
    names = [{"id": i, "name": n, "keypoints": [n]} for i, n in enumerate(("S", "N"))]
    data = {**content(), "categories": names}
    places = [(0, 5, 6), (1, 7, 8), (1, 40, 50)]
    data["annotations"] = annotations(
        *({"category_id": key, "keypoints": [x, y, 2]} for key, x, y in places)
    )
    save(root, "train", data)
    with pytest.raises(ConversionError, match=r"label N, points: given 2 times, 53 px apart"):
        read(root)


def test_categories_keep_their_own_order_and_an_ambiguous_one_is_named(root: Path) -> None:
    one, two = ({"id": i, "name": f"c{i}", "keypoints": names} for i, names in
                enumerate((["S", "N"], ["N", "S"]), 1))  # fmt: skip
    data = {**content(("1", "2")), "categories": [one, two]}
    data["annotations"] = [
        *annotations({"category_id": 1, "keypoints": [5, 6, 2, 7, 8, 2]}),
        *annotations({"category_id": 2, "keypoints": [15, 16, 2, 17, 18, 2]}, image=11),
    ]
    save(root, "train", data)
    assert [case.truth for case in read(root)[0].cases] == [
        {"S": (5.0, 6.0), "N": (7.0, 8.0)},
        {"N": (15.0, 16.0), "S": (17.0, 18.0)},
    ]
    del data["annotations"][0]["category_id"]
    save(root, "train", data)
    with pytest.raises(ConversionError, match=r"annotations\[0\]: category_id None: that category"):
        read(root)
    both = {**content(), "categories": [{"id": 0, "name": "ceph"}, {**one, "name": "ceph"}]}
    both["annotations"] = annotations({"category_id": 0, "keypoints": [5, 6, 2, 7, 8, 2]})
    save(root, "train", both)
    assert read(root)[0].cases[0].truth == {"S": (5.0, 6.0), "N": (7.0, 8.0)}


@pytest.mark.parametrize(
    "empty",
    [{"bbox": [1, 2, 3, 4]}, {"keypoints": []}, {"keypoints": [0] * 9, "num_keypoints": 0}],
)
def test_an_annotation_without_points_is_passed_over(root: Path, empty: dict[str, Any]) -> None:
    data = content(("1", "2"))
    data["annotations"].insert(0, {"id": 7, "image_id": 10, "category_id": 1, **empty})
    data["annotations"][2] = {"id": 8, "image_id": 11, "category_id": 1, **empty}
    save(root, "train", data)
    found, texts = read(root)
    assert [case.truth for case in found.cases] == [{"Ls": (5.0, 6.0), "S": (7.0, 8.0)}]
    assert any(text.startswith("annotations/train.json, annotations: 2 wh") for text in texts) or (
        "annotations/train.json, annotations: 2 without key points left out" in texts
    )
    assert "annotations/train.json, images[1]: 'images/2.png' has no annotation; left out" in texts


def test_files_without_key_points_beside_those_with_some(root: Path) -> None:
    boxes = content(("1",))
    boxes["categories"] = [{"id": 1, "name": "ceph"}]
    boxes["annotations"] = annotations({"category_id": 1, "keypoints": [0, 0, 0] * 3})
    save(root, "instances_default", boxes)
    save(root, "captions", {"made by": "hand"})
    save(root, "person_keypoints_default", content(("1",), file_name="1.png"))
    found, texts = read(root)
    assert len(found.cases) == 1
    assert texts[0] == (
        "all files: 2 file(s) that name no key points passed over: annotations/captions.json, "
        "annotations/instances_default.json"
    )
    (root / "annotations/person_keypoints_default.json").write_text(
        '{"images": [', encoding="utf-8"
    )
    with pytest.raises(ConversionError, match=r"person_keypoints_default.json: is no valid JSON"):
        read(root)


def test_splits_from_the_names_of_files_and_folders(root: Path, make_image: Make) -> None:
    for split, number in (("train2017", "1"), ("val2017", "2")):
        save(root, f"person_keypoints_{split}", content((number,)))
        save(
            root, f"instances_{split}", {**content((number,)), "categories": [], "annotations": []}
        )
    found, _ = read(root)
    assert sorted(found.home.values()) == ["train", "val"]
    (root / "annotations/person_keypoints_val2017.json").unlink()
    assert read(root)[0].home == {}  # one split alone is none
    save(root, "person_keypoints_extra", content(("3",)))
    assert read(root)[0].home == {}  # one that belongs to no split: all are divided anew


def test_a_folder_for_each_split_with_its_images(tmp_path: Path, make_image: Make) -> None:
    raw = tmp_path / "raw"
    for number, split in enumerate(("train", "valid", "test")):
        names = [f"{number}_png.rf.0a1b2c{version}.png" for version in (10, 11)]
        for version, name in enumerate(names):
            make_image(raw / split / name, seed=2 * number + version)
        data = content(("1", "2"))
        for image, name in zip(data["images"], names, strict=True):
            image["file_name"] = name
        path = raw / split / "_annotations.coco.json"
        path.write_text(json.dumps(data), encoding="utf-8")
    found, texts = read(raw)
    assert sorted(found.home.values()) == ["test", "test", "train", "train", "val", "val"]
    # Versions of one picture are one subject.
    assert sorted(str(case.subject) for case in found.cases) == sorted(
        ["0_png", "1_png", "2_png"] * 2
    )
    assert len(texts) == 1  # that the other landmarks of isbi19 are missing
    (raw / "valid" / names[0]).write_bytes((raw / "train" / "0_png.rf.0a1b2c10.png").read_bytes())
    (raw / "valid" / "1_png.rf.0a1b2c10.png").unlink()
    with pytest.raises(ConversionError, match=r"file_name '1_png.rf.0a1b2c10.png' is not in"):
        read(raw)


def test_a_picture_of_the_same_name_in_another_folder_is_not_taken(
    root: Path, make_image: Make
) -> None:
    make_image(root / "images/A/7.png", seed=7)
    save(root, "train", content(("1",), file_name="images/B/7.png"))
    with pytest.raises(ConversionError, match=r"and images/A/7.png lies in another folder"):
        read(root)
    assert len(read(root, images=root / "images/A")[0].cases) == 1  # as the message says
    save(root, "train", content(("1",), file_name="7.png"))
    assert len(read(root)[0].cases) == 1
    make_image(root / "images/B/7.png", seed=8)
    with pytest.raises(ConversionError, match=r"fits images/A/7.png and images/B/7.png"):
        read(root)
    save(root, "train", content(("1",), file_name="B\\7.png"))
    assert list(read(root)[0].sources.values()) == [root / "images/B/7.png"]


def test_dicom_images(root: Path, make_dicom: Make) -> None:
    make_dicom(root / "images/9.dcm", seed=9)
    save(root, "train", content(("1",), file_name="images/9.dcm"))
    case = read(root)[0].cases[0]
    assert (case.width, case.height, case.file_name) == (80, 60, "../raw/images/9.dcm")
