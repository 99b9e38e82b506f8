from __future__ import annotations

import json

import numpy as np
import pytest

from mmceph.analysis import MEASUREMENTS, measure
from mmceph.analysis.agreement import class_agreement, measure_many, measurement_agreement
from mmceph.landmarks import get_landmark_set

ISBI = get_landmark_set("isbi19").names

# Means of the published predictions for the 150 test images of ISBI 2015, another collection.
PUBLISHED = {
    "SNA": (82.2, 4.2), "SNB": (80.6, 5.7), "ANB": (1.6, 4.3), "FMA": (28.6, 5.9),
    "SN-GoGn": (33.1, 6.6), "Y-axis": (62.1, 4.7), "Facial": (87.8, 5.2), "Jarabak": (65.1, 4.8),
    "Saddle": (122.1, 6.7), "Articular": (146.8, 8.4), "Gonial": (127.0, 6.9),
    "ODI": (67.8, 10.2), "APDI": (87.0, 10.6),
}  # fmt: skip


def stack(tracings, names):
    return np.array([[points[name] for name in names] for points in tracings])


def test_many_at_once_are_what_one_by_one_is(tracing):
    spacing = np.array([[0.5, 0.5], [1, 1], [np.nan, np.nan], [2, 2], [0.1, 0.12]])
    tracings = [
        {name: place / np.nan_to_num(scale, nan=1.0) for name, place in tracing(seed).items()}
        for seed, scale in enumerate(spacing)
    ]
    names = list(tracings[0])
    found = measure_many(stack(tracings, names), names, spacing)
    assert list(found) == list(MEASUREMENTS)
    for row, points in enumerate(tracings):
        scale = None if np.isnan(spacing[row, 0]) else tuple(spacing[row])
        for one in measure(points, mm_per_px=scale):
            value = np.nan if one.value is None else one.value
            assert found[one.key][row] == pytest.approx(value, nan_ok=True)


def test_only_what_the_names_allow(average):
    found = measure_many(stack([average], ISBI), ISBI)
    assert "IMPA" not in found
    assert np.isnan(found["U1-NA-mm"]).all()  # no spacing
    assert np.isfinite(found["SNA"]).all()
    assert measure_many(np.zeros((2, 2, 2)), ["left eye", "right eye"]) == {}


def test_aliases_are_joined_by_name(average):
    names = ["LL" if name == "Li" else name for name in average]
    assert "E-line-lower" in measure_many(stack([average], average), names)


def test_differences_by_hand():
    truth = {"SNA": np.array([80.0, 82.0, np.nan]), "ISBI-SNA": np.array([80.0, 82.0, np.nan])}
    predicted = {"SNA": np.array([81.0, 79.0, 90.0]), "ISBI-SNA": np.array([81.0, 79.0, 90.0])}
    (row,) = measurement_agreement(predicted, truth)  # SNA once, not twice
    assert (row.key, row.n, row.mean_abs, row.bias) == ("SNA", 2, 2.0, -1.0)
    assert row.sd == pytest.approx(8**0.5)
    assert measurement_agreement({"SNA": truth["SNA"] * np.nan}, truth) == []


def test_success_classification_rate_by_hand():
    # True classes 1, 1, 2, 3; told 1, 2, 2, 1: half, all and none of them right.
    truth = {"ISBI-ANB": np.array([4.0, 5.0, 6.0, 2.0, np.nan])}
    predicted = {"ISBI-ANB": np.array([4.0, 6.0, 9.0, 4.0, 4.0])}
    (row,) = class_agreement(predicted, truth)
    assert (row.key, row.n) == ("ISBI-ANB", 4)
    assert row.confusion.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert row.scr == pytest.approx(50.0)


def test_perfect_predictions(tracing):
    found = measure_many(stack([tracing(s) for s in range(4)], ISBI), ISBI, np.ones((4, 2)))
    assert {row.mean_abs for row in measurement_agreement(found, found)} == {0.0}
    classes = class_agreement(found, found)
    assert len(classes) == 8
    assert {row.scr for row in classes} == {100.0}


def test_clear_errors():
    with pytest.raises(ValueError, match=r"\(N, 2, 2\)"):
        measure_many(np.zeros((3, 3, 2)), ["S", "N"])
    with pytest.raises(ValueError, match="spacing"):
        measure_many(np.zeros((3, 2, 2)), ["S", "N"], [0.1, 0.1])


def test_real_cephalograms_measure_as_the_published_ones(ceph100):
    """Another collection, so no equality: within one published standard deviation."""
    tracings = []
    for file in sorted(ceph100.rglob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or "shapes" not in content:
            continue
        points: dict[str, list] = {}
        for shape in content["shapes"]:
            points.setdefault(shape["label"], []).append(shape["points"][0])
        # Some files give a label twice and another not at all: those points are not used.
        places = [points.get(f"l{number}", []) for number in range(1, len(ISBI) + 1)]
        tracings.append([p[0] if len(p) == 1 else [np.nan, np.nan] for p in places])
    assert len(tracings) >= 100
    found = measure_many(np.array(tracings), ISBI)
    for key, (mean, sd) in PUBLISHED.items():
        assert np.nanmean(found[key]) == pytest.approx(mean, abs=sd)
        assert 0.4 * sd < np.nanstd(found[key]) < 1.6 * sd
