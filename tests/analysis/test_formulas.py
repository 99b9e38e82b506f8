from __future__ import annotations

import numpy as np
import pytest

from mmceph.analysis.formulas import (
    Along,
    Angle,
    Difference,
    Length,
    LineDistance,
    Quotient,
    SignedLength,
    Smaller,
    Sum,
    Turn,
    place,
)

# S behind, an L of lines in front of it.
POINTS = {
    "S": [0, 0],
    "N": [10, 0],
    "A": [10, 10],
    "B": [6, 20],
    "Me": [0, 24],
    "Go": [-6, 16],
    "UIT": [13, 14],
}
POINTS = {name: np.array(point, float) for name, point in POINTS.items()}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (Angle("N>S", "N>A"), 90),
        (Angle("N>S", "S>N"), 180),
        (Turn("N>A", "A>B"), np.degrees(np.arctan2(4, 10))),
        (Turn("N>A", "A>B", away=True), -np.degrees(np.arctan2(4, 10))),
        (Turn("S>N", "Go>Me", point="Me"), np.degrees(np.arctan2(8, 6))),
        (Turn("S>N", "Me>Go", point="Me"), np.degrees(np.arctan2(-8, -6)) + 360),
        (LineDistance("UIT", "N>A"), 3),
        (LineDistance("B", "A>N"), -4),
        (Length("Go>Me"), 10),
        (Along("B>A", "S>N"), 4),
        (Along("B>A", "S>N+N"), 4),
        (SignedLength("Go>Me", "S>N"), 10),
        (SignedLength("Me>Go", "S>N"), -10),
        (Quotient("S>N", "S>Me", 100.0), 100 * 10 / 24),
        (Sum((Length("S>N"), Length("Go>Me"), Length("N>A"))), 30),
        (Difference((Length("S>Me"), Length("S>N"))), 14),
        (Smaller((Length("S>Me"), Length("S>N"))), 10),
    ],
)
def test_values_by_hand(formula, value):
    wanted = value - 360 if value > 180 else value
    assert formula(POINTS) == pytest.approx(wanted)


def test_a_midpoint():
    assert place(POINTS, "S+A").tolist() == [5, 5]


def test_a_formula_knows_what_it_needs():
    wits = Along("B>A", "UMT+LMT>UPM+LPM")
    assert wits.landmarks == ("B", "A", "UMT", "LMT", "UPM", "LPM")
    # Front and back need Sella.
    assert LineDistance("Ls", "Pn>Pog`").landmarks == ("Ls", "Pn", "Pog`", "S")
    assert Sum((Angle("S>N", "S>Ar"), Angle("Ar>S", "Ar>Go"))).landmarks == ("S", "N", "Ar", "Go")


def test_many_tracings_at_once_give_the_same():
    stacked = {name: np.stack([point, 2 * point]) for name, point in POINTS.items()}
    assert LineDistance("UIT", "N>A")(stacked) == pytest.approx([3, 6])
    assert Angle("N>S", "N>B")(stacked) == pytest.approx([Angle("N>S", "N>B")(POINTS)] * 2)


def test_equal_formulas_are_equal():
    assert Angle("N>S", "N>A") == Angle("N>S", "N>A") != Angle("N>S", "N>B")
    assert Sum((Length("S>N"),)) != Smaller((Length("S>N"),))


def test_how_formulas_read():
    assert str(Angle("N>S", "N>A")) == "angle(N→S, N→A)"
    assert str(Turn("N>A", "UIA>UIT", away=True)) == "turn(N→A, UIA→UIT; + away from S)"
    assert str(Along("B>A", "UMT+LMT>UPM+LPM")) == "B→A along mid(UMT, LMT)→mid(UPM, LPM)"
    assert str(Quotient("S>Go", "N>Me", 100.0)) == "100 x length S-Go / length N-Me"
