from __future__ import annotations

import numpy as np
import pytest

from mmceph.phantom.template import TEMPLATE
from mmceph.phantom.tracing import tracing, tracing_over


def distance(line, point):
    return np.linalg.norm(line - np.asarray(point), axis=1).min()


def test_lines_run_through_their_landmarks():
    lines = tracing()
    for line, names in (
        ("skin", ("N`", "Pn", "Sn", "Ls", "Li", "Pog`")),
        ("chin", ("B", "Pog", "Gn", "Me")),
        ("jaw behind", ("Go", "Ar", "Co")),
        ("palate", ("ANS", "PNS")),
        ("orbit", ("Or",)),
        ("ear", ("Po",)),
        ("upper incisor", ("UIT",)),
    ):
        for name in names:
            assert distance(lines[line], TEMPLATE[name]) < 1e-6, (line, name)


def test_they_are_bent_through_given_landmarks_in_their_unit():
    generator = np.random.default_rng(0)
    places = {
        name: np.array(place) * 8.0 + [500.0, 300.0] + generator.normal(0, 6, 2)
        for name, place in TEMPLATE.items()
        if name not in ("Co", "Pn")
    }
    lines = tracing_over({**places, "unknown": (0.0, 0.0)})
    assert set(lines) == set(tracing())
    for line, name in (("skin", "Sn"), ("chin", "Me"), ("palate", "ANS"), ("lower incisor", "LIT")):
        assert distance(lines[line], places[name]) == pytest.approx(0.0, abs=1e-3)


def test_too_few_landmarks_give_no_face():
    assert tracing_over({name: TEMPLATE[name] for name in ("S", "N", "A", "B", "Go")}) == {}
    assert tracing_over({"P1": (1.0, 2.0)}) == {}
