from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmceph.apis.model_output import hardly_seen, outside, points_of, scores_tell
from mmceph.apis.prediction import LandmarkPoint
from mmceph.codecs import SoftArgmaxHeatmap
from mmceph.errors import MmcephError
from mmceph.pose import MSRAHeatmap


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


def test_landmarks_of_low_score_are_named_but_not_those_placed_by_hand():
    def point(score, source="model"):
        return LandmarkPoint(1.0, 1.0, score, source)

    seen = {"S": point(0.1), "N": point(0.9), "Me": point(0.0, "manual"), "X": point(None)}
    assert hardly_seen(seen) == []
    two = {**seen, "Or": point(0.099), "A": point(-0.2)}
    assert hardly_seen(two) == ["hardly seen by the model (score below 0.1): Or, A"]
    seven = {name: point(0.003) for name in "ABCDEFG"}
    assert hardly_seen(seven) == [
        "hardly seen by the model (score below 0.1): A, B, C, D, E and 2 more"
    ]


SIZES = {"input_size": (32, 40), "heatmap_size": (8, 10)}


class RegressionLabel:
    """Stands for MMPose's, whose score says nothing of the kind."""


@pytest.mark.parametrize(
    ("decoder", "tells"),
    [
        (SoftArgmaxHeatmap(**SIZES), True),
        (MSRAHeatmap(**SIZES, sigma=2), True),
        (RegressionLabel(), False),
        (None, False),
    ],
)
def test_scores_are_judged_where_points_come_from_heat_maps(decoder, tells):
    model = SimpleNamespace(head=SimpleNamespace(decoder=decoder))
    assert scores_tell(model) is tells
    assert scores_tell(SimpleNamespace(base=model)) is tells  # with a second model behind it
    assert not scores_tell(SimpleNamespace())
