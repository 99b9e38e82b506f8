from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmceph.evaluation.report.plots import draw_plots, read_grey

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def test_plots_are_pictures_and_repeatable(many, names, tmp_path):
    path = tmp_path / "röntgen.png"  # not ASCII: cv2.imread cannot read it on Windows
    path.write_bytes(cv2.imencode(".png", np.full((200, 100), 90, np.uint8))[1].tobytes())
    scored = [r for r in many if r.visible.any()]
    scored[0].image_path = str(path)
    scored[1].image_path = str(tmp_path / "gone.png")
    plots = draw_plots(scored, names=names, difficult=["N"])
    assert list(plots) == ["cumulative_error.png", "error_per_landmark.png", "worst_images.png"]
    for data in plots.values():
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert min(picture.shape[:2]) > 100
        assert picture.std() > 5
    assert plots == draw_plots(scored, names=names, difficult=["N"])


def test_px_only_with_a_landmark_nowhere_visible(record, names):
    one = record(spacing=None, visible=np.array([True, True, False]))
    assert len(draw_plots([one], names=names)) == 3


def test_large_images_are_made_smaller_and_bad_ones_skipped(tmp_path):
    path = tmp_path / "big.png"
    path.write_bytes(cv2.imencode(".png", np.zeros((1600, 400), np.uint8))[1].tobytes())
    assert read_grey(str(path)).shape == (800, 200)
    path.write_bytes(b"no picture")
    assert read_grey(str(path)) is None
    assert read_grey(None) is None
