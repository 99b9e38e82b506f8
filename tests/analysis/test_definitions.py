from __future__ import annotations

import pytest

from mmceph.analysis import MEASUREMENTS, definition
from mmceph.analysis.definitions import ISBI_KEYS, Definition
from mmceph.analysis.formulas import Angle
from mmceph.analysis.norms import find_class

# The means that the literature's tables give together must fit together.
STEINER = {"U1-NA": 22, "L1-NB": 25, "ANB": 2, "Interincisal": 131}

# Means over the published predictions for two public test sets (150 images each), one decimal.
AARIZ = {
    "SNA": 80.9, "SNB": 77.1, "ANB": 3.8, "FMA": 26.8, "IMPA": 98.7, "FMIA": 54.5,
    "SN-GoMe": 34.7, "U1-SN": 107.9, "U1-NA": 27.1, "L1-NB": 30.4, "Interincisal": 118.8,
    "Saddle": 124.5, "Articular": 142.2, "Gonial": 128.0, "Bjork-sum": 394.7,
}  # fmt: skip
ISBI = {"SNA": 82.2, "SNB": 80.6, "ANB": 1.6}

NOT_ON_AARIZ = {"Wits-bisected", "Occlusal-FH-bisected", "Nasolabial"}
NOT_ON_CLDETECTION = {"Wits", "Occlusal-FH"}
NOT_ON_ISBI = {
    *NOT_ON_AARIZ, *NOT_ON_CLDETECTION, "IMPA", "FMIA", "U1-SN", "U1-PP", "U1-NA", "L1-NB",
    "Interincisal", "Co-A", "Co-Gn", "Nasolabial-Pn", "E-line-upper", "E-line-lower",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("aariz29", NOT_ON_AARIZ),
        ("isbi19", NOT_ON_ISBI),
        ("cldetection38", NOT_ON_CLDETECTION),
    ],
)
def test_which_set_allows_what(name, absent):
    assert {k for k, entry in MEASUREMENTS.items() if not entry.computable_on(name)} == absent


def test_published_norms_fit_together():
    mean = {key: entry.norms[0].mean for key, entry in MEASUREMENTS.items() if entry.norms}
    assert mean["SNA"] - mean["SNB"] == mean["ANB"]
    assert mean["FMA"] + mean["IMPA"] + mean["FMIA"] == 180
    assert mean["Saddle"] + mean["Articular"] + mean["Gonial"] == mean["Bjork-sum"]
    assert sum(mean[key] for key in STEINER) == 180
    assert {key: mean[key] for key in STEINER} == STEINER


def test_published_means_obey_the_identities_of_our_formulas():
    # Half a unit of the last digit for every figure that is summed.
    half = 0.05 + 1e-9
    assert AARIZ["SNA"] - AARIZ["SNB"] == pytest.approx(AARIZ["ANB"], abs=3 * half)
    assert ISBI["SNA"] - ISBI["SNB"] == pytest.approx(ISBI["ANB"], abs=3 * half)
    assert AARIZ["FMA"] + AARIZ["IMPA"] + AARIZ["FMIA"] == pytest.approx(180, abs=3 * half)
    angles = AARIZ["Saddle"] + AARIZ["Articular"] + AARIZ["Gonial"]
    assert angles == pytest.approx(AARIZ["Bjork-sum"], abs=4 * half)
    assert AARIZ["Bjork-sum"] == pytest.approx(360 + AARIZ["SN-GoMe"], abs=2 * half)
    assert sum(AARIZ[key] for key in STEINER) == pytest.approx(180, abs=4 * half)
    assert AARIZ["U1-SN"] == pytest.approx(AARIZ["SNA"] + AARIZ["U1-NA"], abs=3 * half)


def test_isbi_norms_are_the_normal_class():
    for key in ISBI_KEYS:
        normal, norm = MEASUREMENTS[key].classes[0], MEASUREMENTS[key].norms[0]
        assert (normal.number, normal.label) in {(1, "normal"), (1, "Class I")}
        low = norm.low if norm.sd is None else norm.mean - norm.sd
        high = norm.high if norm.sd is None else norm.mean + norm.sd
        assert (low, high) == pytest.approx((normal.low, normal.high), abs=0.1)


@pytest.mark.parametrize(
    ("key", "value", "label"),
    [
        ("ISBI-ANB", 6, "Class II"),
        ("ISBI-ANB", 3, "Class III"),
        ("ISBI-SNA", 84, "prognathic"),
        ("ISBI-SNB", 74, "retrognathic"),
        ("ODI", 81, "deep bite"),
        ("ODI", 68, "open bite"),
        ("APDI", 77, "Class II"),
        ("APDI", 86, "Class III"),
        ("FHI", 0.76, "short face"),
        ("FHI", 0.64, "long face"),
        ("ISBI-FMA", 32, "high angle"),
        ("MW", -0.1, "cross-bite"),
        ("MW", 5, "large overjet"),
    ],
)
def test_class_labels_are_not_swapped(key, value, label):
    assert find_class(value, definition(key).classes).label == label


def test_clear_errors():
    with pytest.raises(ValueError, match=r"unknown measurement 'SNa'.*'SNA'"):
        definition("SNa")
    with pytest.raises(ValueError, match=r"bad landmarks \['Q'\]"):
        Definition("x", "x", Angle("N>S", "N>Q"))
