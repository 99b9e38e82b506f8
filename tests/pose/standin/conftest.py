"""A tiny annotated data set and one sample of it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

METAINFO = {
    "dataset_name": "tiny",
    "keypoint_info": {
        0: {"name": "S", "type": "upper", "swap": "", "color": [1, 2, 3]},
        1: {"name": "left", "type": "upper", "swap": "right"},
        2: {"name": "right", "type": "lower", "swap": "left"},
        3: {"name": "Me", "type": "lower", "swap": "Me"},
    },
    "skeleton_info": {
        0: {"link": ("S", "left"), "color": [9, 8, 7]},
        1: {"link": ("right", "Me")},
    },
    "joint_weights": [1.0, 1.2, 0.5, 1.0],
    "sigmas": [0.1, 0.2, 0.3, 0.4],
}


@pytest.fixture
def metainfo() -> dict:
    return METAINFO


@pytest.fixture
def coco_file(tmp_path: Path) -> Path:
    """A COCO file with three good annotations and one of each kind that is left out."""
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for number in range(3):
        name = f"zähne_{number}.png"
        picture = rng.integers(0, 255, (60, 48, 3), dtype=np.uint8)
        (tmp_path / name).write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        images.append({"id": number + 1, "file_name": name, "width": 48, "height": 60})
        points = np.column_stack([rng.uniform(4, 44, (4, 2)), [2, 2, 1, 0]])
        points[3] = 0
        annotations.append(
            {
                "id": 10 + number,
                "image_id": number + 1,
                "category_id": 1,
                "keypoints": points.ravel().tolist(),
                "num_keypoints": 3,
                "bbox": [-2, 0, 48, 60],
                "area": 2880,
                "iscrowd": 0,
            }
        )
    del annotations[1]["area"], annotations[1]["num_keypoints"]
    left_out = [
        {"iscrowd": 1},
        {"num_keypoints": 0},
        {"bbox": [5, 5, 0, 3]},
        {"keypoints": [0] * 12},
    ]
    for number, change in enumerate(left_out):
        annotations.append({**annotations[0], "id": 20 + number, **change})
    annotations.append({"id": 30, "image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4]})
    categories = [{"id": 1, "name": "cephalogram", "keypoints": ["S", "left", "right", "Me"]}]
    path = tmp_path / "ann.json"
    content = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def sample() -> dict:
    """What a data set gives to a pipeline, with an image in memory."""
    rng = np.random.default_rng(1)
    return {
        "img": rng.integers(0, 255, (60, 48, 3), dtype=np.uint8),
        "img_path": "somewhere/1.png",
        "img_id": 1,
        "id": 10,
        "category_id": np.array(1),
        "bbox": np.array([[3, 2, 40, 57]], dtype=np.float32),
        "bbox_score": np.ones(1, dtype=np.float32),
        "keypoints": rng.uniform(5, 40, (1, 4, 2)).astype(np.float32),
        "keypoints_visible": np.array([[1, 1, 0, 1]], dtype=np.float32),
        "flip_indices": [0, 2, 1, 3],
        "dataset_keypoint_weights": np.array([1, 1.2, 0.5, 1], dtype=np.float32),
        "raw_ann_info": {"device": "x"},
        "dataset_name": "tiny",
    }
