from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

from mmceph.pose.standin import parse_pose_metainfo


def test_by_hand(metainfo: dict):
    parsed = parse_pose_metainfo(metainfo)
    assert parsed["num_keypoints"] == 4
    assert parsed["flip_indices"] == [0, 2, 1, 3]
    assert parsed["flip_pairs"] == [(2, 1), (1, 2)]
    assert parsed["skeleton_links"] == [(0, 1), (2, 3)]
    assert parsed["upper_body_ids"] == [0, 1]
    assert parsed["keypoint_colors"].tolist()[0] == [1, 2, 3]


def assert_same(ours: dict, theirs: dict) -> None:
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        np.testing.assert_equal(ours[key], value, err_msg=key)
        assert type(ours[key]) is type(value), key


@pytest.mark.mmpose
def test_equals_mmposes(metainfo: dict, tmp_path: Path):
    from mmpose.datasets.datasets.utils import parse_pose_metainfo as theirs

    stats = {**metainfo, "stats_info": {"bbox_center": (1.0, 2.0)}}
    assert_same(parse_pose_metainfo(copy.deepcopy(metainfo)), theirs(copy.deepcopy(metainfo)))
    np.testing.assert_array_equal(parse_pose_metainfo(stats)["stats_info"]["bbox_center"], [1, 2])
    path = tmp_path / "info.py"
    path.write_text(f"dataset_info = {metainfo!r}", encoding="utf-8")
    from_file = {"from_file": str(path)}
    assert_same(parse_pose_metainfo(from_file), theirs(from_file))


def test_errors(metainfo: dict, tmp_path: Path):
    with pytest.raises(ValueError, match="metainfo lacks joint_weights, sigmas"):
        parse_pose_metainfo({k: metainfo[k] for k in list(metainfo)[:3]})
    broken = copy.deepcopy(metainfo)
    broken["keypoint_info"][0]["swap"] = "Q"
    with pytest.raises(ValueError, match="swap names 'Q'"):
        parse_pose_metainfo(broken)
    with pytest.raises(FileNotFoundError, match="no such metainfo file"):
        parse_pose_metainfo({"from_file": str(tmp_path / "gone.py")})
