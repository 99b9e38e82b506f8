from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmceph.evaluation.report import write_report
from mmceph.evaluation.report.plot_captions import CAPTIONS
from mmceph.evaluation.report.plots import draw_plots

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

ABOUT = {"dataset": "test", "config": "c.py", "checkpoint": "w.pth", "environment": {}}
ALWAYS = ["cumulative_error.png", "error_per_landmark.png"]


def picture(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_plots_are_pictures_and_repeatable(many, names, tmp_path):
    path = tmp_path / "röntgen.png"  # not ASCII: cv2.imread cannot read it on Windows
    path.write_bytes(cv2.imencode(".png", np.full((200, 100), 90, np.uint8))[1].tobytes())
    scored = [r for r in many if r.visible.any()]
    scored[0].image_path = str(path)
    scored[1].image_path = str(tmp_path / "gone.png")
    plots = draw_plots(scored, names=names, difficult=["N"])
    assert list(plots) == [*ALWAYS, "error_on_face.png", "error_scatter.png", "worst_images.png"]
    assert set(plots) < set(CAPTIONS)
    for data in plots.values():
        assert min(picture(data).shape[:2]) > 100
        assert picture(data).std() > 5
    assert plots == draw_plots(scored, names=names, difficult=["N"])


def test_px_only_with_a_landmark_nowhere_visible(record, names):
    one = record(spacing=None, visible=np.array([True, True, False]))
    assert [*ALWAYS, "worst_images.png"] == [
        name for name in draw_plots([one], names=names) if "scatter" not in name
        and "face" not in name
    ]  # fmt: skip


def test_points_that_were_not_predicted_are_no_trouble(many, names):
    scored = [r for r in many if r.visible.any()]
    for one in scored:
        one.predicted[1] = np.nan
    scored[2].predicted[:] = np.nan
    assert len(draw_plots(scored, names=names, difficult=["N"])) == 5


def test_a_wild_miss_does_not_squash_the_boxes(many, names):
    scored = [r for r in many if r.visible.any()]
    before = draw_plots(scored, names=names)["error_per_landmark.png"]
    scored[0].predicted[0] += 5000.0
    after = draw_plots(scored, names=names)["error_per_landmark.png"]
    # The box of an untouched landmark is about as wide as before: as many blue pixels.
    blue = [(picture(data) == (233, 180, 86)).all(axis=2).sum() for data in (before, after)]
    assert blue[1] > 0.4 * blue[0]


def test_a_comparison_is_drawn(many, names, tmp_path):
    write_report(many, names=names, out_dir=tmp_path / "a", plots=False, **ABOUT)
    write_report(many, names=names, out_dir=tmp_path / "b", compare=tmp_path / "a", **ABOUT)
    data = (tmp_path / "b" / "plots" / "change.png").read_bytes()
    assert picture(data).std() > 5
