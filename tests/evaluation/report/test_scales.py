from __future__ import annotations

from mmceph.evaluation.report import write_report
from mmceph.evaluation.report.scales import impossible_scales, scale_warning

ABOUT = {"dataset": "test", "config": "c.py", "checkpoint": "w.pth", "environment": {}}


def test_pictures_whose_spacing_fits_no_human_are_named(record, names):
    records = [
        record(spacing=(0.6, 0.6)),  # S-N is 89 px: 54 mm
        record("b.png", spacing=(5.0, 5.0)),
        record("c.png", spacing=None),
        record("d.png", spacing=(0.1, 0.1), visible=[False, True, True]),
    ]
    found = impossible_scales(records, names)
    reason = "Sella-Nasion would be 447 mm (45 to 95 in people)"
    assert found == [{"file": "b.png", "reason": reason}]
    text = scale_warning({"impossible_scales": found, "num_images": 4})
    assert text.startswith("WARNING: the spacing of 1 of 4 images fits no human (b.png: Sella-N")
    assert scale_warning({"num_images": 4}) is None


def test_the_report_says_so_and_its_figures_stay(record, names, tmp_path):
    right = [record(f"{n}.png", spacing=(0.6, 0.6)) for n in range(2)]
    wrong = [*right, record("wrong.png", spacing=(6.0, 6.0))]
    about = {**ABOUT, "names": names, "plots": False}
    write_report(right, out_dir=tmp_path / "right", **about)
    report = write_report(wrong, out_dir=tmp_path / "wrong", **about)
    assert [row["file"] for row in report["impossible_scales"]] == ["wrong.png"]
    # 25/3 px at 0.6, 0.6 and 6 mm per px.
    assert round(report["overall"]["mre_mm"], 6) == 20.0
    for name in ("report.md", "index.html"):
        text = (tmp_path / "wrong" / name).read_text(encoding="utf-8")
        assert "fits no human" in text
        assert "fits no human" not in (tmp_path / "right" / name).read_text(encoding="utf-8")
