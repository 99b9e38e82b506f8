from __future__ import annotations

import pytest

from mmceph.landmarks import (
    LANDMARKS,
    as_landmark_set,
    canonical_name,
    get_landmark_set,
    landmark_set_names,
    smallest_set_with,
)

# By hand from the three data sets' own documents: ISBI number = CL-Detection number,
# CL-Detection's abbreviation, symbol in an Aariz file (None: Aariz has no such point).
CORRESPONDENCE = [
    (1, "S", "S"),
    (2, "N", "N"),
    (3, "Or", "Or"),
    (4, "Po", "Po"),
    (5, "A", "A"),
    (6, "B", "B"),
    (7, "Pog", "Pog"),
    (8, "Me", "Me"),
    (9, "Gn", "Gn"),
    (10, "Go", "Go"),
    (11, "L1", "LIT"),
    (12, "U1", "UIT"),
    (13, "UL", "Ls"),
    (14, "LL", "Li"),
    (15, "Sn", "Sn"),
    (16, "Pog'", "Pog`"),
    (17, "PNS", "PNS"),
    (18, "ANS", "ANS"),
    (19, "Ar", "Ar"),
    (20, "D", None),
    (21, "U1A", "UIA"),
    (22, "L1A", "LIA"),
    (23, "Cm", None),
    (24, "Ptm", None),
    (25, "Co", "Co"),
    (26, "Prn", "Pn"),
    (27, "Ba", None),
    (28, "Pt", None),
    (29, "Bo", None),
    (30, "UL'", None),
    (31, "LL'", None),
    (32, "Gn'", None),
    (33, "Me'", None),
    (34, "G", None),
    (35, "N'", "N`"),
    (36, "C", None),
    (37, "U6", None),
    (38, "L6", None),
]
AARIZ_FILE_ORDER = (
    "A ANS B Me N Or Pog PNS Pn R S Ar Co Gn Go Po LPM LIT LMT UPM UIA UIT UMT LIA Li Ls N` Pog` Sn"
)


@pytest.mark.parametrize(("number", "symbol", "aariz"), CORRESPONDENCE)
def test_one_name_is_one_point_in_every_set(number: int, symbol: str, aariz: str | None) -> None:
    isbi, cl, az = (get_landmark_set(n) for n in ("isbi19", "cldetection38", "aariz29"))
    name = cl.names[number - 1]
    assert canonical_name(symbol) == name
    assert cl.index(symbol) == number - 1
    if number <= 19:
        assert isbi.names[number - 1] == name
    if aariz is None:
        assert name not in az.names
    else:
        assert canonical_name(aariz) == name
        assert az.names[AARIZ_FILE_ORDER.split().index(aariz)] == name
        assert az.definitions[name] is cl.definitions[name] is LANDMARKS[name].definition


def test_what_only_aariz_has() -> None:
    only = set(get_landmark_set("aariz29").names) - set(get_landmark_set("cldetection38").names)
    assert only == {"R", "LPM", "LMT", "UPM", "UMT"}


def test_sizes_and_orders() -> None:
    sizes = {name: len(get_landmark_set(name)) for name in landmark_set_names()}
    assert sizes == {
        "isbi19": 19,
        "aariz29": 29,
        "cldetection38": 38,
        "ruler2": 2,
        "phantom31": 31,
    }
    assert get_landmark_set("aariz29").names == tuple(AARIZ_FILE_ORDER.split())
    assert get_landmark_set("phantom31").names[29:] == ("P1", "P2")


def test_every_name_in_a_set_is_in_the_table() -> None:
    for name in landmark_set_names():
        assert set(get_landmark_set(name).names) <= set(LANDMARKS)


def test_difficult_landmarks_of_aariz() -> None:
    difficult = get_landmark_set("aariz29").difficult
    assert " ".join(difficult) == "UMT UPM R Ar Go LMT LPM Or Co PNS Po ANS"


def test_unknown_set_lists_the_known() -> None:
    with pytest.raises(ValueError, match=r"'isbi91'; did you mean 'isbi19'\? \(known: isbi19, "):
        get_landmark_set("isbi91")


def test_as_landmark_set_takes_lists() -> None:
    assert as_landmark_set(["UL", "mine"]).names == ("Ls", "mine")
    assert as_landmark_set("ruler2") is get_landmark_set("ruler2")
    assert as_landmark_set(get_landmark_set("ruler2")) is get_landmark_set("ruler2")


def test_smallest_set_with() -> None:
    assert smallest_set_with(["p1", "P2"]).name == "ruler2"
    assert smallest_set_with(["UL", "S"]).name == "isbi19"
    assert smallest_set_with(["R"]).name == "aariz29"
    assert smallest_set_with(["R", "P1"]).name == "phantom31"
    mixed = smallest_set_with(["R", "Ba"])  # in no known set together
    assert (mixed.name, mixed.names) == ("custom2", ("Ba", "R"))
