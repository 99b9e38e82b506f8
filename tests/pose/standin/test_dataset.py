from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from mmceph.pose.standin import BaseCocoStyleDataset, GetBBoxCenterScale, LoadImage


def arguments(coco_file: Path, metainfo: dict, **more: object) -> dict:
    return {
        "ann_file": coco_file.name,
        "data_root": str(coco_file.parent),
        "data_prefix": {"img": ""},
        "metainfo": metainfo,
        **more,
    }


def test_by_hand(coco_file: Path, metainfo: dict):
    dataset = BaseCocoStyleDataset(**arguments(coco_file, metainfo))
    assert len(dataset) == 3
    info = dataset.get_data_info(1)
    assert info["bbox"].tolist() == [[0, 0, 46, 59]]  # cut to the last pixel
    assert info["area"] == pytest.approx(46 * 59 * 0.53)
    assert info["num_keypoints"] == 3
    assert info["keypoints_visible"].tolist() == [[1, 1, 1, 0]]
    assert info["flip_indices"] == [0, 2, 1, 3]
    assert info["raw_ann_info"]["id"] == 11
    assert dataset.metainfo["CLASSES"][0]["name"] == "cephalogram"


def test_the_pipeline_runs_and_the_data_set_can_be_pickled(coco_file: Path, metainfo: dict):
    steps = [LoadImage(), GetBBoxCenterScale(padding=1.0)]
    dataset = BaseCocoStyleDataset(**arguments(coco_file, metainfo, pipeline=steps))
    copy = pickle.loads(pickle.dumps(dataset))
    for one in (dataset, copy):
        assert one[0]["img"].shape == (60, 48, 3)
        assert one[0]["bbox_scale"].tolist() == [[46, 59]]
    assert dataset[0]["dataset"] is dataset


@pytest.mark.mmpose
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"test_mode": True},
        {"sample_interval": 2},
        {"indices": 2},
        {"indices": [2, 0]},
        {"serialize_data": False, "filter_cfg": {"bbox_score_thr": 0.5}},
        {"filter_cfg": {"bbox_score_thr": 1.5}, "serialize_data": False},
    ],
    ids=str,
)
def test_equals_mmposes_key_by_key(coco_file: Path, metainfo: dict, more: dict):
    from mmpose.datasets.datasets import BaseCocoStyleDataset as Theirs

    ours = BaseCocoStyleDataset(**arguments(coco_file, metainfo, **more))
    theirs = Theirs(**arguments(coco_file, metainfo, **more))
    assert len(ours) == len(theirs)
    assert ours.metainfo.keys() == theirs.metainfo.keys()
    for number in range(len(theirs)):
        a, b = ours.get_data_info(number), theirs.get_data_info(number)
        assert a.keys() == b.keys()
        for key, value in b.items():
            np.testing.assert_equal(a[key], value, err_msg=key)
            if isinstance(value, np.ndarray):
                assert a[key].dtype == value.dtype, key


def test_unsupported_values_are_named(coco_file: Path, metainfo: dict):
    for more in ({"bbox_file": "b.json"}, {"data_mode": "bottomup"}, {"filter_cfg": {"x": 1}}):
        with pytest.raises(ValueError, match=next(iter(more))):
            BaseCocoStyleDataset(**arguments(coco_file, metainfo, **more))


def test_bad_files_are_named(coco_file: Path, metainfo: dict):
    good = json.loads(coco_file.read_text(encoding="utf-8"))
    twice = {**good, "images": good["images"] + good["images"][:1]}
    nameless = {**good, "images": [{"id": 1, "width": 3, "height": 3}]}
    orphan = {**good, "annotations": [{"id": 1}]}
    for content, message in (
        (twice, r"ann\.json: images\[3\] repeats id 1"),
        (nameless, r"ann\.json: images\[0\] has no 'file_name'"),
        (orphan, r"ann\.json: annotations\[0\] has no 'image_id'"),
        ([], r"ann\.json: no COCO file"),
    ):
        coco_file.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            BaseCocoStyleDataset(**arguments(coco_file, metainfo))
    coco_file.write_text("{")
    with pytest.raises(ValueError, match="is no valid JSON"):
        BaseCocoStyleDataset(**arguments(coco_file, metainfo))
    coco_file.unlink()
    with pytest.raises(FileNotFoundError, match="no such annotation file"):
        BaseCocoStyleDataset(**arguments(coco_file, metainfo))
