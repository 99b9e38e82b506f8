from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmceph.analysis import MEASUREMENTS
from mmceph.analysis.agreement import measure_many
from mmceph.analysis.human_range import (
    FACE_LENGTHS,
    HUMAN_RANGES,
    MEDIAN_SELLA_NASION_MM,
    HumanRange,
)
from mmceph.analysis.plausibility import check_scale
from mmceph.landmarks import LANDMARKS, get_landmark_set

ISBI = get_landmark_set("isbi19").names


def test_every_measurement_has_bounds_and_no_other():
    assert list(HUMAN_RANGES) == list(MEASUREMENTS)
    assert all(end in LANDMARKS for length in FACE_LENGTHS for end in length.ends)
    # What two analyses call differently has one range.
    assert HUMAN_RANGES["ISBI-FMA"] == HUMAN_RANGES["SN-GoGn"]


@pytest.mark.parametrize("key", MEASUREMENTS)
def test_bounds_are_eight_standard_deviations_from_every_norm(key):
    bounds = HUMAN_RANGES[key]
    for norm in MEASUREMENTS[key].norms:
        if norm.sd is None:
            spread = norm.high - norm.low
            ends = (norm.low - spread, norm.high + spread)
        else:
            ends = (norm.mean - 8 * norm.sd, norm.mean + 8 * norm.sd)
        if MEASUREMENTS[key].unit == "deg" and bounds.high == 180:
            ends = (ends[0], min(ends[1], 180))  # an angle has no more
        assert bounds.low <= ends[0], norm
        assert ends[1] <= bounds.high, norm


def test_groups_lie_within_what_single_people_have():
    single = FACE_LENGTHS[0].range
    assert single.holds(MEDIAN_SELLA_NASION_MM.low)
    assert single.holds(MEDIAN_SELLA_NASION_MM.high)
    assert not single.holds(float("nan"))
    with pytest.raises(ValueError, match="from 2 to 1"):
        HumanRange(2, 1)


def all_possible(points: np.ndarray, spacing: float) -> int:
    """Tracings (N, 19, 2) px must have possible scales and measurements; counts the latter."""
    count = 0
    for key, values in measure_many(points, ISBI, np.full((len(points), 2), spacing)).items():
        known = values[np.isfinite(values)]
        assert all(map(HUMAN_RANGES[key].holds, known.tolist())), key
        count += len(known)
    for tracing in points:
        assert check_scale(dict(zip(ISBI, tracing, strict=True)), spacing).possible
    return count


def test_no_real_measurement_of_one_machine_is_impossible(ceph100: Path):
    tracings = []
    for file in sorted((ceph100 / "labelme").rglob("*.json")):
        places: dict[str, list[float]] = {}
        for shape in json.loads(file.read_text(encoding="utf-8"))["shapes"]:
            # Labels that stand twice are the mistakes real files have, not the measurements.
            twice = shape["label"] in places
            places[shape["label"]] = [np.nan] * 2 if twice else shape["points"][0]
        tracings.append([places.get(f"l{number}", [np.nan] * 2) for number in range(1, 20)])
    assert all_possible(np.array(tracings), 0.127) > 6000


def test_nor_of_another(isbi2015: Path):
    tracings = [
        [[float(part) for part in line.split(",")] for line in text.split()[:19]]
        for file in sorted((isbi2015 / "AnnotationsByMD").rglob("*.txt"))
        for text in [file.read_text(encoding="utf-8")]
    ]
    assert all_possible(np.array(tracings), 0.1) == 600 * 32
