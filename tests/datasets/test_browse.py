from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmceph.datasets.browse import build_dataset, picture_of, view_after, view_before
from mmceph.errors import MmcephError
from mmceph.imaging.reduce import ReducedImage
from mmceph.io import write_json_atomic

POINTS = [30.0, 40.0, 2, 0, 0, 0]


@pytest.fixture
def scope() -> Iterator[None]:
    with DefaultScope.overwrite_default_scope("mmceph"):
        yield


@pytest.fixture
def make(tmp_path: Path, scope: None) -> Callable[[list], Any]:
    """Build the data set of one 100 x 120 picture with one of two landmarks."""
    cv2.imwrite(str(tmp_path / "a.png"), np.full((120, 100), 90, np.uint8))
    image = {"id": 1, "file_name": "a.png", "width": 100, "height": 120, "spacing": None}
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "keypoints": POINTS}
    annotation |= {"bbox": [0, 0, 100, 120], "area": 12000, "iscrowd": 0, "num_keypoints": 1}
    categories = [{"id": 1, "name": "cephalogram", "keypoints": ["S", "N"], "skeleton": []}]
    content = {"images": [image], "annotations": [annotation], "categories": categories}
    write_json_atomic(tmp_path / "a.json", content)

    def build(steps: list[dict]) -> Any:
        dataset = {"type": "CephDataset", "data_root": str(tmp_path), "ann_file": "a.json"}
        dataset |= {"landmark_set": ["S", "N"], "pipeline": steps}
        cfg = Config({"train_dataloader": {"dataset": {"type": "Wrapper", "dataset": dataset}}})
        return build_dataset(cfg, "train")

    return build


STEPS = [
    {"type": "LoadCephImage", "input_size": (25, 30), "oversample": 2.0},
    {"type": "GetBBoxCenterScale", "padding": 1.0},
    {"type": "CephTopdownAffine", "input_size": (25, 30)},
    {"type": "PackPoseInputs"},
]


def test_before_is_the_file_and_after_the_input(make: Callable):
    dataset = make(STEPS)
    before = view_before(dataset.get_data_info(0))
    assert before.pixels.shape == (120, 100)
    np.testing.assert_array_equal(before.points, [[30, 40], [np.nan, np.nan]])
    after = view_after(dataset.prepare_data(0))
    assert after.pixels.shape == (30, 25, 3)
    # COCO boxes end at the last pixel: centre (49.5, 59.5), height 119 px
    x, y = (30 - 49.5) * 30 / 119 + 12.5, (40 - 59.5) * 30 / 119 + 15
    np.testing.assert_allclose(after.points, [[x, y], [np.nan, np.nan]], atol=1e-4)


def test_a_pipeline_without_a_warp(make: Callable):
    results = make(STEPS[:1]).prepare_data(0)
    assert isinstance(results["img"], ReducedImage)
    after = view_after(results)
    assert after.pixels.shape == (60, 50)
    # (30 + 0.5) / 2 - 0.5
    np.testing.assert_allclose(after.points[0], [14.75, 19.75])


def test_pictures(make: Callable):
    dataset = make(STEPS)
    after = picture_of(dataset, 0, before_after=False, height=240)
    both = picture_of(dataset, 0, before_after=True, height=240)
    assert after.shape[1] == 200
    assert both.shape == (after.shape[0], 408, 3)


def test_a_missing_split_is_named():
    with pytest.raises(MmcephError, match="test_dataloader"):
        build_dataset(Config({}), "test")
