import math

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from mmceph.models.heads import PyramidHeatmapHead
from mmceph.pose import PoseDataSample
from mmceph.registry import MODELS

CODEC = {
    "type": "SoftArgmaxHeatmap",
    "input_size": (64, 96),
    "heatmap_size": (32, 48),
    "sigma": 1.5,
}


def make_head(**kwargs) -> PyramidHeatmapHead:
    settings = {"in_channels": (4, 8), "out_channels": 3, "feat_channels": 8, "decoder": CODEC}
    return MODELS.build({"type": "PyramidHeatmapHead", **settings, **kwargs})


def make_feats(batch: int = 2) -> tuple[torch.Tensor, ...]:
    return torch.randn(batch, 4, 24, 16), torch.randn(batch, 8, 12, 8)


def make_samples(points: np.ndarray) -> list[PoseDataSample]:
    samples = []
    for labels in points:
        sample = PoseDataSample(metainfo={"flip_indices": [0, 1, 2]})
        sample.gt_instance_labels = InstanceData(
            keypoint_labels=torch.tensor(labels[None], dtype=torch.float32),
            keypoint_weights=torch.ones(1, len(labels)),
        )
        samples.append(sample)
    return samples


def test_maps_have_twice_the_finest_level_and_one_channel_per_landmark():
    assert make_head()(make_feats()).shape == (2, 3, 48, 32)


def test_training_pulls_the_prediction_onto_the_labels():
    torch.manual_seed(0)
    head, feats = make_head(), make_feats()
    labels = np.array([[[8, 10], [20, 30], [16, 24]], [[5, 40], [28, 9], [11, 17]]], float)
    samples = make_samples(labels)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
    for _ in range(60):
        loss = head.loss(feats, samples)["loss_kpt"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    floor = math.log(2 * math.pi * math.e * 1.5**2)  # entropy of the target: no loss is lower
    assert floor - 0.01 < loss.item() < floor + 0.1
    predicted = [instance.keypoints[0] for instance in head.predict(feats, samples)]
    np.testing.assert_allclose(predicted, labels * 2, atol=1.5)  # input px = 2 heat-map px


def test_maps_of_a_squared_error_are_decoded_without_a_softmax():
    head = make_head(loss={"type": "KeypointMSELoss", "use_target_weight": True})
    maps = torch.zeros(1, 3, 48, 32)
    maps[:, :, 10, 20] = 0.9
    head.forward = lambda feats: maps
    (instance,) = head.predict(make_feats(1), make_samples(np.zeros((1, 3, 2))))
    np.testing.assert_allclose(instance.keypoints, [[[40, 20]] * 3])
    np.testing.assert_allclose(instance.keypoint_scores, [[0.9] * 3], rtol=1e-6)


def test_flip_test_averages_the_map_and_the_mirrored_map():
    head, samples = make_head().eval(), make_samples(np.zeros((2, 3, 2)))
    feats, mirrored = make_feats(), make_feats()
    _, maps = head.predict([feats, mirrored], samples, {"flip_test": True, "output_heatmaps": True})
    expected = (
        torch.softmax(head(feats).flatten(2), -1).view(2, 3, 48, 32)
        + torch.softmax(head(mirrored).flatten(2), -1).view(2, 3, 48, 32).flip(-1)
    ) / 2
    assert torch.allclose(torch.stack([m.heatmaps for m in maps]), expected, atol=1e-6)


def test_wrong_number_of_levels_is_named():
    with pytest.raises(ValueError, match="gives 1 levels, the head was built for 2"):
        make_head()(make_feats()[:1])
