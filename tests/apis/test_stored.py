"""Reading results back: whatever is wrong in one is named, and nothing is made of it."""

from __future__ import annotations

import copy
import json

import pytest

from mmceph.apis.prediction import LandmarkPoint, ReadingOptions, assemble
from mmceph.apis.stored import read_stored
from mmceph.errors import MmcephError

PLACES = {"S": (10.0, 20.0), "N": (80.0, 20.0), "A": (80.0, 90.0)}


@pytest.fixture(scope="module")
def content():
    points = {name: LandmarkPoint(x, y, 0.9) for name, (x, y) in PLACES.items()}
    options = ReadingOptions.of(1.0)
    return assemble(file="a.png", size=(100, 120), landmarks=points, options=options,
                    made_with=options.as_dict()).as_dict()  # fmt: skip


def test_a_result_is_read_back(content, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    found = read_stored(tmp_path / "a.json")
    assert (found.file, found.size) == ("a.png", (100, 120))
    assert {name: point.place for name, point in found.points.items()} == PLACES
    assert found.options.spacing == (1.0, 1.0)
    assert found.content == content


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda c: c.pop("measurements"), "measurements is missing"),
        (lambda c: c["measurements"][0].pop("key"), r"measurements\[0\]\.key is missing"),
        (lambda c: c["measurements"][0].update(unit=[]), r"measurements\[0\]\.unit is a list"),
        (lambda c: c["measurements"][0].update(value="x"), r"measurements\[0\]\.value is 'x'"),
        (lambda c: c["calibration"].update(spacing=3), r"calibration\.spacing is 3, not a list"),
        (lambda c: c["calibration"].update(warnings=[1]), r"calibration\.warnings\[0\] is 1"),
        (lambda c: c.update(warnings=None), "warnings is null"),
        (lambda c: c["landmarks"].update(S=[]), r"landmarks\.S is a list of 0, not an object"),
        (lambda c: c["landmarks"]["S"].update(source=["model"]), r"S\.source is a list of 1"),
        (lambda c: c["landmarks"]["S"].update(x=10**400), r"landmarks\.S\.x is 1000"),
        (lambda c: c["landmarks"]["S"].update(score="a"), r"landmarks\.S\.score is 'a'"),
        (lambda c: c["landmarks"]["S"].update(bound={}), r"S\.bound\.level is missing"),
        (lambda c: c["image"].update(width=0), r"image\.width is 0, not a whole number of at"),
        (lambda c: c["image"].update(pixel_sizes=[{}]), r"pixel_sizes\[0\]\.spacing is missing"),
        (lambda c: c.update(made_with=[]), "made_with is a list of 0, not an object"),
        (lambda c: c["made_with"].update(analysis="all"), r"made_with\.analysis is 'all', not a"),
        (lambda c: c["made_with"].update(analysis=["gone"]), "made_with cannot be used"),
        (lambda c: c["made_with"].update(sex="x"), r"made_with\.sex is 'x', not known here"),
        (lambda c: c.update(ruler={"p1": None}), r"ruler\.p2 is missing"),
        (lambda c: c.update(bound_factor=float("nan")), "bound_factor is nan"),
    ],
)
def test_a_damaged_result_is_named(content, tmp_path, change, what):
    damaged = copy.deepcopy(content)
    change(damaged)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(damaged), encoding="utf-8")
    with pytest.raises(MmcephError, match=rf"a\.json: .*{what}.*; it is damaged, or no result"):
        read_stored(path)
