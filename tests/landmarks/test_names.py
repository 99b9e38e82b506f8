from __future__ import annotations

import pytest

from mmceph.landmarks import LANDMARKS, canonical_name, find_canonical_name


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("UL", "Ls"),
        ("LL", "Li"),
        ("U1", "UIT"),
        ("L1", "LIT"),
        ("U1A", "UIA"),
        ("L1A", "LIA"),
        ("Prn", "Pn"),
        ("Pog'", "Pog`"),
        ("Pog\u2019", "Pog`"),
        ("Pog\u2032", "Pog`"),
        ("N'", "N`"),
        ("UL'", "UL`"),
        (" S ", "S"),
        ("A-point", "A"),
        ("b point", "B"),
        ("Lower 2nd PM Cusp Tip", "LPM"),
        ("ANTERIOR_NASAL_SPINE", "ANS"),
        ("Soft Tissue Pogonion", "Pog`"),
        ("p1", "P1"),
    ],
)
def test_aliases_of_other_data_sets_resolve(written: str, expected: str) -> None:
    assert canonical_name(written) == expected


@pytest.mark.parametrize("written", ["l1", "LI", "ul", "c", "co", "19", "", "Upper molar", "U5"])
def test_what_could_mean_something_else_is_not_resolved(written: str) -> None:
    assert find_canonical_name(written) is None


def test_near_relatives_stay_apart() -> None:
    assert {canonical_name(n) for n in ("U6", "UMT", "L6", "LMT")} == {"U6", "UMT", "L6", "LMT"}
    assert canonical_name("Co") != canonical_name("Ar")
    assert canonical_name("UL'") != canonical_name("UL")
    assert canonical_name("Pog'") != canonical_name("Pog")


def test_unknown_name_suggests_the_near_one() -> None:
    with pytest.raises(ValueError, match=r"unknown landmark 'Nasoin'; did you mean 'nasion'"):
        canonical_name("Nasoin")
    with pytest.raises(ValueError, match="did you mean 'Go'"):
        canonical_name("GO")


def test_every_landmark_is_described() -> None:
    for name, entry in LANDMARKS.items():
        assert canonical_name(name) == name == canonical_name(entry.full_name)
        assert entry.definition.endswith(".")
        assert entry.definition.count(". ") == 0
    definitions = [entry.definition for entry in LANDMARKS.values()]
    assert len(set(definitions)) == len(definitions) == 45
