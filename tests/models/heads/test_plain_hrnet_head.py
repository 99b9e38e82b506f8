from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

import mmceph.datasets  # noqa: F401 - registers the transforms
from mmceph.models.heads import PlainHRNetHead
from mmceph.registry import MODELS, TRANSFORMS


def test_maps_lie_between_0_and_1_and_have_the_inputs_size() -> None:
    head = PlainHRNetHead(in_channels=(2, 4), out_channels=3, feat_channels=2)
    maps = head([torch.randn(1, 2, 6, 4), torch.randn(1, 4, 3, 2)])
    assert maps.shape == (1, 3, 24, 16)
    assert maps.min() > 0
    assert maps.max() < 1


def test_another_number_of_levels_is_named() -> None:
    head = PlainHRNetHead(in_channels=(2, 4), out_channels=3)
    with pytest.raises(ValueError, match="gives 1 levels, the head was built for 2"):
        head([torch.zeros(1, 2, 6, 4)])


def test_points_of_pictures_are_the_original_programs(oracle: Callable[[str], Any]) -> None:
    numbers, shapes = oracle("hand_hrnet"), oracle("srpose").facts["pipeline"]["pictures"]
    cfg = Config.fromfile("configs/aariz/hand_hrnet_768.py")
    decoder = {"input_size": (256, 256), "heatmap_size": (256, 256), "sigma": 2.0}
    cfg.merge_from_dict({"model.head.decoder": decoder})
    init_default_scope("mmceph")
    model = MODELS.build(cfg.model).eval()
    weights = numbers.weights()
    model.load_state_dict(
        {
            f"{'head' if name.startswith('final_layers.') else 'backbone'}.{name}": w
            for name, w in weights.items()
        }
    )
    squash = {"input_size": (256, 256)}
    pipeline = [
        TRANSFORMS.build({**step, **(squash if step["type"] == "SquashAffine" else {})})
        for step in cfg.val_pipeline
    ]
    for name in ("tall", "wide", "large"):
        height, width = shapes[name]["height"], shapes[name]["width"]
        sample: dict[str, Any] = {
            "img": numbers.recipe.picture(height, width, shapes[name]["block"]),
            "bbox": np.array([[0, 0, width - 1, height - 1]], np.float32),
            "bbox_score": np.ones(1, np.float32),
            "id": 0,
            "img_id": 0,
        }
        for step in pipeline:
            sample = step(sample)
        batch = {"inputs": [sample["inputs"]], "data_samples": [sample["data_samples"]]}
        with torch.no_grad():
            found = model.test_step(batch)[0].pred_instances
        np.testing.assert_allclose(
            found.keypoints[0], numbers.arrays[f"{name}.points"], rtol=0, atol=1e-3
        )
        np.testing.assert_allclose(
            found.keypoint_scores[0], numbers.arrays[f"{name}.max"], rtol=0, atol=1e-5
        )
