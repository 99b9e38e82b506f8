from __future__ import annotations

import pytest

from mmceph.evaluation.report.verdict import direction, verdict


def row(before=2.0, after=1.5, ends=(-0.7, -0.3), n=20, changed=20, predictions=20):
    difference = None if before is None else after - before
    ends = None if ends is None else list(ends)
    shift = None if changed is None else 1.0 if changed else 0.0
    return {
        "n": n, "before": before, "after": after, "difference": difference, "ci95": ends,
        "changed": changed, "predictions": predictions, "max_shift_px": shift,
    }  # fmt: skip


UNTOUCHED = row(1.0, 1.0, (0.0, 0.0), 40, 0, 40)
ABSENT = row(None, None, None, 0, None, 0)


def part(difficult, healthy=UNTOUCHED, overall=None, only_here=(), only_there=()):
    return {
        "landmarks_only_here": list(only_here),
        "landmarks_only_there": list(only_there),
        "difficult": [] if difficult is None else ["Po"],
        "unit": "mm",
        "overall": overall or row(),
        "groups": {"difficult": difficult, "healthy": None if difficult is None else healthy},
        "landmarks": {"Po": row(), "S": healthy, "N": UNTOUCHED},
        "healthy": ["S", "N"],
    }


def test_the_interval_decides():
    assert direction(row()) == "better"
    assert direction(row(ends=(0.1, 0.2))) == "worse"
    assert direction(row(ends=(-0.1, 0.0))) == "unclear"
    assert direction(row(ends=None)) == "unknown"


def test_a_gain_with_healthy_landmarks_untouched():
    assert verdict(part(row())) == (
        "The difficult landmarks got better by 25.0 %: from 2.00 to 1.50 mm (95 % interval of the "
        "change -0.70 to -0.30 mm). None of the 40 healthy predictions changed, not by a single "
        "bit."
    )


@pytest.mark.parametrize(
    ("difficult", "said"),
    [
        (row(2.0, 1.9, (-0.3, 0.1)), "Nothing was gained: the difficult landmarks went from 2.00 "
         "to 1.90 mm, within chance (95 % interval of the change -0.30 to +0.10 mm)."),
        (row(2.0, 2.5, (0.3, 0.7)), "The difficult landmarks got worse by 25.0 %"),
        (row(ends=None), "Cannot tell: the difficult landmarks went from 2.00 to 1.50 mm, on too "
         "few images for an interval."),
        (row(None, None, None, n=0), "Cannot tell: the difficult landmarks have no error"),
        (ABSENT, "Cannot tell: the difficult landmarks have no error that both runs know."),
        (row(2.0, 2.0, (0.0, 0.0), changed=0), "Nothing was gained: the difficult landmarks are "
         "predicted exactly as before."),
    ],
)  # fmt: skip
def test_no_gain_is_said_plainly(difficult, said):
    assert verdict(part(difficult)).startswith(said)


def test_changed_healthy_landmarks_are_counted_and_judged():
    worse = row(1.0, 1.2, (0.1, 0.3), 40, 33, 40)
    text = verdict(part(row(), worse, row(1.5, 1.3, (-0.5, 0.1))))
    assert "33 of the 40 healthy predictions changed, at 1 of 2 healthy landmarks; they got" in text
    assert "they got worse: from 1.00 to 1.20 mm (+0.10 to +0.30)." in text
    assert text.endswith("within chance (95 % interval of the change -0.50 to +0.10 mm).")
    chance = row(1.0, 1.01, (-0.1, 0.1), 40, 1, 40)
    assert "their error did not change beyond chance" in verdict(part(row(), chance))


def test_without_groups_and_without_change():
    text = verdict(part(None))
    assert text.startswith("All landmarks got better by 25.0 %")
    assert text.endswith(
        "No landmark of this run is marked difficult, so there are no groups to tell apart."
    )
    assert verdict(part(row(changed=0), overall=row(changed=0))) == NOTHING
    assert verdict(part(None, overall=row(changed=0))) == NOTHING


NOTHING = "Nothing changed: every prediction that both runs have is the same to the last bit."


def test_landmarks_the_other_run_never_predicted_are_not_called_unchanged():
    same = row(changed=0)
    assert verdict(part(ABSENT, overall=same, only_here=["Po"])) == (
        "Cannot tell: the difficult landmarks have no error that both runs know. None of the 40 "
        "healthy predictions changed, not by a single bit. The other run has no predictions of Po."
    )
    assert verdict(part(None, overall=same, only_here=["Po"])) == (
        f"{NOTHING} The other run has no predictions of Po."
    )
    assert verdict(part(None, overall=same, only_there=list("ABCDEFGH"))) == (
        f"{NOTHING} This run has no predictions of A, B, C, D, E, F and 2 more."
    )


def test_a_group_that_was_compared_in_part_is_called_so():
    two = part(row(2.0, 2.0, (0.0, 0.0), changed=0), row(), overall=row(), only_here=["Go"])
    two["difficult"] = ["Po", "Go"]
    text = verdict(two)
    assert text.startswith(
        "Nothing was gained: the difficult landmarks that both runs predict are predicted exactly"
    )
    assert text.endswith("The other run has no predictions of Go.")


def test_an_unknown_cost_is_said_to_be_unknown():
    text = verdict(part(row(), ABSENT, only_here=["S", "N"]))
    assert text.endswith(
        "Whether the healthy landmarks changed is not known. The other run has no predictions of "
        "S, N."
    )
    some = part(row(), row(1.0, 1.2, (0.1, 0.3), 20, 20, 20), only_here=["N"])
    some["landmarks"]["N"] = ABSENT
    said = "20 of the 20 healthy predictions changed, at 1 of 1 healthy landmarks; they got worse"
    assert said in verdict(some)
    # Without the other run's predictions nothing is known of the groups.
    means = part(row(), overall=row(changed=None, predictions=None))
    means["groups"] = {"difficult": None, "healthy": None}
    assert verdict(means).endswith("Whether the healthy landmarks changed is not known.")


def test_rounding_is_called_rounding():
    healthy = {**row(1.0, 1.0, (0.0, 0.0), 40, 12, 40), "max_shift_px": 2e-4}
    assert "12 of the 40 healthy predictions changed" in verdict(part(row(), healthy))
    assert "by at most 0.0002 px: rounding" in verdict(part(row(), healthy))
