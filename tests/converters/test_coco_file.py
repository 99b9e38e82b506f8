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
            {"annotations": [{"image_id": 10, "keypoints": [0] * 9, "observers": [1]}]},
            "not an object",
        ),
        ({"annotations": [{"image_id": 10}] * 2}, "has two annotations"),
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
