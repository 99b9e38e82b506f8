from __future__ import annotations

import pytest

from mmceph.converters import Case, ConversionError, build_coco, flat_keypoints
from mmceph.landmarks import LandmarkSet

SET = LandmarkSet("two", ("S", "N"))


def make_case(**changes: object) -> Case:
    values: dict = {
        "file_name": "images/1.png",
        "width": 100,
        "height": 80,
        "observers": {
            "a": {"S": (10.0, 20.0), "N": (50.0, 30.0)},
            "b": {"S": (14.0, 22.0), "Go": (1.0, 1.0)},
        },
    }
    return Case(**{**values, **changes})


def test_consensus_is_the_mean_of_those_who_gave_the_point() -> None:
    case = make_case()
    assert case.consensus("S") == (12.0, 21.0)
    assert case.consensus("N") == (50.0, 30.0)
    assert case.consensus("Me") is None


def test_canonical_form_by_hand() -> None:
    case = make_case(spacing=(0.1, 0.2), spacing_source="user", device="X", subject="p7")
    coco = build_coco([case], SET, {"split": "train"})
    assert coco["info"]["landmark_set"] == "two"
    assert coco["info"]["split"] == "train"
    assert coco["categories"] == [
        {"id": 1, "name": "cephalogram", "keypoints": ["S", "N"], "skeleton": []}
    ]
    assert coco["images"] == [
        {
            "id": 1,
            "file_name": "images/1.png",
            "width": 100,
            "height": 80,
            "spacing": [0.1, 0.2],
            "spacing_source": "user",
            "device": "X",
            "subject": "p7",
        }
    ]
    assert coco["annotations"] == [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "keypoints": [12.0, 21.0, 2, 50.0, 30.0, 2],
            "num_keypoints": 2,
            "bbox": [0, 0, 100, 80],
            "area": 8000,
            "iscrowd": 0,
            "observers": {
                "a": [10.0, 20.0, 2, 50.0, 30.0, 2],
                "b": [14.0, 22.0, 2, 0, 0, 0],
            },
        }
    ]


def test_unknown_spacing_is_null_and_a_missing_point_zero() -> None:
    coco = build_coco([make_case(observers={"a": {"N": (0.0, 0.0)}})], SET)
    assert coco["images"][0]["spacing"] is None
    assert coco["images"][0]["spacing_source"] is None
    assert coco["annotations"][0]["keypoints"] == [0, 0, 0, 0.0, 0.0, 2]
    assert coco["annotations"][0]["num_keypoints"] == 1


def test_flat_keypoints_rounds_to_a_thousandth() -> None:
    assert flat_keypoints({"N": (1.23456, 2.0)}, ("S", "N")) == [0, 0, 0, 1.235, 2.0, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 0}, "image size 0x80"),
        ({"spacing": (0.1, 0.0)}, "spacing"),
        ({"spacing": (0.1, float("nan"))}, "spacing"),
        ({"observers": {"a": {"S": (float("nan"), 1.0)}}}, "images/1.png, a, S"),
    ],
)
def test_unusable_cases_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        build_coco([make_case(**changes)], SET)


def test_an_image_comes_once() -> None:
    with pytest.raises(ConversionError, match="comes twice"):
        build_coco([make_case(), make_case()], SET)
