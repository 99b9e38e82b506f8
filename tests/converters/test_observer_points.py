from __future__ import annotations

import pytest

from mmceph.converters.labels import make_label_map
from mmceph.converters.observer_points import resolve_points
from mmceph.converters.problems import Problems
from mmceph.landmarks import get_landmark_set

LABELS = make_label_map([], get_landmark_set("isbi19"), ignore=["box"])
SIZE = (100, 50)


def resolve(*points: tuple[str, float, float], skip_bad: bool = False, **options: object) -> tuple:
    problems = Problems(skip_bad)
    pairs = [(label, (x, y)) for label, x, y in points]
    found = resolve_points(pairs, SIZE, LABELS, "f.json", problems, **options)
    return found, [str(p) for p in problems.errors], [str(p) for p in problems.warnings]


def test_names_aliases_and_numbers_resolve() -> None:
    found, errors, warnings = resolve(("l1", 1, 2), ("UL", 3, 4), ("Nasion", 5, 6), ("box", 0, 0))
    assert found == {"S": (1, 2), "Ls": (3, 4), "N": (5, 6)}
    assert (errors, warnings) == ([], [])


def test_twice_at_one_place_is_the_mean_and_reported() -> None:
    found, errors, warnings = resolve(("l1", 10, 20), ("S", 12, 20), tolerance=2.0)
    assert found == {"S": (11.0, 20.0)}
    assert errors == []
    assert "label l1 (S), points: given 2 times at (10.0, 20.0) and (12.0, 20.0)" in warnings[0]


def test_three_places_are_one_only_if_all_are_near() -> None:
    found, errors, _ = resolve(("S", 10, 20), ("S", 12, 20), ("S", 14, 20), tolerance=3.0)
    assert found == {}
    assert "given 3 times, 4 px apart" in errors[0]


def test_twice_at_two_places_is_an_error_naming_both_and_the_missing() -> None:
    points = [(name, 1, 1) for name in LABELS.landmark_set.names if name != "ANS"]
    found, errors, _ = resolve(*points, ("PNS", 40, 1))
    assert "PNS" not in found
    assert len(errors) == 1
    assert "f.json, label PNS, points: given 2 times, 39 px apart" in errors[0]
    assert "(1.0, 1.0) and (40.0, 1.0) (missing in this file: ANS)" in errors[0]
    assert "--on-duplicate" in errors[0]


def test_skip_bad_leaves_the_landmark_out_and_lists_it() -> None:
    found, errors, _ = resolve(("S", 1, 1), ("S", 40, 1), ("N", 2, 2), skip_bad=True)
    assert found == {"N": (2, 2)}
    assert errors[0].endswith("left out for this observer")


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("first", {"S": (1, 1)}), ("last", {"S": (40, 1)}), ("leave-out", {})],
)
def test_the_user_may_choose(choice: str, expected: dict) -> None:
    found, errors, warnings = resolve(("S", 1, 1), ("S", 40, 1), on_duplicate=choice)
    assert found == expected
    assert errors == []
    assert len(warnings) == 1


def test_outside_the_image() -> None:
    found, errors, _ = resolve(("S", 100, 50), ("N", 100.1, 5), ("Or", 3, -0.1))
    assert found == {"S": (100, 50)}
    assert len(errors) == 2
    assert "label N, points: (100.1, 5.0) lies outside the image of 100x50 px" in errors[0]


def test_unknown_and_other_labels() -> None:
    found, errors, warnings = resolve(("nose", 1, 1), ("P1", 1, 1))
    assert found == {}
    assert "label 'nose' is no landmark of isbi19" in errors[0]
    assert "--ignore nose" in errors[0]
    assert warnings == ["f.json, label P1: left out: not in the set isbi19"]
