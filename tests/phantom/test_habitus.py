from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mmceph.phantom.habitus import turned, vary_shape
from mmceph.phantom.statistics import MEAN_MM, SHAPE_LANDMARKS
from mmceph.phantom.variety import Variety, chance


def vary(**changes: Any) -> dict[str, np.ndarray]:
    drawn = {**chance(np.random.default_rng(0), Variety()), **changes}
    return dict(zip(SHAPE_LANDMARKS, vary_shape(MEAN_MM, drawn), strict=True))


MEAN = dict(zip(SHAPE_LANDMARKS, MEAN_MM, strict=True))


def test_nothing_drawn_changes_nothing() -> None:
    for name, place in vary().items():
        np.testing.assert_allclose(place, MEAN[name], atol=1e-12)


def test_a_raised_chin_by_hand() -> None:
    np.testing.assert_allclose(turned(np.array([[1.0, 0.0]]), 90.0), [[0.0, -1.0]], atol=1e-12)
    shape = vary(tilt_deg=10.0)
    assert shape["N"][1] < MEAN["N"][1]
    assert np.linalg.norm(shape["N"]) == pytest.approx(np.linalg.norm(MEAN["N"]))
    np.testing.assert_allclose(shape["S"], (0, 0), atol=1e-12)


def test_a_jaw_ahead_takes_the_chin_and_less_of_the_teeth_along() -> None:
    shape = vary(jaw_mm=6.0)
    assert shape["Pog"][0] - MEAN["Pog"][0] == pytest.approx(6.0)
    assert shape["LIT"][0] - MEAN["LIT"][0] == pytest.approx(3.3)
    np.testing.assert_allclose(shape["A"], MEAN["A"])


def test_an_opened_jaw_lowers_the_chin() -> None:
    shape = vary(jaw_turn_deg=6.0)
    assert shape["Me"][1] > MEAN["Me"][1] + 2
    assert shape["Me"][0] < MEAN["Me"][0]


def test_size_and_face_height() -> None:
    assert np.linalg.norm(vary(size=0.8)["N"]) == pytest.approx(0.8 * np.linalg.norm(MEAN["N"]))
    low = vary(face_height=0.9)
    assert low["Me"][1] - low["ANS"][1] == pytest.approx(0.9 * (MEAN["Me"] - MEAN["ANS"])[1])
