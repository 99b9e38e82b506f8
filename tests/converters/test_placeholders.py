from __future__ import annotations

import pytest

from mmceph.converters.placeholders import Placed, Tracing, take_out_placeholders


def tracings(number: int, **constant: tuple[float, float]) -> list[Tracing]:
    """So many tracings whose S differs, with further points that are the same in all."""
    return [
        Tracing(f"{i}.json", [("S", (100.0 + i, 80.0)), *constant.items()], "a")
        for i in range(number)
    ]


def kept(found: Placed) -> list[list[str]]:
    return [[label for label, _ in points] for points in found.points]


@pytest.mark.parametrize("place", [(0, 0), (0.0, -0.0), (0.5, 0.5)])
def test_a_zero_is_no_landmark_even_once(place: tuple[float, float]) -> None:
    found = take_out_placeholders([*tracings(2, N=(90.0, 20.0)), *tracings(1, N=place)])
    assert kept(found) == [["S", "N"], ["S", "N"], ["S"]]
    ((label, text),) = found.notes
    assert label == "N"
    assert text.endswith("in 1 of 3 cases (0.json): a placeholder, taken as missing")


def test_one_place_in_most_files_was_not_put_there_by_hand() -> None:
    others = [Tracing(f"x{i}", [("Or", (30.0 + i, 40.0))], "a") for i in range(4)]
    found = take_out_placeholders([*tracings(4, Or=(50.0, 60.0)), *others[1:]])
    assert kept(found) == [["S"]] * 4 + [["Or"]] * 3
    assert found.notes[0][1].startswith("at exactly (50, 60) in 4 of 7 cases (0.json, 1.json")
    # Three files, or half of eight, may agree by chance.
    assert take_out_placeholders(tracings(3, Or=(50.0, 60.0))).notes == []
    assert take_out_placeholders([*tracings(4, Or=(50.0, 60.0)), *others]).notes == []


def test_each_observer_is_judged_alone_and_all_together() -> None:
    one = [Tracing("x", [("S", (9.0, i)), ("N", (50.0, 60.0))], "a") for i in range(4)]
    two = [Tracing("x", [("S", (8.0, i)), ("N", (40.0, 70.0 + i))], "b") for i in range(6)]
    found = take_out_placeholders([*one, *two])
    assert kept(found) == [["S"]] * 4 + [["S", "N"]] * 6
    many = [Tracing("x", [("S", (9.0, i)), ("N", (50.0, 60.0))], f"{i}") for i in range(4)]
    assert kept(take_out_placeholders(many)) == [["S"]] * 4


def test_copies_of_a_tracing_count_once() -> None:
    copies = [Tracing(f"{i}", [("S", (9.0, 8.0)), ("N", (50.0, 60.0))]) for i in range(9)]
    assert take_out_placeholders(copies).notes == []


def test_a_ruler_may_stand_still() -> None:
    assert take_out_placeholders(tracings(9, P1=(50.0, 60.0))).notes == []
    assert len(take_out_placeholders(tracings(10, P1=(50.0, 60.0))).notes) == 1


def test_a_model_may_give_one_place_for_all_pictures_but_no_zeros() -> None:
    found = take_out_placeholders(tracings(5, Or=(50.0, 60.0), N=(0.0, 0.0)), predicted=True)
    assert kept(found) == [["S", "Or"]] * 5


def test_shares_are_no_pixels() -> None:
    shares = Tracing("n.json", [("S", (0.24, 0.31)), ("N", (0.62, 0.3)), ("A", (0.0, 0.0))])
    found = take_out_placeholders([shares, *tracings(1)])
    assert kept(found) == [[], ["S"]]
    ((tracing, text),) = found.shares
    assert (tracing.shown, text[:37]) == ("n.json", "all 3 places lie between 0 and 1: the")
    assert take_out_placeholders([Tracing("one", [("S", (0.9, 1.0))])]).shares == []


def test_more_places_can_be_named() -> None:
    found = take_out_placeholders(tracings(1, N=(50.0, 50.0)), also={(50.0, 50.0)}, unit=" %")
    assert found.notes == [
        ("N", "at exactly (50, 50) % in 1 of 1 cases: a placeholder, taken as missing")
    ]
