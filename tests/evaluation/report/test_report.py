from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from mmceph.evaluation import report as package
from mmceph.evaluation.report import format_table, write_report
from mmceph.io import plain_cell
from mmceph.io.ours import RECORD

ABOUT = {
    "dataset": "<test> & co",
    "config": "c.py",
    "checkpoint": "w.pth",
    "environment": {"python": "3.11", "mmcv": None},
}
FRACTIONS = np.array([[0.1, 0.1], [0.5, 0.5], [0.8, 0.8]])


class Cells(HTMLParser):
    """Every table of a page as rows of cell texts, every address, and the tags left open."""

    def __init__(self):
        super().__init__()
        self.tables, self.addresses, self.ids, self.tags = [], [], [], []
        self.open, self._cell, self._mark = [], False, False

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.addresses += [value for key, value in attrs if key in ("src", "href")]
        self.ids += [values["id"]] if "id" in values else []
        if tag not in ("meta", "img"):
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self._cell = True
            self.tables[-1][-1].append("")
        if tag == "span" and self._cell:
            self._mark = True
            self.tags.append((self.tables[-1][-1][0], values["class"]))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("td", "th"):
            self._cell = False
        if tag == "span":
            self._mark = False

    def handle_data(self, data):
        if self._cell and not self._mark:
            self.tables[-1][-1][-1] += data

    def table(self, first, *titles):
        """The rows by label of the table whose head begins so."""
        found = [t for t in self.tables if t[0][: 1 + len(titles)] == [first, *titles]]
        assert len(found) == 1
        return {row[0]: row[1:] for row in found[0][1:]}


