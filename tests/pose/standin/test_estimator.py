from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData, PixelData

from mmceph.models.backbones import TorchvisionResNet
from mmceph.pose.standin import PoseDataSample, TopdownPoseEstimator

CONFIG = {
    "backbone": {"type": "TorchvisionResNet", "depth": 18, "out_indices": (0, 1)},
    "head": {
        "type": "HeatmapHead",
        "in_channels": 128,
        "out_channels": 4,
        "deconv_out_channels": (8,),
        "deconv_kernel_sizes": (4,),
        "decoder": {"type": "UDPHeatmap", "input_size": (32, 40), "heatmap_size": (8, 10)},
    },
    "data_preprocessor": {"type": "PoseDataPreprocessor", "mean": [99.0] * 3, "std": [60.0] * 3},
}
TEST_CFGS = [
    {},
    {"flip_test": True, "flip_mode": "heatmap", "shift_heatmap": False},
    {"output_keypoint_indices": [2, 0], "output_heatmaps": True},
]


def samples() -> list[PoseDataSample]:
    rng = np.random.default_rng(0)
    made = []
    for number in range(2):
        one = PoseDataSample(
            metainfo={
                "flip_indices": [0, 2, 1, 3],
                "input_size": (32, 40),
                "input_center": np.array([70.0, 90 + number], dtype=np.float32),
                "input_scale": np.array([96.0, 120], dtype=np.float32),
            }
        )
        one.gt_instances = InstanceData(bboxes=np.ones((1, 4)), bbox_scores=np.ones(1))
        one.gt_fields = PixelData(heatmaps=torch.from_numpy(rng.random((4, 10, 8), "f4")))
        one.gt_instance_labels = InstanceData(keypoint_weights=torch.ones(1, 4))
        made.append(one)
    return made


def images() -> torch.Tensor:
    return torch.rand(2, 3, 40, 32, generator=torch.Generator().manual_seed(0))


def model(cls: type, **more: object) -> torch.nn.Module:
    with DefaultScope.overwrite_default_scope("mmceph"):
        return cls(**copy.deepcopy(CONFIG), **more)


def pair(**more: object) -> tuple[TopdownPoseEstimator, torch.nn.Module]:
    from mmpose.models import TopdownPoseEstimator as Theirs

    ours, theirs = model(TopdownPoseEstimator, **more), model(Theirs, **more)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return ours.eval(), theirs.eval()


@pytest.mark.mmpose
@pytest.mark.parametrize("test_cfg", TEST_CFGS)
def test_predictions_equal_mmposes(test_cfg: dict):
    results = []
    for one in pair(test_cfg=test_cfg):
        with torch.no_grad():
            results.append(one(images(), samples(), mode="predict"))
    for a, b in zip(*results, strict=True):
        assert sorted(a.pred_instances.keys()) == sorted(b.pred_instances.keys())
        for key, value in b.pred_instances.items():
            np.testing.assert_allclose(a.pred_instances[key], value, atol=1e-3, err_msg=key)
        assert ("pred_fields" in a) == ("pred_fields" in b)
        if "pred_fields" in b:
            torch.testing.assert_close(a.pred_fields.heatmaps, b.pred_fields.heatmaps)


@pytest.mark.mmpose
def test_losses_and_raw_output_equal_mmposes(metainfo: dict):
    ours, theirs = pair(metainfo=metainfo)
    a, b = (m(images(), samples(), mode="loss") for m in (ours, theirs))
    torch.testing.assert_close(a["loss_kpt"], b["loss_kpt"])
    torch.testing.assert_close(a["acc_pose"].float(), b["acc_pose"].float())
    torch.testing.assert_close(ours(images(), None), theirs(images(), None))
    assert ours.metainfo.keys() == theirs.metainfo.keys()
    results = [m(images(), samples(), mode="predict") for m in (ours, theirs)]
    assert results[0][0].metainfo.keys() == results[1][0].metainfo.keys()


def test_points_come_back_in_image_px():
    one = model(TopdownPoseEstimator)
    instance = InstanceData(
        keypoints=np.array([[[0.0, 0.0], [16, 20], [32, 40]]]), keypoint_scores=np.ones((1, 3))
    )
    (sample,) = one.add_pred_to_datasample([instance], None, samples()[:1])
    # centre (70, 90), size (96, 120)
    np.testing.assert_allclose(sample.pred_instances.keypoints, [[[22, 30], [70, 90], [118, 150]]])


def test_a_training_step_lowers_the_loss():
    torch.manual_seed(0)
    one = model(TopdownPoseEstimator)
    assert isinstance(one.backbone, TorchvisionResNet)
    optimizer = torch.optim.Adam(one.parameters(), lr=1e-3)
    values = []
    for _ in range(5):
        loss = one(images(), samples(), mode="loss")["loss_kpt"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    assert values[-1] < values[0]


def test_errors():
    with DefaultScope.overwrite_default_scope("mmceph"):
        headless = TopdownPoseEstimator(backbone=CONFIG["backbone"])
    with pytest.raises(RuntimeError, match="no head"):
        headless(images(), samples(), mode="predict")
    with pytest.raises(RuntimeError, match="mode must be"):
        headless(images(), None, mode="train")
    assert headless(images(), None, mode="loss") == {}
