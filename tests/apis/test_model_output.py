from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmceph.apis.model_output import outside, points_of
from mmceph.apis.prediction import LandmarkPoint
from mmceph.errors import MmcephError


def sample(points, scores):
    return SimpleNamespace(pred_instances=SimpleNamespace(keypoints=points, keypoint_scores=scores))


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_points_and_scores_of_arrays_and_tensors(kind):
    points, scores = points_of(sample(kind([[[1.0, 2.0], [3.0, 4.0]]]), kind([[0.5, 0.25]])), "a")
    assert points.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert scores.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((2, 3, 2)), "a.png: the model found 2 instances"),
        (np.zeros((0, 3, 2)), "a.png: the model found 0 instances"),
        (np.full((1, 3, 2), np.nan), "a.png: the model's points are not finite"),
    ],
)
def test_what_cannot_be_used_is_named(points, message):
    with pytest.raises(MmcephError, match=message):
        points_of(sample(points, np.ones(points.shape[:2])), "a.png")


def test_landmarks_outside_are_named():
    # The outer edge of the first and of the last pixel belongs to the picture.
    inside = {"S": LandmarkPoint(-0.5, 0.0), "N": LandmarkPoint(9.5, 19.5)}
    assert outside(inside, (10, 20)) == []
    beyond = {"Or": LandmarkPoint(9.6, 5.0), "A": LandmarkPoint(5.0, 19.6)}
    assert outside({**inside, **beyond}, (10, 20)) == ["outside the picture: Or, A"]
