import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData

from mmceph.errors import MmcephError
from mmceph.models.estimators.landmark_subset import put_predictions, subset_samples
from mmceph.pose import PoseDataSample


def sample(flips=(0, 1, 2, 3)):
    made = PoseDataSample(metainfo={"flip_indices": list(flips), "img_path": "a.png"})
    made.gt_instance_labels = InstanceData(
        keypoint_labels=torch.arange(8.0).reshape(1, 4, 2),
        keypoint_weights=torch.arange(4.0).reshape(1, 4),
    )
    made.gt_fields = PixelData(heatmaps=torch.arange(4.0)[:, None, None].expand(4, 2, 3))
    return made


def test_labels_and_maps_of_some_landmarks_in_their_order():
    whole = sample()
    (part,) = subset_samples([whole], [2, 0], 4)
    assert part.gt_instance_labels.keypoint_labels.tolist() == [[[4.0, 5.0], [0.0, 1.0]]]
    assert part.gt_instance_labels.keypoint_weights.tolist() == [[2.0, 0.0]]
    assert part.gt_fields.heatmaps[:, 0, 0].tolist() == [2.0, 0.0]
    assert part.metainfo["flip_indices"] == [0, 1]
    assert part.metainfo["img_path"] == "a.png"
    assert whole.gt_instance_labels.keypoint_weights.shape == (1, 4)
    assert whole.metainfo["flip_indices"] == [0, 1, 2, 3]


def test_several_maps_a_landmark_stay_together():
    whole = sample()
    whole.gt_fields = PixelData(heatmaps=torch.arange(12.0)[:, None, None].expand(12, 2, 3))
    (part,) = subset_samples([whole], [1, 3], 4)
    assert part.gt_fields.heatmaps[:, 0, 0].tolist() == [3.0, 4.0, 5.0, 9.0, 10.0, 11.0]


def test_mirror_partners_keep_each_other_or_are_refused():
    (part,) = subset_samples([sample((1, 0, 3, 2))], [3, 2], 4)
    assert part.metainfo["flip_indices"] == [1, 0]
    with pytest.raises(MmcephError, match="mirror partner"):
        subset_samples([sample((1, 0, 3, 2))], [0, 2], 4)


def test_a_sample_without_labels_has_none_afterwards():
    (part,) = subset_samples([PoseDataSample(metainfo={"img_id": 3})], [0], 4)
    assert part.metainfo == {"img_id": 3}
    assert not part.all_keys() or "gt_fields" not in part


def test_only_the_chosen_predictions_are_replaced():
    made = PoseDataSample()
    points = np.arange(8.0).reshape(1, 4, 2)
    made.pred_instances = InstanceData(
        keypoints=points, keypoint_scores=np.ones((1, 4)), keypoints_visible=np.ones((1, 4))
    )
    made.pred_fields = PixelData(heatmaps=torch.zeros(4, 2, 2))
    put_predictions(
        made,
        [3, 1],
        np.array([[70.0, 71.0], [50.0, 51.0]]),
        np.array([0.3, 0.1]),
        torch.ones(2, 2, 2),
    )
    assert made.pred_instances.keypoints.tolist() == [[[0, 1], [50, 51], [4, 5], [70, 71]]]
    assert made.pred_instances.keypoint_scores.tolist() == [[1.0, 0.1, 1.0, 0.3]]
    assert made.pred_instances.keypoints_visible.tolist() == [[1.0, 0.1, 1.0, 0.3]]
    assert made.pred_fields.heatmaps[:, 0, 0].tolist() == [0, 1, 0, 1]
    assert points[0, 1].tolist() == [2.0, 3.0]
