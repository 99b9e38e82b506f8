from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from mmceph.analysis.error_model import (
    ErrorModel,
    ErrorModelError,
    Scales,
    error_model_path,
    find_error_model,
    radii_px,
    read_error_model,
    write_error_model,
)
from mmceph.io import sha256_of

SCALES = Scales((1.0, 2.0), 0.5, 3.0, 0.8, 20, 40)
DIAGONAL = replace(SCALES, scale=(0.001, 0.002), measurement_factor=0.9)
MODEL = ErrorModel(("S", "N"), 0.9, diagonal=DIAGONAL, mm=SCALES)


def test_radii_in_mm_become_px_along_both_axes():
    found = MODEL.bounds({"N": 0.75, "S": 0.0, "X": 1.0}, size=(300, 400), spacing=(0.5, 0.25))
    assert list(found) == ["N", "S"]  # nothing was learnt of X
    assert found["N"].radius_mm == pytest.approx(2.0 * 0.5 * 3.0)
    assert found["N"].radius_px == pytest.approx((6.0, 12.0))
    assert found["S"].radius_mm == pytest.approx(3.0)


def test_radii_without_a_spacing_are_shares_of_the_diagonal():
    found = MODEL.bounds({"S": 0.75}, size=(300, 400))["S"]
    assert found.radius_px == pytest.approx((0.75, 0.75))  # 0.001 * 0.5 * 3 * 500
    assert found.radius_mm is None
    # A model that never saw a spacing still gives mm where the picture has one.
    blind = replace(MODEL, mm=None).bounds({"S": 0.75}, size=(300, 400), spacing=(0.2, 0.2))["S"]
    assert blind.radius_mm == pytest.approx(0.15)


def test_each_unit_has_its_own_factor():
    assert MODEL.measurement_factor(calibrated=True) == 0.8
    assert MODEL.measurement_factor(calibrated=False) == 0.9
    assert replace(MODEL, mm=None).measurement_factor(calibrated=True) == 0.9


def test_standard_deviation_and_array():
    bounds = MODEL.bounds({"S": 0.75}, size=(300, 400), spacing=(1.0, 1.0))
    assert bounds["S"].sd_px[0] == pytest.approx(1.5 / 2.1459660262893476)
    array = radii_px(bounds, ["N", "S"])
    assert np.isnan(array[0]).all()
    assert array[1].tolist() == [1.5, 1.5]


def test_the_file_beside_its_own_weights_is_found(tmp_path):
    weights, others = tmp_path / "best.pth", tmp_path / "last.pth"
    weights.write_bytes(b"one")
    others.write_bytes(b"two")
    assert find_error_model(weights) is None
    model = replace(MODEL, checkpoint="best.pth", checkpoint_sha256=sha256_of(weights))
    write_error_model(error_model_path(weights), model)
    assert find_error_model(weights) == model
    assert find_error_model(others) is None  # of the same folder, but not what it was learnt of


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema": 9}, "is of schema 9, not 1"),
        ({"diagonal": None}, "diagonal is null"),
        ({"landmark_names": ["S"]}, r"diagonal\.scale has 2 items, not 1"),
        ({"landmark_names": ["S", ["N"]]}, r"landmark_names\[1\] is a list of 1, not a text"),
        ({"level": 1}, "level is 1, no share"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, change, reason):
    path = tmp_path / "uncertainty.json"
    path.write_text(json.dumps({**MODEL.as_dict(), **change}), encoding="utf-8")
    with pytest.raises(ErrorModelError, match=reason):
        read_error_model(path)


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(ErrorModelError, match="no such file"):
        read_error_model(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("[1, ", encoding="utf-8")
    with pytest.raises(
        ErrorModelError, match=r"broken\.json: is no valid JSON .*; calibrate again"
    ):
        read_error_model(tmp_path / "broken.json")
