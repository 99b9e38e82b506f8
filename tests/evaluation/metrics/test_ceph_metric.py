from __future__ import annotations

import numpy as np
import pytest
import torch

from mmceph.evaluation import CephMetric
from mmceph.registry import METRICS

META = {"landmark_names": ("S", "N"), "difficult": ("N",)}
STOCK_META = {"keypoint_id2name": {1: "right", 0: "left"}, "dataset_name": "own"}


def sample(predicted, truth, visible=(1, 1), spacing=(0.5, 0.5), **changes):
    """A data sample as mmengine's Evaluator hands it over."""
    values = {
        "pred_instances": {
            "keypoints": np.array([predicted], np.float32),
            "keypoint_scores": np.array([[0.5, 0.25]], np.float32),
        },
        "gt_instances": {
            "keypoints": np.array([truth], np.float32),
            "keypoints_visible": np.array([visible], np.float32),
        },
        "img_path": "/data/images/a.png",
        "ori_shape": (200, 100),
        "raw_ann_info": {
            "file_name": "images/a.png",
            "width": 100,
            "height": 200,
            "spacing": None if spacing is None else list(spacing),
            "spacing_source": "ruler",
            "device": "ART Plus",
            "subject": None,
            "observers": {"a": [[1, 2, 2], [3, 4, 2]]},
        },
    }
    return {**values, **changes}


def evaluate(samples, meta=META, **options):
    metric = CephMetric(**options)
    metric.dataset_meta = meta
    metric.process(None, samples)
    return metric, metric.evaluate(len(samples))


def test_hand_computed_figures():
    # 5 px and 10 px at 0.5 mm; then 0 px and an invisible landmark.
    first = sample([[3, 4], [0, 10]], [[0, 0], [0, 0]])
    second = sample([[7, 7], [0, 0]], [[7, 7], [99, 99]], visible=(1, 0))
    metric, result = evaluate([first, second])
    assert result["ceph/MRE_px"] == pytest.approx(5.0)
    assert result["ceph/MRE"] == pytest.approx(2.5)  # (2.5 + 5 + 0) / 3
    assert result["ceph/SDR_2.0mm"] == pytest.approx(100 / 3)
    assert result["ceph/SDR_2.5mm"] == pytest.approx(200 / 3)  # 2.5 is within 2.5
    assert result["ceph/SDR_4.0mm"] == pytest.approx(200 / 3)
    assert result["ceph/MRE_difficult"] == pytest.approx(5.0)
    assert result["ceph/MRE_healthy"] == pytest.approx(1.25)
    record = metric.records[0]
    assert (record.file, record.image_size) == ("images/a.png", (100, 200))
    assert (record.spacing, record.device) == ((0.5, 0.5), "ART Plus")
    assert record.observers["a"].tolist() == [[1, 2, 2], [3, 4, 2]]
    assert record.scores.tolist() == [0.5, 0.25]


def test_tensors_and_weighted_visibility_are_understood():
    one = sample([[3, 4], [0, 0]], [[0, 0], [0, 0]])
    one["pred_instances"]["keypoints"] = torch.tensor([[[3.0, 4.0], [0.0, 0.0]]])
    one["gt_instances"]["keypoints_visible"] = np.array([[[1, 0.3], [0, 1]]], np.float32)
    _, result = evaluate([one])
    assert result["ceph/MRE_px"] == pytest.approx(5.0)


def test_without_spacing_only_px():
    _, result = evaluate([sample([[3, 4], [0, 10]], [[0, 0], [0, 0]], spacing=None)])
    assert result == {"ceph/MRE_px": pytest.approx(7.5)}


def test_millimetres_are_over_the_images_that_have_them():
    known = sample([[3, 4], [3, 4]], [[0, 0], [0, 0]])
    unknown = sample([[0, 10], [0, 10]], [[0, 0], [0, 0]], spacing=None)
    _, result = evaluate([known, unknown])
    assert result["ceph/MRE"] == pytest.approx(2.5)
    assert result["ceph/MRE_px"] == pytest.approx(7.5)


def test_a_stock_data_set_gives_px_and_short_file_names():
    first = sample([[3, 4], [0, 0]], [[0, 0], [0, 0]], raw_ann_info={"id": 1})
    second = {**first, "img_path": "/other/b.png"}
    metric, result = evaluate([first, second, second], STOCK_META)
    assert result == {"ceph/MRE_px": pytest.approx(2.5)}
    assert metric.names == ("left", "right")
    assert [r.file for r in metric.records] == ["a.png", "b.png", "b.png#2"]
    assert metric.records[0].image_size == (100, 200)


def test_two_folders_with_the_same_file_name_stay_apart():
    first = sample([[3, 4], [0, 0]], [[0, 0], [0, 0]], raw_ann_info=None)
    metric, _ = evaluate([first, {**first, "img_path": "/other/a.png"}], STOCK_META)
    assert [r.file for r in metric.records] == ["/data/images/a.png", "/other/a.png"]


def test_difficult_names_can_be_given_and_are_checked():
    one = sample([[3, 4], [0, 10]], [[0, 0], [0, 0]])
    _, result = evaluate([one], difficult=["S"])
    assert result["ceph/MRE_difficult"] == pytest.approx(2.5)
    _, result = evaluate([one], difficult=[])
    assert "ceph/MRE_difficult" not in result
    with pytest.raises(ValueError, match="difficult landmark 'Xyz'"):
        evaluate([one], difficult=["Xyz"])


def test_a_difficult_landmark_may_be_named_by_its_alias():
    one = sample([[3, 4], [0, 10]], [[0, 0], [0, 0]])
    metric, _ = evaluate([one], {"landmark_names": ("S", "Ls")}, difficult=["UL"])
    assert metric.difficult == ("Ls",)


def test_an_image_without_landmarks_does_not_end_the_run():
    empty = sample([[0, 0], [0, 0]], [[0, 0], [0, 0]], visible=(0, 0))
    metric, result = evaluate([sample([[3, 4], [3, 4]], [[0, 0], [0, 0]]), empty])
    assert result["ceph/MRE"] == pytest.approx(2.5)
    assert len(metric.records) == 2
    with pytest.raises(ValueError, match="not one image has a visible landmark"):
        evaluate([empty])


def test_a_prediction_that_is_not_finite_names_image_and_landmark():
    with pytest.raises(ValueError, match=r"images/a\.png: the prediction for landmark N"):
        evaluate([sample([[0, 0], [np.nan, 1]], [[0, 0], [0, 0]])])


def test_another_number_of_landmarks_is_named():
    one = sample([[0, 0], [1, 1]], [[0, 0], [0, 0]])
    with pytest.raises(ValueError, match=r"predicts 2 landmarks, the data set has 3"):
        evaluate([one], {"landmark_names": ("S", "N", "A")})


def test_missing_names_and_thresholds_are_errors():
    with pytest.raises(ValueError, match="neither landmark_names nor"):
        evaluate([sample([[0, 0], [1, 1]], [[0, 0], [0, 0]])], {"dataset_name": "x"})
    with pytest.raises(ValueError, match="thresholds must be positive"):
        CephMetric(thresholds=(0.0,))


def test_it_is_found_in_the_registry():
    metric = METRICS.build({"type": "CephMetric", "thresholds": [1.0]})
    assert metric.thresholds == (1.0,)
    assert metric.prefix == "ceph"
