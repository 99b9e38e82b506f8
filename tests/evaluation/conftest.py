"""Fabricated test runs: no model is needed to test how it is judged."""

from __future__ import annotations

import numpy as np
import pytest

from mmceph.evaluation.records import CephRecord

NAMES = ("S", "N", "Pog`")


def make_record(file="a.png", offsets=((3.0, 4.0), (0.0, 10.0), (6.0, 8.0)), **changes):
    """A 100x200 image at 0.5 mm per px; the offsets are errors of 5, 10 and 10 px."""
    truth = np.array([[10.0, 20.0], [50.0, 100.0], [90.0, 180.0]])
    values = {
        "file": file,
        "image_size": (100, 200),
        "predicted": truth + np.array(offsets),
        "scores": np.array([0.9, 0.8, 0.7]),
        "truth": truth,
        "visible": np.array([True, True, True]),
        "spacing": (0.5, 0.5),
        "spacing_source": "ruler",
    }
    return CephRecord(**{**values, **changes})


@pytest.fixture
def record():
    """The function that makes a record."""
    return make_record


@pytest.fixture
def names():
    """Landmark names of the records."""
    return NAMES


@pytest.fixture
def many():
    """Twelve images with observers, devices, one invisible landmark, one unknown spacing."""
    generator = np.random.default_rng(5)
    records = []
    for number in range(12):
        truth = make_record().truth
        shift = generator.normal(0, 3, (3, 2))
        marks = [np.hstack([truth + s, np.full((3, 1), 2.0)]) for s in (shift, -shift)]
        records.append(
            make_record(
                f"{number}.png",
                generator.normal(0, 4, (3, 2)),
                observers={"junior": marks[0], "senior": marks[1]},
                device=("ART Plus", "Hyperion")[number % 2],
            )
        )
    records[1].visible = np.array([True, True, False])
    records[2].spacing = None
    records[3].visible = np.zeros(3, bool)
    return records
