from __future__ import annotations

import json
import re

import numpy as np
import pytest

from mmceph.analysis import measure
from mmceph.evaluation.records import CephRecord
from mmceph.evaluation.report import format_table, write_report
from mmceph.evaluation.report.measurements import (
    build_measurements,
    class_rows,
    measurement_line,
    value_rows,
)
from mmceph.landmarks import get_landmark_set
from mmceph.phantom.statistics import MEAN_MM, SHAPE_LANDMARKS

NAMES = get_landmark_set("isbi19").names
SIZE = (1500, 2000)
ABOUT = {"dataset": "test", "config": "c.py", "checkpoint": "w.pth", "environment": {}}


def make_record(seed, **changes):
    """A head of its own at 0.1 mm per px, predicted about 1 mm off, by two observers."""
    generator = np.random.default_rng(seed)
    mean = MEAN_MM[[SHAPE_LANDMARKS.index(name) for name in NAMES]]
    truth = (mean + generator.normal(0, 3, mean.shape) + [30, 60]) * 10
    shift = generator.normal(0, 6, truth.shape)
    seen = np.full((len(NAMES), 1), 2.0)
    values = {
        "file": f"{seed}.png",
        "image_size": SIZE,
        "predicted": truth + generator.normal(0, 10, truth.shape),
        "scores": np.ones(len(NAMES)),
        "truth": truth,
        "visible": np.ones(len(NAMES), bool),
        "spacing": (0.1, 0.1),
        "observers": {n: np.hstack([truth + s, seen]) for n, s in (("a", shift), ("b", -shift))},
    }
    return CephRecord(**{**values, **changes})


@pytest.fixture
def records():
    return [make_record(seed) for seed in range(12)]


def points(record, which, hidden=()):
    array = getattr(record, which)
    return {name: array[i] for i, name in enumerate(NAMES) if name not in hidden}


def test_figures_are_those_of_single_measurements(records):
    part = build_measurements(records, NAMES)
    differences = {}
    for record in records:
        pair = [measure(points(record, w), mm_per_px=0.1) for w in ("predicted", "truth")]
        for here, there in zip(*pair, strict=True):
            if here.computable:
                differences.setdefault(here.key, []).append(here.value - there.value)
    for key, figures in part["values"].items():
        change = np.array(differences[key])
        assert figures["n"] == 12
        assert figures["mean_abs"] == pytest.approx(np.abs(change).mean(), abs=1e-6)
        assert figures["bias"] == pytest.approx(change.mean(), abs=1e-6)
        assert figures["sd"] == pytest.approx(change.std(ddof=1), abs=1e-6)
    assert set(part["values"]) == set(differences) - {
        "ISBI-ANB",
        "ISBI-SNB",
        "ISBI-SNA",
        "ISBI-FMA",
    }


def test_predictions_that_no_human_has_are_counted(records, tmp_path):
    assert {f["impossible"] for f in build_measurements(records, NAMES)["values"].values()} == {0}
    for record in records[:2]:
        record.predicted[NAMES.index("N")] = record.predicted[NAMES.index("A")] - [5000, 0]
    part = build_measurements(records, NAMES)
    assert part["values"]["SNA"]["impossible"] == 2
    assert part["values"]["Gonial"]["impossible"] == 0
    assert next(row for row in value_rows(part) if row.label == "SNA").cells[-1] == "2"
    write_report(records, names=NAMES, out_dir=tmp_path, plots=False, **ABOUT)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| impossible |" in text
    assert "one that no human has" in text


def test_classes_are_counted(records):
    classes = build_measurements(records, NAMES)["classes"]
    assert len(classes["measures"]) == 8
    for figures in classes["measures"].values():
        assert len(figures["labels"]) == len(figures["confusion"])
        assert sum(map(sum, figures["confusion"])) == figures["n"] == 12
    rates = [figures["scr"] for figures in classes["measures"].values()]
    assert classes["scr"] == pytest.approx(np.mean(rates), abs=1e-5)
    assert classes["mean_shape_scr"] is None


def test_baselines(records):
    fractions = np.stack([r.truth for r in records]).mean(axis=0) / SIZE
    part = build_measurements(records, NAMES, fractions)
    sna = part["values"]["SNA"]
    people = [
        [measure(dict(zip(NAMES, r.observers[n][:, :2], strict=True)), mm_per_px=0.1)[0].value
         for r in records]
        for n in ("a", "b")
    ]  # fmt: skip
    between = np.abs(np.subtract(*people)).mean()
    assert sna["baselines"]["inter_observer"] == pytest.approx(between, abs=1e-6)
    assert sna["baselines"]["mean_shape"] > 0
    # The constant answer tells one class of each measure.
    assert part["classes"]["mean_shape_scr"] <= 100
    assert part["classes"]["measures"]["ISBI-ANB"]["mean_shape_scr"] in (50.0, 33.333333, 100.0)


def test_what_is_invisible_or_uncalibrated_takes_no_part(records):
    records[0].visible = np.array([name != "A" for name in NAMES])
    records[1].spacing = None
    values = build_measurements(records, NAMES)["values"]
    assert (values["SNA"]["n"], values["SNB"]["n"], values["LAFH"]["n"]) == (11, 12, 11)
    for record in records:
        record.spacing = None
    part = build_measurements(records, NAMES)
    assert "LAFH" not in part["values"]
    assert "MW" not in part["classes"]["measures"]


def test_nothing_to_measure(record, names, many):
    assert build_measurements(many, names) is None
    assert build_measurements([], NAMES) is None


def test_the_report_has_them_and_all_files_agree(records, tmp_path):
    report = write_report(records, names=NAMES, out_dir=tmp_path, plots=False, **ABOUT)
    assert "measurements" in report
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == report
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    page = page.replace(' class="words"', "")
    lines = (tmp_path / "report.md").read_text(encoding="utf-8").splitlines()
    part = report["measurements"]
    for row in [*value_rows(part), *class_rows(part)[:-1]]:
        assert f"<td>{row.label}</td>" + "".join(f"<td>{c}</td>" for c in row.cells) in page
        assert f"| {row.label} | {' | '.join(row.cells)} |" in lines
    header = next(line for line in lines if line.startswith("| measurement"))
    assert header.count("|") == lines[lines.index(header) + 2].count("|")
    printed = format_table(report)
    assert measurement_line(part) in printed
    found = re.search(r"SNA ([\d.]+), SNB", printed)
    assert found.group(1) == f"{part['values']['SNA']['mean_abs']:.2f}"
    assert printed.isascii()


def test_a_data_set_without_known_landmarks_has_no_such_part(many, names, tmp_path):
    report = write_report(many, names=names, out_dir=tmp_path, plots=False, **ABOUT)
    assert "measurements" not in report
    assert "Measurements" not in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Measurements" not in (tmp_path / "report.md").read_text(encoding="utf-8")
