from __future__ import annotations

import json

import numpy as np
import pytest

from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.report.build import build_report

KEYS = [
    "schema",
    "dataset",
    "config",
    "checkpoint",
    "checkpoint_sha256",
    "environment",
    "num_images",
    "landmarks",
    "overall",
    "groups",
    "per_device",
    "baselines",
    "images",
    "excluded",
]
FIGURES = ["n", "n_mm", "mre_mm", "sd_mm", "median_mm", "p95_mm", "mre_px", "sdr"]
ABOUT = {"dataset": "test", "config": "c.py", "checkpoint": "w.pth", "environment": {"mmcv": None}}


def build(records, names, **options):
    return build_report(records, names=names, **{**ABOUT, **options})


def test_hand_computed_figures(record, names):
    # 5, 10, 10 px at 0.5 mm and 0, 0, 4 px at 0.5 mm.
    second = record("b.png", ((0, 0), (0, 0), (0, 4)))
    report = build([record(), second], names, difficult=["Pog`"])
    assert report["landmarks"]["S"] == {
        "n": 2,
        "n_mm": 2,
        "mre_mm": 1.25,
        "sd_mm": 1.767767,
        "median_mm": 1.25,
        "p95_mm": 2.375,
        "mre_px": 2.5,
        "sdr": {"2.0": 50.0, "2.5": 100.0, "3.0": 100.0, "4.0": 100.0},
        "group": "healthy",
    }
    assert report["landmarks"]["Pog`"]["group"] == "difficult"
    overall = report["overall"]
    assert overall["mre_mm"] == pytest.approx(14.5 / 6, abs=1e-6)
    assert overall["sdr"]["2.0"] == 50.0
    # Image means are 12.5 / 3 and 2 / 3 mm.
    assert overall["sd_mm_image"] == pytest.approx(3.5 / np.sqrt(2), abs=1e-6)
    assert overall["mre_mm_ci95"] == pytest.approx([2 / 3, 12.5 / 3], abs=1e-6)
    assert report["groups"]["difficult"]["mre_mm"] == 3.5
    assert report["groups"]["healthy"]["mre_mm"] == 1.875
    assert report["images"][0] == {"file": "a.png", "mre_mm": 4.166667, "worst": "N"}
    assert report["num_images"] == 2
    assert report["excluded"] == []


def test_the_contract(many, names):
    report = build(many, names, difficult=["N"], mean_shape_fractions=np.full((3, 2), 0.5))
    assert list(report) == KEYS
    assert report["schema"] == 1
    for figures in report["landmarks"].values():
        assert list(figures) == [*FIGURES, "group"]
    assert list(report["overall"]) == [*FIGURES, "mre_mm_ci95", "sd_mm_image"]
    assert set(report["baselines"]) == {"mean_shape", "inter_observer"}
    assert set(report["per_device"]) == {"ART Plus", "Hyperion"}
    assert list(report["images"][0]) == ["file", "mre_mm", "worst"]
    json.dumps(report, allow_nan=False)  # strict JSON


def test_baselines(record, names):
    truth = record().truth
    marks = np.hstack([truth, np.full((3, 1), 2.0)])
    one = record(observers={"a": marks, "b": marks + np.array([0.0, 4.0, 0.0])})
    # The mean shape is the truth of a 100x200 image but for the third landmark, 8 px below.
    fractions = (truth + np.array([[0, 0], [0, 0], [0, 8]])) / [100, 200]
    baselines = build([one, one], names, mean_shape_fractions=fractions)["baselines"]
    assert baselines["mean_shape"]["mre_mm"] == pytest.approx(4 / 3, abs=1e-6)
    assert baselines["mean_shape"]["landmarks"]["Pog`"]["mre_mm"] == 4.0
    assert baselines["inter_observer"]["mre_mm"] == 2.0
    assert baselines["inter_observer"]["landmarks"]["S"]["sdr"]["2.0"] == 100.0
    assert build([record()], names)["baselines"] == {"mean_shape": None, "inter_observer": None}


def test_a_landmark_the_training_set_lacks_leaves_the_baseline(record, names):
    fractions = np.array([[0.1, 0.1], [0.5, 0.5], [np.nan, np.nan]])
    baseline = build([record()], names, mean_shape_fractions=fractions)["baselines"]["mean_shape"]
    assert baseline["n"] == 2
    assert baseline["landmarks"]["Pog`"]["mre_mm"] is None


def test_unknown_spacing_gives_null_millimetres(record, names):
    report = build([record(spacing=None)], names)
    assert report["overall"]["mre_px"] == pytest.approx(25 / 3, abs=1e-6)
    for key in ("mre_mm", "sd_mm", "median_mm", "p95_mm", "mre_mm_ci95", "sd_mm_image"):
        assert report["overall"][key] is None
    assert set(report["overall"]["sdr"].values()) == {None}
    assert report["images"][0]["mre_mm"] is None
    assert "px, not in mm" in report["excluded"][0]["reason"]


def test_n_mm_counts_what_the_millimetre_figures_are_over(record, names):
    # S is 5 px off at 0.5 mm on five images, and 50 px off on a sixth without a spacing.
    records = [record(f"{number}.png") for number in range(5)]
    records.append(record("px.png", ((30, 40), (0, 10), (6, 8)), spacing=None))
    report = build(records, names, difficult=["N"])
    row = report["landmarks"]["S"]
    assert (row["n"], row["n_mm"]) == (6, 5)
    assert (row["mre_mm"], row["sd_mm"], row["sdr"]["2.5"]) == (2.5, 0.0, 100.0)
    assert row["mre_px"] == 12.5  # five times 5 and once 50 px
    assert (report["overall"]["n"], report["overall"]["n_mm"]) == (18, 15)
    assert report["groups"]["healthy"]["n_mm"] == 10
    assert build([record(spacing=None)], names)["overall"]["n_mm"] == 0


def test_images_left_out_are_named(many, names):
    report = build(many, names)
    assert report["num_images"] == 11
    excluded = {row["file"]: row["reason"] for row in report["excluded"]}
    assert set(excluded) == {"2.png", "3.png"}
    assert "no visible landmark" in excluded["3.png"]
    assert report["groups"] == {"difficult": None, "healthy": None}
    assert report["landmarks"]["S"]["group"] is None


def test_one_image_has_no_interval(record, names):
    assert build([record()], names)["overall"]["mre_mm_ci95"] is None


def test_nothing_to_report_is_an_error(record, names):
    with pytest.raises(EvaluationError, match="visible landmark"):
        build([record(visible=np.zeros(3, bool))], names)
