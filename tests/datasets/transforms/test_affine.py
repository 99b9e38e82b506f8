from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from mmengine.structures import InstanceData

from mmceph.datasets.transforms import CephTopdownAffine, LoadCephImage
from mmceph.pose import (
    Compose,
    GenerateTarget,
    GetBBoxCenterScale,
    LoadImage,
    MSRAHeatmap,
    PackPoseInputs,
    RandomBBoxTransform,
    RandomFlip,
    TopdownAffine,
    TopdownPoseEstimator,
    get_udp_warp_matrix,
    get_warp_matrix,
)

INPUT = (320, 400)
VARY = {"shift_prob": 1.0, "shift_factor": 0.05, "scale_factor": (0.83, 1.2), "rotate_prob": 1.0}


def run(sample: dict[str, Any], *steps: Any, seed: int = 5) -> dict[str, Any]:
    np.random.seed(seed)
    return Compose(list(steps))(sample)


def both(sample: Callable, *between: Any, udp: bool = False, seed: int = 5) -> list[dict]:
    """The stock pipeline and ours, from the same chance."""
    stock = LoadImage(color_type="grayscale"), TopdownAffine(INPUT, use_udp=udp)
    ours = (
        LoadCephImage("grayscale", input_size=INPUT, oversample=1.5),
        CephTopdownAffine(INPUT, use_udp=udp),
    )
    return [run(sample(), load, *between, warp, seed=seed) for load, warp in (stock, ours)]


@pytest.mark.parametrize("udp", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_landmarks_stay_where_the_stock_path_has_them(
    sample: Callable, find: Callable, udp: bool, seed: int
):
    steps = GetBBoxCenterScale(padding=1.0), RandomBBoxTransform(rotate_factor=15.0, **VARY)
    stock, ours = both(sample, *steps, udp=udp, seed=seed)
    np.testing.assert_array_equal(ours["transformed_keypoints"], stock["transformed_keypoints"])
    for key in ("input_center", "input_scale", "input_size", "bbox_scale", "img_shape"):
        np.testing.assert_array_equal(ours[key], stock[key])
    assert ours["img"].shape == stock["img"].shape == INPUT[::-1]
    points = stock["transformed_keypoints"][0]
    there, here = (find(results["img"], points, 14) for results in (stock, ours))
    assert np.linalg.norm(here - there, axis=1).max() < 0.05
    assert np.linalg.norm(here - points, axis=1).max() < 0.05


@pytest.mark.parametrize("direction", ["horizontal", "vertical", "diagonal"])
def test_mirroring_before_the_warp(sample: Callable, find: Callable, direction: str):
    steps = RandomFlip(prob=1.0, direction=direction), GetBBoxCenterScale(padding=1.0)
    stock, ours = both(sample, *steps)
    np.testing.assert_array_equal(ours["transformed_keypoints"], stock["transformed_keypoints"])
    points = stock["transformed_keypoints"][0]
    assert np.linalg.norm(find(ours["img"], points, 14) - points, axis=1).max() < 0.05


@pytest.mark.parametrize("udp", [False, True])
def test_rotation_scale_and_shift_map_points_there_and_back(
    sample: Callable, points: np.ndarray, find: Callable, udp: bool
):
    vary = {**VARY, "scale_factor": (1.0, 1.5)}
    for seed in range(4):
        steps = GetBBoxCenterScale(padding=1.0), RandomBBoxTransform(rotate_factor=45.0, **vary)
        _, results = both(sample, *steps, udp=udp, seed=seed)
        there = results["transformed_keypoints"][0]
        assert np.linalg.norm(find(results["img"], there, 10) - there, axis=1).max() < 0.05
        make = get_udp_warp_matrix if udp else get_warp_matrix
        turn = results["bbox_rotation"][0]
        assert abs(turn) > 0.5
        matrix = make(results["input_center"], results["input_scale"], turn, output_size=INPUT)
        back = cv2.transform(there[None].astype(np.float64), cv2.invertAffineTransform(matrix))
        np.testing.assert_allclose(back[0], points, atol=1e-3)


def test_predictions_come_back_in_px_of_the_file(sample: Callable, points: np.ndarray):
    encoder = {
        "type": "MSRAHeatmap",
        "input_size": INPUT,
        "heatmap_size": (160, 200),
        "sigma": 2.0,
        "unbiased": True,
    }
    packed = run(
        sample(),
        LoadCephImage(input_size=INPUT),
        GetBBoxCenterScale(padding=1.0),
        CephTopdownAffine(INPUT),
        GenerateTarget(encoder=encoder),
        PackPoseInputs(),
    )
    assert packed["inputs"].shape == (3, 400, 320)
    data_sample = packed["data_samples"]
    assert data_sample.metainfo["ori_shape"] == data_sample.metainfo["img_shape"] == (1200, 1000)
    np.testing.assert_array_equal(data_sample.gt_instances.keypoints[0], points)

    arguments = {key: value for key, value in encoder.items() if key != "type"}
    decoded, scores = MSRAHeatmap(**arguments).decode(data_sample.gt_fields.heatmaps.numpy())
    predicted = InstanceData(keypoints=decoded, keypoint_scores=scores)
    estimator = SimpleNamespace(test_cfg={})
    TopdownPoseEstimator.add_pred_to_datasample(estimator, [predicted], None, [data_sample])
    np.testing.assert_allclose(data_sample.pred_instances.keypoints[0], points, atol=0.5)


def test_without_points_as_in_prediction(sample: Callable):
    given = sample()
    del given["keypoints"], given["keypoints_visible"]
    steps = LoadCephImage(input_size=INPUT), GetBBoxCenterScale(padding=1.0)
    results = run(given, *steps, CephTopdownAffine(INPUT))
    assert results["img"].shape == (400, 320, 3)
    assert results["transformed_keypoints"].shape == ()


def test_any_other_picture_goes_to_the_stock_class(sample: Callable):
    steps = LoadImage(color_type="grayscale"), GetBBoxCenterScale(padding=1.0)
    ours = run(sample(), *steps, CephTopdownAffine(INPUT))
    stock = run(sample(), *steps, TopdownAffine(INPUT))
    np.testing.assert_array_equal(ours["img"], stock["img"])


def test_the_stock_warp_refuses_a_reduced_picture(sample: Callable):
    steps = LoadCephImage(input_size=INPUT), GetBBoxCenterScale(padding=1.0)
    with pytest.raises(cv2.error, match="not a numpy array"):
        run(sample(), *steps, TopdownAffine(INPUT))
