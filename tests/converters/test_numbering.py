from __future__ import annotations

import shlex

import pytest

from mmceph.converters import ConversionError
from mmceph.converters.labels import LabelMap, make_label_map, parse_names
from mmceph.converters.numbering import split_number
from mmceph.landmarks import get_landmark_set

ISBI = get_landmark_set("isbi19")


def count(text: str, start: int, stop: int) -> list[str]:
    return [text.format(number) for number in range(start, stop + 1)]


@pytest.mark.parametrize(
    ("label", "parts"),
    [("l7", ("l", 7)), ("019", ("", 19)), ("kp_03", ("kp_", 3)), ("l1a", None), ("S", None)],
)
def test_split_number(label: str, parts: tuple[str, int] | None) -> None:
    assert split_number(label) == parts


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("{}", 0), ("{}", 1), ("{:02d}", 0), ("{:02d}", 1), ("l{}", 0), ("l{}", 1), ("L{}", 0),
        ("L{}", 1), ("P{}", 1), ("p{}", 0), ("point {}", 1), ("landmark-{:03d}", 0), ("点{}", 1),
    ],
)  # fmt: skip
def test_a_count_is_seen_as_a_whole(text: str, first: int) -> None:
    labels = count(text, first, first + 18)
    found = make_label_map(reversed(labels), ISBI)
    assert tuple(map(found.landmark, labels)) == ISBI.names


def test_how_labels_are_read_is_told_where_it_is_not_plain() -> None:
    def notes(labels: list[str]) -> list[str]:
        found = make_label_map(labels, ISBI).numbering
        assert found is not None
        return found.notes()

    assert notes(count("l{}", 1, 19)) == notes(["S", "N"]) == []
    assert notes(count("{}", 0, 18)) == ["labels 0, 1, ... count isbi19: 0 is S, 18 is Ar"]
    assert notes(count("L{}", 1, 19)) == ["labels L1, L2, ... count isbi19: L1 is S, L19 is Ar"]


def test_what_a_file_lacks_changes_nothing() -> None:
    gaps = make_label_map([*count("l{}", 3, 7), "l19"], ISBI)
    assert (gaps.landmark("l3"), gaps.landmark("l19")) == ("Or", "Ar")
    named = make_label_map([*count("l{}", 1, 17), "ANS", "Articulare"], ISBI)
    assert (named.landmark("l1"), named.landmark("l17")) == ("S", "PNS")


def test_two_ways_of_counting_side_by_side() -> None:
    found = make_label_map([*count("l{}", 1, 19), *count("{}", 0, 18)], ISBI)
    assert (found.landmark("l1"), found.landmark("0"), found.landmark("18")) == ("S", "S", "Ar")


def test_names_that_end_in_a_number_are_names() -> None:
    aariz = get_landmark_set("aariz29")
    found = make_label_map(["S", "L1", "U1", "P1", "P2"], aariz)
    assert (found.landmark("L1"), found.landmark("U1"), found.landmark("P1")) == (
        "LIT",
        "UIT",
        None,
    )
    assert make_label_map(["p1", "p2"], get_landmark_set("ruler2")).landmark("p1") == "P1"
    assert make_label_map(["S", "C2", "C3", "C4"], ISBI).landmark("C2") is None


def test_one_letter_in_the_other_case_is_not_guessed() -> None:
    found = make_label_map([*count("l{}", 1, 19), "L1"], ISBI)
    assert found.landmark("L1") is None
    assert not found.is_other_landmark("L1")
    assert "'L1' is no landmark of isbi19 for certain" in found.unknown_message("L1")
    assert make_label_map([*count("l{}", 1, 19), "L1"], ISBI, {"L1": "LIT"}).landmark("L1") == "LIT"


def as_options(command: str) -> dict[str, object]:
    """Read options as the tools do."""
    option, value = shlex.split(command.replace("=-", " -"))[:2]
    if option == "--ignore":
        return {"ignore": value.split(",")}
    if option == "--numbered-from":
        return {"numbered_from": int(value)}
    return {"names": parse_names(value)}


@pytest.mark.parametrize(
    ("labels", "message", "advice"),
    [
        # 18 of 19: from 0 without its first, or from 1 without its last?
        (
            count("l{}", 1, 18),
            "numbers 1 to 18, but isbi19 has 19 landmarks",
            {
                "--numbered-from 0 (l1 is N, l18 is Ar)": ("l1", "N"),
                "--numbered-from 1 (l1 is S, l18 is ANS)": ("l1", "S"),
            },
        ),
        (count("{}", 0, 9), "numbers 0 to 9", {"--numbered-from 0 (0 is S, 9 is Go)": ("9", "Go")}),
        (["L1", "L2", "L3"], "numbers 1 to 3", {"--numbered-from 1 (L1 is S": ("L1", "S")}),
        # 0 and 19: one label too many.
        (
            count("{}", 0, 19),
            "numbers 0 to 19, but isbi19 has 19 landmarks, one too few",
            {"--ignore 0": ("1", "S"), "--ignore 19": ("0", "S")},
        ),
        (
            count("l{}", 1, 21),
            "numbers 1 to 21",
            {"--ignore l20,l21": ("l1", "S")},
        ),
        (count("{}", 0, 20), "numbers 0 to 20", {"--ignore 19,20": ("0", "S")}),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_refused_and_the_advice_works(
    labels: list[str], message: str, advice: dict[str, tuple[str, str]]
) -> None:
    with pytest.raises(ConversionError) as error:
        make_label_map(labels, ISBI)
    text = str(error.value)
    assert message in text
    assert f"--names {labels[0]}=LANDMARK,..." in text
    for command, (label, landmark) in advice.items():
        assert command in text
        assert make_label_map(labels, ISBI, **as_options(command)).landmark(label) == landmark  # type: ignore[arg-type]


def test_what_is_ignored_still_tells_where_the_count_starts() -> None:
    found = make_label_map(count("{}", 0, 18), ISBI, ignore=["0"])
    assert (found.landmark("1"), found.landmark("18")) == ("N", "Ar")
    found = make_label_map(count("l{}", 1, 19), ISBI, ignore=["l19"])
    assert found.landmark("l1") == "S"
    found = make_label_map(count("{}", 0, 18), ISBI, {"0": "S"})
    assert found.landmark("18") == "Ar"


def test_the_labels_of_one_file_may_end_early() -> None:
    def landmark(labels: list[str], label: str) -> str | None:
        found: LabelMap = make_label_map(labels, ISBI, one_file=True)
        return found.landmark(label)

    assert landmark(["l1", "l2"], "l2") == "N"
    assert landmark(["0", "1"], "1") == "N"
    with pytest.raises(ConversionError, match="--numbered-from 1"):
        landmark(count("l{}", 1, 18), "l1")
