"""GenerateTarget and PackPoseInputs, alone and at the end of a whole pipeline."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from mmengine.structures import BaseDataElement, InstanceData, PixelData

from mmceph.pose import standin

CODEC = {"type": "MSRAHeatmap", "input_size": (32, 40), "heatmap_size": (8, 10), "sigma": 1}
UDP = {"type": "UDPHeatmap", "input_size": (32, 40), "heatmap_size": (8, 10), "sigma": 1}


def pipeline(module: object, encoder: dict, **packing: object) -> list:
    return [
        module.LoadImage(),
        module.GetBBoxCenterScale(padding=1.1),
        module.RandomFlip(prob=0.7),
        module.RandomBBoxTransform(shift_prob=0.5, rotate_factor=30),
        module.TopdownAffine((32, 40), use_udp=encoder["type"] == "UDPHeatmap"),
        module.GenerateTarget(encoder=encoder, use_dataset_keypoint_weights=True),
        module.PackPoseInputs(**packing),
    ]


def run(steps: list, sample: dict, seed: int = 0) -> dict:
    np.random.seed(seed)
    results = copy.deepcopy(sample)
    for step in steps:
        results = step(results)
    return results


def assert_same(ours: object, theirs: object, where: str) -> None:
    if isinstance(theirs, BaseDataElement):
        a, b = dict(ours.all_items()), dict(theirs.all_items())
        assert a.keys() == b.keys(), where
        for key, value in b.items():
            assert_same(a[key], value, f"{where}.{key}")
    elif isinstance(theirs, torch.Tensor):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)
    elif isinstance(theirs, np.ndarray):
        assert ours.dtype == theirs.dtype, where
        # px: NumPy 2 keeps MMPose's float32 where NumPy 1 widened it
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-5, err_msg=where)
    else:
        assert ours == theirs, where


@pytest.mark.mmpose
@pytest.mark.parametrize("encoder", [CODEC, UDP], ids=["msra", "udp"])
@pytest.mark.parametrize("packing", [{}, {"pack_transformed": True, "meta_keys": ("flip", "id")}])
def test_a_whole_pipeline_equals_mmposes_field_by_field(sample: dict, encoder: dict, packing: dict):
    import mmpose.datasets.transforms as theirs

    for seed in range(8):
        a = run(pipeline(standin, encoder, **packing), sample, seed)
        b = run(pipeline(theirs, encoder, **packing), sample, seed)
        assert a.keys() == b.keys()
        assert_same(a["inputs"], b["inputs"], "inputs")
        assert_same(a["data_samples"], b["data_samples"], "data_samples")


def test_the_packed_sample_by_hand(sample: dict):
    packed = run(pipeline(standin, CODEC), sample)
    assert packed["inputs"].shape == (3, 40, 32)
    assert packed["inputs"].dtype == torch.uint8
    one = packed["data_samples"]
    assert one.gt_fields.heatmaps.shape == (4, 10, 8)
    assert one.gt_instances.keypoints.shape == (1, 4, 2)
    assert isinstance(one.gt_instances.keypoints, np.ndarray)
    assert one.metainfo["raw_ann_info"] == {"device": "x"}
    assert one.metainfo["input_size"] == (32, 40)
    assert "dataset" not in one.metainfo


def test_dataset_weights_multiply_the_visibility(sample: dict):
    sample["transformed_keypoints"] = np.full((1, 4, 2), 16, dtype=np.float32)
    step = standin.GenerateTarget(CODEC, use_dataset_keypoint_weights=True)
    weights = step(sample)["keypoint_weights"]
    np.testing.assert_allclose(weights, [[1, 1.2, 0, 1]], rtol=1e-6)


def test_visibility_with_weights_is_split(sample: dict):
    sample["keypoints_visible"] = np.stack([np.ones((1, 4)), np.full((1, 4), 0.5)], axis=-1)
    result = standin.GenerateTarget(CODEC)(sample)
    np.testing.assert_array_equal(result["keypoints_visible"], np.ones((1, 4)))
    np.testing.assert_array_equal(result["keypoints_visible_weights"], np.full((1, 4), 0.5))


def test_a_grey_image_keeps_one_channel(sample: dict):
    packed = standin.PackPoseInputs()({"img": sample["img"][..., 0]})
    assert packed["inputs"].shape == (1, 60, 48)
    assert "gt_fields" not in packed["data_samples"]


def test_unsupported_values_are_named(sample: dict):
    for arguments in ({"encoder": [CODEC]}, {"encoder": CODEC, "multilevel": True}):
        with pytest.raises(ValueError, match="multilevel"):
            standin.GenerateTarget(**arguments)
    with pytest.raises(ValueError, match="target_type"):
        standin.GenerateTarget(CODEC, target_type="heatmap")
    del sample["keypoints"]
    with pytest.raises(KeyError, match=r"no keypoints in sample somewhere/1\.png"):
        standin.GenerateTarget(CODEC)(sample)


def test_a_data_sample_checks_its_parts():
    one = standin.PoseDataSample()
    one.gt_instances = InstanceData(keypoints=np.zeros((1, 2, 2)))
    one.pred_fields = PixelData(heatmaps=torch.zeros(2, 4, 4))
    assert "gt_instances" in one
    assert sorted(one.to_dict()) == ["gt_instances", "pred_fields"]
    with pytest.raises(AssertionError):  # mmengine's check
        one.gt_instances = PixelData()
    del one.pred_fields
    assert "pred_fields" not in one
