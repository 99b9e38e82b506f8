import numpy as np
import pytest

from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.metrics import RulerMetric

META = {"landmark_names": ("S", "P2", "P1")}


def make_sample(p1, p2, scores=(0.99, 0.98), visible=True, spacing=(0.1, 0.1)):
    true = np.array([[[0, 0], [500, 100], [500, 200]]], float)
    return {
        "img_path": "x/a.png",
        "ori_shape": (1000, 800),
        "raw_ann_info": {"file_name": "a.png", "width": 800, "height": 1000, "spacing": spacing},
        "pred_instances": {
            "keypoints": np.array([[[0, 0], p2, p1]], float),
            "keypoint_scores": np.array([[1.0, scores[1], scores[0]]]),
        },
        "gt_instances": {
            "keypoints": true * visible,
            "keypoints_visible": np.full((1, 3), float(visible)),
        },
    }


def evaluate(samples, meta=META):
    metric = RulerMetric()
    metric.dataset_meta = meta
    metric.process(None, samples)
    return metric, metric.evaluate(len(samples))


def test_marks_are_joined_by_name_and_judged():
    metric, values = evaluate(
        [
            make_sample((500, 204), (500, 100)),  # 104 px: 4 % too small a scale
            make_sample((500, 200), (500, 100), scores=(0.2, 0.9)),
            make_sample((500, 200), (500, 100), scores=(0.1, 0.1), visible=False),
        ]
    )
    assert values["ruler/P1_px"] == pytest.approx(2)
    assert values["ruler/P1_mm"] == pytest.approx(0.2)
    assert values["ruler/P2_px"] == 0
    assert values["ruler/scale_error_pct"] == pytest.approx(100 * (1 - 100 / 104))
    assert values["ruler/scale_error_75mm"] == pytest.approx(75 * (1 - 100 / 104))
    assert values["ruler/abstained_pct"] == 50
    assert values["ruler/abstained_without_pct"] == 100
    assert [record.reading.accepted for record in metric.records] == [True, False, False]


def test_what_there_is_nothing_for_has_no_key():
    _, values = evaluate([make_sample((500, 200), (500, 100), visible=False, scores=(0.1, 0.1))])
    assert values == {"ruler/abstained_without_pct": 100}


def test_data_without_ruler_marks_are_refused():
    with pytest.raises(EvaluationError, match="no landmarks P1 and P2"):
        evaluate([make_sample((1, 2), (3, 4))], {"landmark_names": ("S", "N")})
