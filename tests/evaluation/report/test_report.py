from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from mmceph.evaluation import report as package
from mmceph.evaluation.report import format_table, write_report

ABOUT = {
    "dataset": "<test> & co",
    "config": "c.py",
    "checkpoint": "w.pth",
    "environment": {"python": "3.11", "mmcv": None},
}
FRACTIONS = np.array([[0.1, 0.1], [0.5, 0.5], [0.8, 0.8]])


class Cells(HTMLParser):
    """The text of every table row of a page, and every address it points to."""

    def __init__(self):
        super().__init__()
        self.rows, self.addresses, self._cell = [], [], False

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for key, value in attrs if key in ("src", "href")]
        if tag == "tr":
            self.rows.append([])
        self._cell = tag in ("td", "th")

    def handle_endtag(self, tag):
        self._cell = False

    def handle_data(self, data):
        if self._cell:
            self.rows[-1].append(data)


@pytest.fixture
def written(many, names, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    out = tmp_path / "report"
    options = {"difficult": ["N"], "mean_shape_fractions": FRACTIONS}
    return out, write_report(many, names=names, out_dir=out, **options, **ABOUT)


def test_all_files_are_there(written):
    out, report = written
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {
        "report.json",
        "per_landmark.csv",
        "predictions.json",
        "report.md",
        "index.html",
        "plots/cumulative_error.png",
        "plots/error_per_landmark.png",
        "plots/worst_images.png",
    }
    assert json.loads((out / "report.json").read_text(encoding="utf-8")) == report


def test_figures_agree_in_all_files_to_the_last_printed_digit(written):
    out, report = written
    page = Cells()
    page.feed((out / "index.html").read_text(encoding="utf-8"))
    html = {row[0]: row[1:] for row in page.rows[1:] if len(row) > 5}
    markdown = {}
    for line in (out / "report.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| "):
            label, *cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            label = label.removesuffix(" *").strip("*").replace("\\", "")
            markdown[label] = cells
    printed = {}
    for line in format_table(report).splitlines():
        label, *cells = re.split(r"\s{2,}", line)
        printed[label.removesuffix(" *")] = cells
    with (out / "per_landmark.csv").open(encoding="utf-8", newline="") as stream:
        sheet = {row["landmark"]: row for row in csv.DictReader(stream)}
    assert list(sheet) == list(report["landmarks"])
    for name, figures in report["landmarks"].items():
        assert printed[name] == html[name] == markdown[name]
        cells = printed[name]
        keys = ("mre_mm", "sd_mm", "median_mm", "p95_mm")
        assert cells[0] == str(figures["n"]) == sheet[name]["n"]
        assert cells[1:5] == [f"{figures[key]:.2f}" for key in keys]
        assert cells[1:5] == [f"{float(sheet[name][key]):.2f}" for key in keys]
        assert cells[5:9] == [f"{rate:.1f}" for rate in figures["sdr"].values()]
        assert cells[9] == f"{figures['mre_px']:.2f}"
        assert float(sheet[name]["sdr_2.0mm"]) == figures["sdr"]["2.0"]
        shape = report["baselines"]["mean_shape"]["landmarks"][name]["mre_mm"]
        assert float(sheet[name]["mean_shape_mre_mm"]) == shape
        assert cells[11] == f"{shape:.2f}"
    for label in ("overall", "mean shape", "between observers", "difficult", "healthy"):
        assert printed[label] == html[label] == markdown[label]


def test_the_page_needs_no_network_and_escapes_names(written):
    out, _ = written
    text = (out / "index.html").read_text(encoding="utf-8")
    page = Cells()
    page.feed(text)
    assert page.addresses
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert "http" not in text
    assert "&lt;test&gt; &amp; co" in text
    assert "<test>" not in text


def test_predictions_keep_every_digit_and_every_image(written, many, names):
    out, _ = written
    content = json.loads((out / "predictions.json").read_text(encoding="utf-8"))
    assert content["schema"] == 1
    assert content["landmark_names"] == list(names)
    assert [image["file"] for image in content["images"]] == [r.file for r in many]
    first, hidden = content["images"][0], content["images"][1]
    assert first["keypoints"] == many[0].predicted.tolist()
    assert (first["width"], first["height"], first["spacing"]) == (100, 200, [0.5, 0.5])
    assert first["scores"] == [0.9, 0.8, 0.7]
    assert first["truth"] == [[10.0, 20.0, 2], [50.0, 100.0, 2], [90.0, 180.0, 2]]
    assert hidden["truth"][2] == [0.0, 0.0, 0]
    assert content["images"][2]["spacing"] is None


def test_the_table_ends_with_the_overall_line_and_its_interval(written):
    _, report = written
    text = format_table(report)
    low, high = report["overall"]["mre_mm_ci95"]
    assert f"MRE {report['overall']['mre_mm']:.2f} mm (95 % CI {low:.2f} to {high:.2f}" in text
    assert "10 of 11 images with millimetres" in text
    assert "N *" in text
    lines = text.splitlines()
    assert len({len(line) for line in lines[2:5]}) == 1  # aligned
    assert text.isascii()  # any console can print it


def test_without_matplotlib_the_rest_is_written(many, names, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(package, "plots_available", lambda: False)
    write_report(many, names=names, out_dir=tmp_path, **ABOUT)
    assert "matplotlib" in capsys.readouterr().out
    assert not (tmp_path / "plots").exists()
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Plots are left out" in page
    assert "<img" not in page


def test_px_only_and_compare(record, names, tmp_path):
    records = [record(f"{n}.png", spacing=None) for n in range(3)]
    write_report(records, names=names, out_dir=tmp_path / "a", plots=False, **ABOUT)
    report = write_report(
        records, names=names, out_dir=tmp_path / "b", compare=tmp_path / "a", plots=False, **ABOUT
    )
    assert report["compare"]["unit"] == "px"
    text = format_table(report)
    assert "MRE 8.33 px over 3 images; spacing unknown" in text
    assert "SDR" not in text
    assert "Before and after" in text
    assert "Before and after" in (tmp_path / "b" / "index.html").read_text(encoding="utf-8")
    assert "## Before and after" in (tmp_path / "b" / "report.md").read_text(encoding="utf-8")


def test_a_model_no_better_than_the_mean_shape_is_called_out(record, names, tmp_path):
    truth = record().truth / [100, 200]
    write_report(
        [record()], names=names, out_dir=tmp_path, mean_shape_fractions=truth, plots=False, **ABOUT
    )
    assert "no better than the mean shape" in (tmp_path / "report.md").read_text(encoding="utf-8")
