from __future__ import annotations

import json

import numpy as np
import pytest

from mmceph.evaluation.mean_shape import (
    MeanShapeError,
    mean_shape_errors,
    training_mean_shape,
)


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


def test_hand_computed_errors_of_the_mean_shape(tmp_path):
    config = write(tmp_path / "a.json", 100, 200, ["S", "N"], [13, 24, 2, 50, 100, 0])
    fractions = np.array([[0.1, 0.1], [0.5, 0.5], [np.nan, np.nan]])
    errors = mean_shape_errors(config, fractions, ["S", "N", "Ar"])
    np.testing.assert_array_equal(errors.px, [[5.0, np.nan, np.nan]])
    assert np.isnan(errors.mm).all()
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    content["images"][0]["spacing"] = [0.5, 0.25]
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    errors = mean_shape_errors(config, fractions[:1], ["S"])
    np.testing.assert_allclose(errors.mm, [[np.hypot(1.5, 1.0)]])


def test_a_subclass_of_our_data_set_needs_no_images_either(tmp_path):
    names = ["P1", "P2"]
    config = write(tmp_path / "a.json", 100, 200, names, [10, 20, 2, 50, 100, 2])
    fractions = training_mean_shape({**config, "type": "RulerDataset"}, names)
    np.testing.assert_allclose(fractions, [[0.1, 0.1], [0.5, 0.5]])
