from __future__ import annotations

import json

import numpy as np
import pytest

from mmceph.evaluation.mean_shape import MeanShapeError, training_mean_shape


def write(path, width, height, names, keypoints):
    image = {"id": 1, "file_name": "gone.png", "width": width, "height": height, "spacing": None}
    mark = {"id": 1, "image_id": 1, "category_id": 1, "keypoints": keypoints, "iscrowd": 0}
    mark |= {"num_keypoints": 2, "bbox": [0, 0, width, height], "area": width * height}
    category = {"id": 1, "name": "cephalogram", "keypoints": names, "skeleton": []}
    content = {"images": [image], "annotations": [mark], "categories": [category]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return {
        "type": "CephDataset",
        "ann_file": str(path),
        "landmark_set": names,
        "pipeline": [{"type": "NoSuchTransform"}],
    }


@pytest.fixture
def parts(tmp_path):
    """Two training sets with other sizes and another order; no image is there."""
    first = write(tmp_path / "a.json", 100, 200, ["S", "N"], [10, 20, 2, 50, 100, 2])
    second = write(tmp_path / "b.json", 50, 50, ["N", "S"], [30, 30, 2, 0, 0, 0])
    return first, second


def test_wrappers_are_looked_through_and_landmarks_joined_by_name(parts):
    first, second = parts
    config = {
        "type": "ConcatDataset",
        "datasets": [first, {"type": "RepeatDataset", "times": 3, "dataset": second}],
    }
    # S is 0.1, 0.1 in the first alone; N is the mean of 0.5, 0.5 and 0.6, 0.6.
    fractions = training_mean_shape(config, ["N", "Ar", "S"])
    np.testing.assert_allclose(fractions, [[0.55, 0.55], [np.nan, np.nan], [0.1, 0.1]])


def test_an_unreadable_training_set_is_named(parts, tmp_path):
    missing = {**parts[0], "ann_file": str(tmp_path / "none.json")}
    with pytest.raises(MeanShapeError, match=r"CephDataset: .*none\.json"):
        training_mean_shape(missing, ["S"])
    with pytest.raises(MeanShapeError, match="NoSuchDataset"):
        training_mean_shape({"type": "NoSuchDataset"}, ["S"])
