from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from mmengine.registry import DefaultScope

from mmceph.converters import Case, build_coco
from mmceph.datasets import CephDataset
from mmceph.landmarks import get_landmark_set
from mmceph.registry import DATASETS

KNOWN = {
    "CLDetection2023Dataset": "cldetection38",
    "AarizDataset": "aariz29",
    "ISBI2015Dataset": "isbi19",
    "RulerDataset": "ruler2",
}


def write(root: Path, name: str, length: float = 40.0, device: str = "X1") -> dict[str, Any]:
    landmarks = get_landmark_set(KNOWN[name])
    points = {n: (float(i), 2.0 * i) for i, n in enumerate(landmarks.names, 1)}
    if "S" in points:
        points["S"], points["N"] = (10.0, 10.0), (10.0 + length, 10.0)
    case = Case("1.png", 64, 80, {"a": points}, (1.8, 1.8), "nominal", device, "p")
    (root / "1.png").write_bytes(cv2.imencode(".png", np.zeros((80, 64), np.uint8))[1].tobytes())
    (root / "train.json").write_text(json.dumps(build_coco([case], landmarks)), encoding="utf-8")
    return {"type": name, "ann_file": "train.json", "data_root": str(root)}


@pytest.mark.parametrize("name", KNOWN)
def test_each_has_its_landmarks(tmp_path: Path, name: str) -> None:
    dataset = DATASETS.build(write(tmp_path, name))
    assert isinstance(dataset, CephDataset)
    assert dataset.metainfo["landmark_names"] == get_landmark_set(KNOWN[name]).names
    info = dataset.get_data_info(0)
    assert info["keypoints"].shape == (1, len(get_landmark_set(KNOWN[name])), 2)
    raw = info["raw_ann_info"]
    assert (raw["spacing"], raw["device"], list(raw["observers"])) == ([1.8, 1.8], "X1", ["a"])


def test_a_part_of_the_landmarks(tmp_path: Path) -> None:
    config = write(tmp_path, "AarizDataset")
    dataset = DATASETS.build({**config, "landmark_set": ["N", "S"]})
    assert dataset.metainfo["landmark_names"] == ("N", "S")


@pytest.mark.mmpose
@pytest.mark.parametrize("name", KNOWN)
def test_from_a_stock_mmpose_config(tmp_path: Path, name: str) -> None:
    from mmengine.registry import DefaultScope
    from mmpose.registry import DATASETS as STOCK

    config = write(tmp_path, name)
    with DefaultScope.overwrite_default_scope("mmpose"):
        dataset = STOCK.build(
            {**config, "type": f"mmceph.{name}", "pipeline": [{"type": "LoadImage"}]}
        )
        assert dataset[0]["img"].shape == (80, 64, 3)


@pytest.mark.parametrize(("length", "warned"), [(40.0, 0), (20.0, 2), (50.0, 1)])
def test_millimetres_that_cannot_be_right_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: float, warned: int
) -> None:
    texts: list[str] = []
    monkeypatch.setattr(CephDataset, "_warn", lambda self, text: texts.append(text))
    DATASETS.build(write(tmp_path, "AarizDataset", length, "Smart3D"))
    assert len(texts) == warned
    if warned:
        assert (
            f"device Smart3D: the median Sella-Nasion distance of 1 image(s) is {length * 1.8:.1f}"
            in texts[0]
        )
    if warned == 2:
        assert "fits no human: 1.png (Sella-Nasion would be 36 mm (45 to 95 in people)" in texts[1]


def ruler_data(root: Path) -> dict[str, Any]:
    """Two pictures, the second without a ruler."""
    cases = [
        Case("1.png", 64, 80, {"a": {"P1": (50.0, 30.0), "P2": (52.0, 20.0)}}),
        Case("2.png", 64, 80, {"a": {}}),
    ]
    for case in cases:
        picture = np.zeros((80, 64), np.uint8)
        (root / case.file_name).write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    content = build_coco(cases, get_landmark_set("ruler2"))
    (root / "train.json").write_text(json.dumps(content), encoding="utf-8")
    return {"type": "RulerDataset", "ann_file": "train.json", "data_root": str(root)}


def test_rulers_keep_the_pictures_that_have_none(tmp_path: Path) -> None:
    dataset = DATASETS.build(ruler_data(tmp_path))
    visible = [dataset.get_data_info(i)["keypoints_visible"][0].tolist() for i in range(2)]
    assert visible == [[1, 1], [0, 0]]


def test_a_mirrored_ruler_keeps_its_marks_names(tmp_path: Path) -> None:
    pipeline = [{"type": "LoadCephImage"}, {"type": "RandomFlip", "prob": 1.0}]
    with DefaultScope.overwrite_default_scope("mmceph"):
        dataset = DATASETS.build({**ruler_data(tmp_path), "pipeline": pipeline})
    # x becomes 63 - x; P1 stays the lower mark.
    assert dataset[0]["keypoints"][0].tolist() == [[13, 30], [11, 20]]
