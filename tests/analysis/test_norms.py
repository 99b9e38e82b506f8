from __future__ import annotations

import pytest

from mmceph.analysis.norms import ClassRange, Norm, classify, find_class

ANB = (
    ClassRange(1, "Class I", 3.2, 5.7),
    ClassRange(2, "Class II", low=5.7),
    ClassRange(3, "Class III", high=3.2),
)


def test_deviation():
    assert Norm("x", 10, 4).deviation(8) == -0.5


def test_no_deviation_from_a_range_or_target():
    assert Norm("Tweed 1954", 25, low=20, high=30).deviation(40) is None
    assert Norm("x", low=62, high=65).deviation(60) is None


def test_no_deviation_from_films_larger_than_life():
    assert Norm("McNamara 1984", 91.0, 4.3, enlarged=0.08).deviation(91.0) is None


def test_how_norms_read():
    assert str(Norm("x", -0.1, 1.77, sex="female")) == "female -0.1 ± 1.77"
    assert str(Norm("x", 25, low=20, high=30)) == "25, 20 to 30"
    assert str(Norm("x", low=62, high=65)) == "62 to 65"


@pytest.mark.parametrize(
    "bad",
    [{}, {"mean": 3.0}, {"sd": 2.0}, {"mean": 1.0, "sd": 1.0, "low": 0.0, "high": 2.0}],
)
def test_a_norm_is_either_a_mean_or_a_range(bad):
    with pytest.raises(ValueError, match="norm of x"):
        Norm("x", **bad)


def test_unknown_sex():
    with pytest.raises(ValueError, match="sex"):
        Norm("x", 1, 1, sex="f")


def test_borders_belong_to_the_first_class():
    values = [3.2, 5.7, 5.71, 3.19, float("nan")]
    assert classify(values, ANB).tolist() == [1, 1, 2, 3, 0]
    assert [c and c.number for c in (find_class(v, ANB) for v in values)] == [1, 1, 2, 3, None]
