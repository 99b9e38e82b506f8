from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData

from mmceph.pose.standin import HeatmapHead, PoseDataSample

DECODER = {"type": "MSRAHeatmap", "input_size": (32, 40), "heatmap_size": (8, 10), "sigma": 1}
SHAPES = [
    {"deconv_out_channels": None, "deconv_kernel_sizes": None},
    {
        "deconv_out_channels": (8,),
        "deconv_kernel_sizes": (4,),
        "final_layer": {"kernel_size": 3, "padding": 1},
    },
    {
        "deconv_out_channels": (8, 6),
        "deconv_kernel_sizes": (3, 2),
        "conv_out_channels": (5,),
        "conv_kernel_sizes": (3,),
    },
    {"deconv_out_channels": (4,), "deconv_kernel_sizes": (2,), "final_layer": None},
]


def config(shape: dict) -> dict:
    return {"in_channels": 6, "out_channels": 4, "decoder": DECODER, **shape}


def samples(size: tuple[int, int]) -> list[PoseDataSample]:
    generator = torch.Generator().manual_seed(1)
    made = []
    for _ in range(2):
        one = PoseDataSample(metainfo={"flip_indices": [0, 2, 1, 3]})
        heatmaps = torch.rand(4, *size, generator=generator)
        one.gt_fields = PixelData(heatmaps=heatmaps)
        one.gt_instance_labels = InstanceData(keypoint_weights=torch.tensor([[1.0, 0.5, 0, 1]]))
        made.append(one)
    return made


def features(seed: int) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    return torch.zeros(1), torch.randn(2, 6, 10, 8, generator=generator)


def pair(shape: dict) -> tuple[HeatmapHead, torch.nn.Module]:
    """Our head and MMPose's, with the same weights."""
    from mmpose.models.heads import HeatmapHead as Theirs

    torch.manual_seed(0)
    ours = HeatmapHead(**copy.deepcopy(config(shape)))
    theirs = Theirs(**copy.deepcopy(config(shape)))
    missing = theirs.load_state_dict(ours.state_dict(), strict=True)
    assert not missing.missing_keys
    return ours, theirs


@pytest.mark.mmpose
@pytest.mark.parametrize("shape", SHAPES)
def test_loss_and_gradients_equal_mmposes(shape: dict):
    ours, theirs = pair(shape)
    size = ours(features(0)).shape[-2:]
    results = []
    for head in (ours, theirs):
        losses = head.loss(features(0), samples(size), train_cfg={})
        losses["loss_kpt"].backward()
        gradients = {name: p.grad for name, p in head.named_parameters()}
        results.append((losses["loss_kpt"].detach(), losses["acc_pose"].float(), gradients))
    torch.testing.assert_close(*results)
    assert "acc_pose" not in ours.loss(features(0), samples(size), {"compute_acc": False})


@pytest.mark.mmpose
@pytest.mark.parametrize("shape", SHAPES[:3])
@pytest.mark.parametrize(
    "test_cfg", [{}, {"flip_test": True}, {"flip_test": True, "shift_heatmap": True}]
)
def test_prediction_equals_mmposes(shape: dict, test_cfg: dict):
    ours, theirs = pair(shape)
    feats = [features(1), features(2)] if test_cfg else features(1)
    results = []
    for head in (ours.eval(), theirs.eval()):
        with torch.no_grad():
            results.append(
                head.predict(feats, samples((10, 8)), {**test_cfg, "output_heatmaps": True})
            )
    (a_points, a_maps), (b_points, b_maps) = results
    for a, b in zip(a_points, b_points, strict=True):
        assert sorted(a.keys()) == sorted(b.keys())
        np.testing.assert_allclose(a.keypoints, b.keypoints, atol=1e-4)
        np.testing.assert_allclose(a.keypoint_scores, b.keypoint_scores, atol=1e-5)
    for a, b in zip(a_maps, b_maps, strict=True):
        torch.testing.assert_close(a.heatmaps, b.heatmaps)


@pytest.mark.mmpose
def test_initial_weights_follow_the_same_law():
    ours, theirs = pair(SHAPES[2])
    for head in (ours, theirs):
        torch.manual_seed(3)
        head.init_weights()
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


def test_decoding_by_hand():
    head = HeatmapHead(**config(SHAPES[0]))
    maps = torch.zeros(1, 4, 10, 8)
    maps[0, :, 3, 2] = 0.75
    (one,) = head.decode(maps)
    np.testing.assert_allclose(one.keypoints, np.tile([8.0, 12.0], (1, 4, 1)))
    np.testing.assert_allclose(one.keypoint_scores, np.full((1, 4), 0.75))


def test_errors():
    with pytest.raises(ValueError, match=r"deconv_out_channels .* equally long"):
        HeatmapHead(4, 2, deconv_out_channels=(8,), deconv_kernel_sizes=(4, 4))
    with pytest.raises(ValueError, match="must be 2, 3 or 4, not 5"):
        HeatmapHead(4, 2, deconv_out_channels=(8,), deconv_kernel_sizes=(5,))
    with pytest.raises(ValueError, match=r"final_layer\.type"):
        HeatmapHead(4, 2, final_layer={"type": "DCNv2"})
    with pytest.raises(RuntimeError, match="no decoder"):
        HeatmapHead(4, 2).decode(torch.zeros(1, 2, 4, 4))