def read_page(out):
    page = Cells()
    page.feed((out / "index.html").read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def read_markdown(out):
    """The tables of report.md: by their first row, by label, the cells."""
    tables, lines = {}, (out / "report.md").read_text(encoding="utf-8").splitlines()
    rows = None
    for before, line in zip(["", *lines], lines, strict=False):
        if not line.startswith("| "):
            continue
        label, *cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not before.startswith("|"):
            rows = tables[(label, *cells)] = {}
        else:
            label = label.removesuffix(" *").strip("*").replace("\\", "")
            rows[label] = cells
    return tables


def read_print(report):
    """The tables of the printed text: by their first column's title, by label, the cells."""
    tables, rows, width = {}, {}, 0
    for line in format_table(report).splitlines():
        label, *cells = re.split(r"\s{2,}", line)
        if label in ("landmark", "device") and cells:
            rows, width = tables.setdefault((label, *cells), {}), len(cells)
        elif len(cells) == width:
            rows[label.removesuffix(" *")] = cells
    return tables


@pytest.fixture
def written(many, names, tmp_path):
    """A report with everything: groups, devices, baselines, observers, a comparison."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    options = {"difficult": ["N"], "mean_shape_fractions": FRACTIONS}
    write_report(many, names=names, out_dir=tmp_path / "before", plots=False, **options, **ABOUT)
    for number, one in enumerate(many):
        one.predicted = one.predicted + np.array([0.3 * (number % 3), 0.1])
    options |= {"compare": tmp_path / "before", "config_text": "lr = 1  # <b>"}
    out = tmp_path / "report"
    return out, write_report(many, names=names, out_dir=out, **options, **ABOUT)


def test_all_files_are_there(written):
    out, report = written
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files - {RECORD} == {
        "report.json",
        "per_landmark.csv",
        "predictions.json",
        "report.md",
        "index.html",
        "plots/change.png",
        "plots/cumulative_error.png",
        "plots/error_on_face.png",
        "plots/error_per_landmark.png",
        "plots/error_scatter.png",
        "plots/worst_images.png",
    }
    assert json.loads((out / "report.json").read_text(encoding="utf-8")) == report


def printed_figures(figures):
    """What a row of the main table must show of these figures where one spacing is unknown."""
    keys = ("mre_mm", "sd_mm", "median_mm", "p95_mm")
    rates = [f"{rate:.1f}" for rate in figures["sdr"].values()]
    means = [f"{figures[key]:.2f}" for key in keys]
    counts = [str(figures["n"]), str(figures["n_mm"])]
    return [*counts, *means, *rates, f"{figures['mre_px']:.2f}"]


def test_landmark_figures_agree_in_all_files_to_the_last_printed_digit(written):
    out, report = written
    key = next(key for key in read_print(report) if "MRE mm" in key and key[0] == "landmark")
    printed = read_print(report)[key]
    markdown, html = read_markdown(out)[key], read_page(out).table(*key)
    with (out / "per_landmark.csv").open(encoding="utf-8", newline="") as stream:
        sheet = {row["landmark"]: row for row in csv.DictReader(stream)}
    assert list(sheet) == list(report["landmarks"])
    for name, figures in report["landmarks"].items():
        between, shape = (
            report["baselines"][key]["landmarks"][name]["mre_mm"]
            for key in ("inter_observer", "mean_shape")
        )
        wanted = [*printed_figures(figures), f"{between:.2f}", f"{shape:.2f}"]
        assert printed[name] == html[name] == markdown[name] == wanted
        row = sheet[name]
        assert (row["n"], row["group"]) == (str(figures["n"]), figures["group"])
        assert row["n_mm"] == str(figures["n_mm"])
        for key in ("mre_mm", "sd_mm", "median_mm", "p95_mm", "mre_px"):
            assert float(row[key]) == figures[key]
        for threshold, rate in figures["sdr"].items():
            assert float(row[f"sdr_{threshold}mm"]) == rate
        assert float(row["inter_observer_mre_mm"]) == between
        assert float(row["mean_shape_mre_mm"]) == shape
    baselines = report["baselines"]
    summed = {
        **report["groups"],
        "overall": report["overall"],
        "between observers": baselines["inter_observer"],
        "mean shape": baselines["mean_shape"],
    }
    for label, figures in summed.items():
        assert printed[label] == html[label] == markdown[label]
        assert html[label][:11] == printed_figures(figures)
    assert html["overall"][11:] == [
        f"{baselines[key]['mre_mm']:.2f}" for key in ("inter_observer", "mean_shape")
    ]


def test_n_mm_has_a_column_only_where_it_differs(many, record, names, tmp_path):
    report = write_report(many, names=names, out_dir=tmp_path / "b", plots=False, **ABOUT)
    # Twelve images: one without any truth, one of the others without a spacing.
    assert (report["landmarks"]["S"]["n"], report["landmarks"]["S"]["n_mm"]) == (11, 10)
    key = next(key for key in read_print(report) if key[0] == "landmark")
    assert key[:4] == ("landmark", "n", "n mm", "MRE mm")
    page, markdown = read_page(tmp_path / "b"), read_markdown(tmp_path / "b")
    for rows in (read_print(report)[key], markdown[key], page.table(*key)):
        assert rows["S"][:2] == ["11", "10"]
    assert "n mm those in millimetres" in (tmp_path / "b" / "report.md").read_text(encoding="utf-8")

    known = [record(f"{number}.png") for number in range(3)]
    unknown = [record(f"{number}.png", spacing=None) for number in range(3)]
    for records, counted in ((known, "3"), (unknown, "0")):
        report = write_report(records, names=names, out_dir=tmp_path / "c", plots=False, **ABOUT)
        heads = [*read_print(report), *read_markdown(tmp_path / "c")]
        heads += [head for head, *_ in read_page(tmp_path / "c").tables]
        assert not any("n mm" in head for head in heads)
        with (tmp_path / "c" / "per_landmark.csv").open(encoding="utf-8", newline="") as stream:
            head, first, *_ = csv.reader(stream)
        assert (head[2], head[3], head[-1]) == ("n", "mre_mm", "n_mm")  # the old places are kept
        assert (first[2], first[-1]) == ("3", counted)


def test_the_other_tables_agree_too(written):
    out, report = written
    page, markdown, printed = read_page(out), read_markdown(out), read_print(report)
    key = next(key for key in printed if key[0] == "device")
    assert markdown[key] == page.table(*key) == printed[key]
    for device, figures in report["per_device"].items():
        wanted = [str(figures["num_images"]), *printed_figures(figures)]
        assert printed[key][device] == wanted
    key = next(key for key in printed if "difference" in key)
    assert markdown[key] == page.table(*key) == printed[key]
    part = report["compare"]
    for name, row in {**part["landmarks"], **part["groups"], "overall": part["overall"]}.items():
        cells = printed[key][name]
        assert cells[:4] == [
            str(row["n"]),
            f"{row['before']:.2f}",
            f"{row['after']:.2f}",
            f"{row['difference']:+.2f}",
        ]
        low, high = row["ci95"]
        assert cells[4] == f"{low:+.2f} to {high:+.2f}".replace("+0.00", "0.00").replace(
            "-0.00", "0.00"
        )
    images = page.table("image", "MRE mm")
    assert images == {
        row["file"]: [f"{row['mre_mm']:.2f}" if row["mre_mm"] is not None else "-", row["worst"]]
        for row in report["images"]
    }


def test_the_overall_line_and_the_cards_say_the_same(written):
    out, report = written
    overall = report["overall"]
    low, high = overall["mre_mm_ci95"]
    rates = ", ".join(f"{key} mm {rate:.1f} %" for key, rate in overall["sdr"].items())
    said = [
        f"MRE {overall['mre_mm']:.2f} mm (95 % CI {low:.2f} to {high:.2f}, bootstrap over images; "
        f"SD {overall['sd_mm']:.2f} pooled, {overall['sd_mm_image']:.2f} between images; ",
        f"SDR {rates}",
        report["compare"]["verdict"],
    ]
    page = (out / "index.html").read_text(encoding="utf-8")
    texts = [format_table(report), (out / "report.md").read_text(encoding="utf-8"), page]
    for line in said:
        assert all(line in text for text in texts), line
    cards = re.findall(r"<b>([^<]*)</b><span>([^<]*)</span>", page)
    assert cards[:2] == [
        (f"{overall['mre_mm']:.2f} mm", f"mean radial error, 95 % CI {low:.2f} to {high:.2f}"),
        (f"{overall['sdr']['2.0']:.1f} %", "found within 2.0 mm"),
    ]
    assert cards[-1] == (str(report["num_images"]), f"images, {overall['n']} points")


def test_difficult_and_healthy_are_marked(written):
    out, _ = written
    marks = set(read_page(out).tags)
    assert marks == {("S", "tag healthy"), ("N", "tag difficult"), ("Pog`", "tag healthy")}


def test_the_page_needs_no_network_and_escapes_names(written):
    out, report = written
    text = (out / "index.html").read_text(encoding="utf-8")
    page = read_page(out)
    inside = [address for address in page.addresses if not address.startswith("#")]
    assert len(inside) == 6
    assert all(address.startswith("data:image/png;base64,") for address in inside)
    assert {address[1:] for address in page.addresses if address[0] == "#"} == set(page.ids)
    assert "http" not in text
    assert "@media print" in text
    assert "&lt;test&gt; &amp; co" in text
    assert "<test>" not in text
    assert "lr = 1  # &lt;b&gt;" in text
    assert report["config_text"] == "lr = 1  # <b>"


def test_what_was_left_out_is_said_everywhere(written):
    out, report = written
    said = [
        "spacing unknown: counted in px, not in mm: 1 (2.png)",
        "no visible landmark: not scored: 1 (3.png)",
        "Points without a truth, not scored: 1 (Pog` 1)",
    ]
    texts = [
        format_table(report),
        (out / "report.md").read_text(encoding="utf-8").replace("\\", ""),
        (out / "index.html").read_text(encoding="utf-8"),
    ]
    for line in said:
        assert all(line in text for text in texts), line


def test_points_without_a_prediction_are_not_counted_and_warned_of(many, names, tmp_path):
    many[0].predicted[0] = np.nan
    report = write_report(
        many, names=names, out_dir=tmp_path, mean_shape_fractions=FRACTIONS, plots=False, **ABOUT
    )
    assert report["landmarks"]["S"]["n"] == 10
    shape, between = (report["baselines"][key] for key in ("mean_shape", "inter_observer"))
    assert shape["landmarks"]["S"]["n"] == between["landmarks"]["S"]["n"] == 10
    warning = "1 of 32 points have no prediction"
    assert f'<p class="warn"><b>Warning.</b> {warning}' in (tmp_path / "index.html").read_text(
        encoding="utf-8"
    )
    assert f"WARNING: {warning}" in (tmp_path / "report.md").read_text(encoding="utf-8")
    kept = json.loads((tmp_path / "predictions.json").read_text(encoding="utf-8"))
    assert kept["images"][0]["keypoints"][0] == [None, None]
    again = write_report(
        many, names=names, out_dir=tmp_path / "b", compare=tmp_path, plots=False, **ABOUT
    )
    assert again["compare"]["overall"]["changed"] == 0


def test_predictions_keep_every_digit_and_every_image(many, names, tmp_path):
    out = tmp_path
    write_report(many, names=names, out_dir=out, plots=False, **ABOUT)
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


@pytest.mark.parametrize("predictions", [True, False])
def test_every_file_says_what_was_not_compared(record, names, tmp_path, predictions):
    records, fewer = ([record(f"{n}.png") for n in range(3)] for _ in range(2))
    for one in fewer:
        one.predicted, one.truth = one.predicted[:2], one.truth[:2]
        one.visible, one.scores = one.visible[:2], one.scores[:2]
    write_report(fewer, names=names[:2], out_dir=tmp_path / "a", plots=False, **ABOUT)
    if not predictions:
        (tmp_path / "a" / "predictions.json").unlink()
    options = {"difficult": ["Pog'"], "compare": tmp_path / "a", "plots": False, **ABOUT}
    report = write_report(records, names=names, out_dir=tmp_path / "b", **options)
    assert report["compare"]["healthy_landmarks_changed"] == (0 if predictions else None)
    said = ["The other run has no predictions of Pog`."]
    said += [] if predictions else ["Whether the healthy landmarks changed is not known."]
    for text in (
        format_table(report),
        (tmp_path / "b" / "report.md").read_text(encoding="utf-8").replace("\\", ""),
        (tmp_path / "b" / "index.html").read_text(encoding="utf-8"),
    ):
        assert all(line in text for line in said)
        assert "Nothing changed" not in text
    key = next(key for key in read_print(report) if "difference" in key)
    for rows in (
        read_print(report)[key],
        read_markdown(tmp_path / "b")[key],
        read_page(tmp_path / "b").table(*key),
    ):
        assert rows["Pog`"][-1] == "-"  # how far it moved
        assert rows["S"][-1] == ("0" if predictions else "-")


def test_a_model_no_better_than_the_mean_shape_is_called_out(record, names, tmp_path):
    truth = record().truth / [100, 200]
    write_report(
        [record()], names=names, out_dir=tmp_path, mean_shape_fractions=truth, plots=False, **ABOUT
    )
    assert "no better than the mean shape" in (tmp_path / "report.md").read_text(encoding="utf-8")


HOSTILE = "</code><script>alert(1)</script>|`x` [a](javascript:b) *b* $c$\n# d"


def test_what_others_named_is_text_in_every_file(record, tmp_path):
    names = ["=1+1", "<img src=x onerror=e()>", "a|b`"]
    records = [record(f"{HOSTILE} {number}.png") for number in range(2)]
    records[1].visible[:] = 0
    about = {**ABOUT, "dataset": HOSTILE, "config": HOSTILE, "checkpoint": f"`{HOSTILE}"}
    options = {"names": names, "plots": False, "extra_notes": [HOSTILE, "# e"], **about}
    write_report(records, out_dir=tmp_path / "report", **options)
    page = read_page(tmp_path / "report")
    assert "script" not in page.tags
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    bare = re.sub(r"(?s)(`+)(?!`).+?(?<!`)\1(?!`)", "", re.sub(r"\\.", "", text))
    for markup in ("<", "](", "*b*", "$", "\n# d", "- # e"):
        assert markup not in bare, markup
    assert "- dataset: ``</code>" in text
    with (tmp_path / "report" / "per_landmark.csv").open(encoding="utf-8", newline="") as stream:
        cells = [row["landmark"] for row in csv.DictReader(stream)]
    assert cells[0] == "'=1+1"
    assert [plain_cell(cell) for cell in cells] == names
