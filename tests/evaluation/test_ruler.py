import json
import math

import numpy as np
import pytest

from mmceph.analysis.calibration import RulerReading
from mmceph.evaluation.ruler import (
    RulerRecord,
    constant_records,
    format_ruler_table,
    ruler_figures,
    write_ruler_report,
)

MARKS = np.array([[500.0, 200.0], [500.0, 100.0]])  # 100 px: 0.1 mm per px


def make_record(scale=0.1, p1=(500.0, 200.0), p2=(500.0, 100.0), marks=MARKS, **more):
    reason = None if scale else "no ruler"
    method = "ticks" if scale else None
    reading = RulerReading(p1, p2, (0.9, 0.9), scale, 0.001 if scale else None, method, reason)
    return RulerRecord("a.png", (1000, 1000), marks, reading, **more)


def test_figures_are_those_computed_by_hand():
    records = [
        make_record(0.101, p1=(503.0, 204.0)),  # 1 %; P1 5 px off, 4 of them along
        make_record(0.097),  # 3 %
        make_record(None),  # abstains, with its marks right
        make_record(None, marks=None),
        make_record(0.1, marks=None),  # a ruler where there is none
    ]
    figures = ruler_figures(records)
    assert (figures.with_ruler, figures.without_ruler) == (3, 2)
    assert (figures.accepted, figures.by_ticks) == (2, 2)
    assert figures.p1_px == pytest.approx(5 / 3)
    assert figures.p2_px == 0
    assert figures.p1_mm == pytest.approx(0.5 / 3)
    assert figures.along_px == pytest.approx(4 / 6)
    assert figures.scale_pct == pytest.approx(2.0)
    assert figures.scale_pct_max == pytest.approx(3.0)
    assert figures.scale_pct_p95 == pytest.approx(2.9)
    assert figures.length_error_mm == pytest.approx(1.5)  # 2 % of 75 mm
    assert figures.abstained_pct == pytest.approx(100 / 3)
    assert figures.abstained_pct_without == 50


def test_spacing_is_the_truth_where_it_is_known_also_of_oblong_pixels():
    assert make_record().mm_per_px == pytest.approx(0.1)
    # The ruler stands upright: y counts.
    assert make_record(spacing=(0.3, 0.127)).mm_per_px == pytest.approx(0.127)
    figures = ruler_figures([make_record(0.127, p1=(501.0, 200.0), spacing=(0.3, 0.127))])
    assert figures.scale_pct == pytest.approx(0)
    assert figures.p1_mm == pytest.approx(0.3)


def test_nothing_gives_nan_and_the_table_leaves_it_out():
    figures = ruler_figures([make_record(None, marks=None)])
    assert math.isnan(figures.scale_pct)
    assert math.isnan(figures.abstained_pct)
    table = format_ruler_table({"model": figures})
    assert "scale" not in table
    assert "abstained without ruler" in table


def test_a_constant_answer_never_abstains():
    constant = constant_records([make_record(None)], np.array([[0.5, 0.2], [0.5, 0.12]]))
    figures = ruler_figures(constant)
    assert figures.p2_px == pytest.approx(20)
    assert figures.scale_pct == pytest.approx(25)  # 10 / 80 against 10 / 100
    assert figures.abstained_pct == 0


def test_table_and_report_name_every_answer(tmp_path):
    records = [make_record(0.101), make_record(None, p1=None, p2=None)]
    columns = {"model": ruler_figures(records), "constant": ruler_figures(records)}
    lines = format_ruler_table(columns).splitlines()
    assert lines[1].split() == ["model", "constant"]
    assert next(line for line in lines if "median" in line).split()[-2:] == ["1.00", "1.00"]
    path = write_ruler_report(tmp_path / "ruler.json", columns, records)
    content = json.loads(path.read_text())
    assert content["figures"]["model"]["scale_pct"] == pytest.approx(1.0)
    assert content["figures"]["model"]["abstained_pct_without"] is None
    assert content["images"][1]["reason"] == "no ruler"
    with pytest.raises(ValueError, match="at least one column"):
        format_ruler_table({})
