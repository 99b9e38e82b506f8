from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mmceph.converters import Case, build_coco
from mmceph.datasets import CephDataset
from mmceph.errors import AnnotationError
from mmceph.landmarks import LandmarkSet, get_landmark_set
from mmceph.registry import DATASETS, TRANSFORMS

SET = LandmarkSet("file", ("Ls", "S", "N", "Go"))
PIPELINE = [
    {"type": "LoadImage"},
    {"type": "GetBBoxCenterScale", "padding": 1.0},
    {"type": "TopdownAffine", "input_size": (32, 40)},
    {
        "type": "GenerateTarget",
        "encoder": {
            "type": "MSRAHeatmap",
            "input_size": (32, 40),
            "heatmap_size": (8, 10),
            "sigma": 1,
        },
    },
    {"type": "PackPoseInputs"},
]
WANTED = ["S", "N", "UL"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    cases = [
        Case(
            f"images/{i}.png",
            64,
            80,
            {
                "a": {"S": (10.0, 20.0), "Ls": (40.0, 60.0), "Go": (9.0, 9.0)},
                "b": {"S": (12.0, 20.0)},
            },
            (0.1, 0.2),
            "user",
            "dev",
            f"p{i}",
        )
        for i in range(3)
    ]
    (tmp_path / "images").mkdir()
    for i in range(3):
        pixels = np.full((80, 64), 40 * i, np.uint8)
        (tmp_path / f"images/{i}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    save(tmp_path, build_coco(cases, SET))
    return tmp_path


def save(root: Path, content: dict) -> None:
    (root / "train.json").write_text(json.dumps(content), encoding="utf-8")


def load(root: Path) -> dict:
    content: dict = json.loads((root / "train.json").read_text(encoding="utf-8"))
    return content


def make(root: Path, **changes: Any) -> CephDataset:
    options = {"ann_file": "train.json", "data_root": str(root), "landmark_set": WANTED, **changes}
    return CephDataset(**options)


def test_points_are_joined_by_name(root: Path) -> None:
    dataset = make(root)
    assert len(dataset) == 3
    info = dataset.get_data_info(0)
    np.testing.assert_array_equal(info["keypoints"], [[[11, 20], [0, 0], [40, 60]]])
    np.testing.assert_array_equal(info["keypoints_visible"], [[1, 0, 1]])
    np.testing.assert_array_equal(info["bbox"], [[0, 0, 63, 79]])
    raw = info["raw_ann_info"]
    assert raw["observers"] == {
        "a": [[10, 20, 2], [0, 0, 0], [40, 60, 2]],
        "b": [[12, 20, 2], [0, 0, 0], [0, 0, 0]],
    }
    assert (raw["file_name"], raw["width"], raw["height"]) == ("images/0.png", 64, 80)
    assert (raw["spacing"], raw["spacing_source"]) == ([0.1, 0.2], "user")
    assert (raw["device"], raw["subject"]) == ("dev", "p0")


def test_metainfo(root: Path) -> None:
    meta = make(root, landmark_set=["S", "Go"]).metainfo
    assert meta["landmark_names"] == ("S", "Go")
    assert (meta["landmark_set"], meta["difficult"], meta["num_keypoints"]) == ("custom2", (), 2)
    assert meta["flip_indices"] == [0, 1]
    lazy = CephDataset(landmark_set="aariz29", lazy_init=True).metainfo
    assert lazy["landmark_set"] == lazy["dataset_name"] == "aariz29"
    assert lazy["difficult"] == get_landmark_set("aariz29").difficult
    assert CephDataset(lazy_init=True).metainfo["landmark_set"] == "isbi19"


def test_own_metainfo_decides_the_names(root: Path) -> None:
    own = LandmarkSet("own", ("Go", "S")).metainfo()
    dataset = make(root, metainfo=own)
    assert dataset.metainfo["landmark_names"] == ("Go", "S")
    np.testing.assert_array_equal(dataset.get_data_info(0)["keypoints"], [[[9, 9], [11, 20]]])


@pytest.mark.parametrize("scope", ["mmceph", "mmpose"])
def test_built_by_registry_and_run_through_the_pipeline(root: Path, scope: str) -> None:
    if scope == "mmpose":
        pytest.importorskip("mmpose.registry", reason="MMPose is not installed")
        from mmceph.pose import USING_MMPOSE

        if not USING_MMPOSE:
            pytest.skip("MMPose cannot be imported here")
        from mmpose.registry import DATASETS as REGISTRY

        name = "mmceph.CephDataset"
    else:
        REGISTRY, name = DATASETS, "CephDataset"
    config = {
        "type": name,
        "ann_file": "train.json",
        "data_root": str(root),
        "landmark_set": WANTED,
        "pipeline": PIPELINE,
        "_scope_": scope,
    }
    packed = REGISTRY.build(config)[1]
    assert tuple(packed["inputs"].shape) == (3, 40, 32)
    sample = packed["data_samples"]
    assert sample.raw_ann_info["spacing"] == [0.1, 0.2]
    assert list(sample.raw_ann_info["observers"]) == ["a", "b"]
    weights = sample.gt_instance_labels.keypoint_weights
    assert [float(w) > 0 for w in weights[0]] == [True, False, True]


def test_names_the_set_lacks_are_left_out_with_one_warning(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(CephDataset, "_warn", lambda _self, text: messages.append(text))
    make(root)
    assert messages == [
        "landmarks not in custom3 are left out: Go (--landmarks Ls,S,N,Go would take all)"
    ]


def test_a_landmark_the_file_lacks_is_an_error(root: Path) -> None:
    with pytest.raises(ValueError, match=r"train.json: lacks Or, .* of isbi19's 19 landmarks"):
        make(root, landmark_set="isbi19")


def test_samples_without_points_or_annotation_are_reported(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = load(root)
    content["annotations"][0]["keypoints"] = [0, 0, 0] * 4
    del content["annotations"][1]
    save(root, content)
    messages: list[str] = []
    monkeypatch.setattr(CephDataset, "_warn", lambda _self, text: messages.append(text))
    assert len(make(root)) == 1
    assert messages[1:] == [
        "images without annotation are left out: images/1.png",
        "samples without a visible landmark are left out: images/0.png",
    ]
    with pytest.raises(ValueError, match="no sample with a visible landmark"):
        make(root, landmark_set=["N"])


def test_deep_images_are_named_where_the_stock_loader_cuts_them(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(CephDataset, "_warn", lambda _self, text: messages.append(text))
    pixels = np.full((80, 64), 4000, np.uint16)
    (root / "images/1.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    for loader, count in (("LoadCephImage", 0), ("LoadImage", 1)):
        make(root, pipeline=[TRANSFORMS.build({"type": loader})])
        deep = [text for text in messages if "more than 8 bits" in text]
        assert len(deep) == count
    assert "1.png" in deep[0]
    assert "2.png" not in deep[0]


def test_an_image_of_another_size_is_refused(root: Path) -> None:
    pixels = np.zeros((40, 32), np.uint8)
    (root / "images/2.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    text = r"2\.png \(32 x 40 px, annotated as 64 x 80\).*convert again"
    with pytest.raises(AnnotationError, match=text):
        make(root)
    assert len(make(root, check_images=False)) == 3


def test_a_box_drawn_from_the_truth_changes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    monkeypatch.setattr(CephDataset, "_warn", lambda self, text: texts.append(text))
    settings = {"type": "CephDataset", "ann_file": "train.json", "data_root": str(root),
                "landmark_set": WANTED, "pipeline": PIPELINE, "_scope_": "mmceph"}  # fmt: skip
    before = DATASETS.build(dict(settings))[0]
    path = root / "train.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for annotation in content["annotations"]:
        annotation["bbox"] = [5, 15, 40, 50]
    save(root, content)
    assert not any("boxes" in text for text in texts)
    after = DATASETS.build(dict(settings))[0]
    assert bool((before["inputs"] == after["inputs"]).all())
    assert after["data_samples"].raw_ann_info["bbox"] == [0, 0, 64, 80]
    assert [text for text in texts if "boxes" in text] == [
        "boxes other than the whole image are not used, as in prediction: 3 images (images/0.png, "
        "images/1.png, images/2.png)"
    ]


def test_points_outside_their_image_are_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages: list[str] = []
    monkeypatch.setattr(CephDataset, "_warn", lambda _self, text: messages.append(text))
    content = load(root)
    content["annotations"][1]["keypoints"][3:6] = [-5000.0, 20.0, 2]  # S
    content["annotations"][2]["keypoints"][3:6] = [-0.5, 79.5, 2]  # the outermost edge
    save(root, content)
    make(root)
    assert "points outside their image: images/1.png (S)" in messages


def test_missing_images_are_named(root: Path) -> None:
    (root / "images/1.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"train.json: image files not found: .*1.png; "):
        make(root)
    assert len(make(root, check_images=False)) == 3


def test_missing_annotation_file(root: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none.json' does not exist.*converter"):
        make(root, ann_file="none.json")


@pytest.mark.parametrize("changes", [{"data_mode": "bottomup"}, {"bbox_file": "x.json"}])
def test_what_makes_no_sense_here_is_refused(root: Path, changes: dict) -> None:
    with pytest.raises(ValueError, match="the whole image is the box"):
        make(root, **changes)


def test_it_goes_to_spawned_workers(root: Path) -> None:
    config = {"type": "CephDataset", "ann_file": "train.json", "data_root": str(root)}
    config |= {"landmark_set": WANTED, "pipeline": PIPELINE, "_scope_": "mmceph"}
    again = pickle.loads(pickle.dumps(DATASETS.build(config)))
    assert again.metainfo["landmark_names"] == ("S", "N", "Ls")
    assert tuple(again[2]["inputs"].shape) == (3, 40, 32)
