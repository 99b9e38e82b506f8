from __future__ import annotations

import pytest

from mmceph.analysis import ANALYSES, MEASUREMENTS, analysis_names, find_analysis


def test_every_measurement_belongs_to_an_analysis():
    keys = [key for entry in ANALYSES.values() for key in entry.keys]
    assert set(keys) == set(MEASUREMENTS)


def test_an_analysis_has_a_norm_of_its_author():
    for entry in ANALYSES.values():
        sources = [n.source for key in entry.keys for n in MEASUREMENTS[key].norms]
        assert any(entry.author in source for source in sources)


def test_names_are_found_as_people_write_them():
    assert find_analysis("Steiner").name == "steiner"
    assert find_analysis("soft tissue").name == "soft_tissue"
    for written in ("Björk", "jarabak-bjork", "Jarabak/Bjork"):
        assert find_analysis(written).name == "jarabak"


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=r"unknown analysis 'ricketts'.*steiner, downs, tweed"):
        find_analysis("ricketts")
    assert analysis_names()[0] == "steiner"
