from __future__ import annotations

import math

import pytest

from mmceph.analysis.ruler_reading import RulerPolicy, judge_ruler

LOWER, UPPER = (950.0, 180.0), (950.0, 100.0)  # 80 px: 0.125 mm per px
SURE = (0.98, 0.99)
ALONE = RulerPolicy(marks_alone_score=0.9)


def test_ticks_that_agree_are_the_scale():
    found = judge_ruler(LOWER, UPPER, SURE, ticks=0.1275, ticks_error=0.0002)
    assert found.accepted
    assert (found.mm_per_px, found.standard_error, found.method) == (0.1275, 0.0002, "ticks")
    assert (found.p1, found.p2, found.scores) == (LOWER, UPPER, SURE)


def test_marks_alone_are_not_used_unless_the_policy_allows_it():
    found = judge_ruler(LOWER, UPPER, (1.0, 1.0), ticks_reason="the picture is even")
    assert found.reason == "no ticks confirm the marks (the picture is even)"


def test_marks_alone_have_the_error_of_two_marks_and_a_joint():
    found = judge_ruler(LOWER, UPPER, SURE, policy=ALONE)
    assert (found.mm_per_px, found.method) == (0.125, "marks")
    # sqrt(2) * 0.5 px of 80 px, and 1 % for a joint.
    relative = math.hypot(0.7071068 / 80, 0.01)
    assert found.standard_error == pytest.approx(0.125 * relative)


@pytest.mark.parametrize(
    ("p1", "p2", "scores", "ticks", "reason"),
    [
        (None, UPPER, SURE, 0.125, "no ruler: presence"),
        (LOWER, UPPER, (0.49, 0.99), 0.125, "P1 0.49 and of P2 0.99, both must reach 0.50"),
        (LOWER, UPPER, (0.99, math.nan), 0.125, "no ruler: presence"),
        (LOWER, LOWER, SURE, 0.125, "coincide"),
        (LOWER, (math.nan, 1.0), SURE, 0.125, "coincide"),
        (LOWER, (1000.0, 120.0), SURE, None, "40 degrees from the vertical"),
        (UPPER, LOWER, SURE, 0.125, "180 degrees from the vertical"),
        (LOWER, (950.0, 131.0), SURE, None, "0.2041 mm per px is outside 0.05 to 0.20"),
        (LOWER, (950.0, -21.0), SURE, None, "0.0498 mm per px is outside"),
        (LOWER, UPPER, SURE, 0.0625, "ticks say 0.0625 mm per px, the marks 0.1250"),
        (LOWER, UPPER, SURE, 0.1185, "ticks say 0.1185"),
        (LOWER, UPPER, (0.89, 0.99), None, "(too faint), and their presence 0.89 is below 0.90"),
    ],
)
def test_abstentions_and_their_reasons(p1, p2, scores, ticks, reason):
    found = judge_ruler(
        p1, p2, scores, ticks=ticks, ticks_error=0.0001, ticks_reason="too faint", policy=ALONE
    )
    assert not found.accepted
    assert (found.mm_per_px, found.standard_error, found.method) == (None, None, None)
    assert found.reason is not None
    assert reason in found.reason


def test_a_joint_between_the_marks_is_no_contradiction():
    # 80.1 px between the marks of a bent ruler, 78.55 px for 10 mm of its ticks.
    found = judge_ruler((950.0, 180.1), UPPER, SURE, ticks=10 / 78.55, ticks_error=0.0002)
    assert found.mm_per_px == pytest.approx(0.12731, abs=1e-5)


def test_the_limits_can_be_changed():
    small = ((95.0, 58.0), (95.0, 30.0))  # 28 px
    assert not judge_ruler(*small, SURE, ticks=0.36).accepted
    assert judge_ruler(*small, SURE, ticks=0.36, policy=RulerPolicy(mm_per_px=(0.05, 0.5))).accepted
