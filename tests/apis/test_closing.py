from __future__ import annotations

from mmceph.analysis.calibration import Calibration
from mmceph.apis.closing import Closing, remarks


def made(file="1.png", mm=None, source=None, warnings=(), manual=()):
    calibration = Calibration(None if mm is None else (mm, mm), None, source, tuple(warnings))
    return Closing(file, calibration, (0.0, 0.0), (600.0, 0.0), tuple(manual), ())


def test_sources_doubts_and_corrections():
    lines = remarks([made(mm=0.1, source="explicit"), made("2.png", warnings=["odd"], manual="AB")])
    assert lines == [
        "Scale from: explicit (1), none (1)",
        "  2.png: odd",
        "Points placed by hand: 2",
    ]
    assert remarks([]) == []


def test_many_doubts_are_counted():
    lines = remarks([made(warnings=["odd"])] * 7)
    assert len(lines) == 7
    assert lines[-1] == "  ... 2 more in the table's column 'warnings'"


def test_scales_that_cannot_be_right_are_told_of_many_pictures_only():
    wrong = made(mm=0.05, source="explicit")  # S-N of 30 mm
    assert "30.0 mm" in remarks([wrong] * 5)[-1]
    assert len(remarks([wrong] * 4)) == 1
    assert len(remarks([made(mm=0.1, source="explicit")] * 5)) == 1  # 60 mm


def test_warnings_of_the_picture_are_told_too():
    seen = Closing("1.png", Calibration(None, None, None, ()), None, None, (), ("hardly seen: S",))
    assert "  1.png: hardly seen: S" in remarks([seen])
