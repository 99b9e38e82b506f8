from __future__ import annotations

import cv2
import numpy as np

from mmceph.evaluation.report.plot_worst import (
    _label_offsets,
    _short_names,
    _window,
    load_picture,
    worst_first,
)


def save(path, pixels):
    path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())
    return str(path)


def test_large_and_deep_pictures_are_brought_to_size(tmp_path):
    tall = save(tmp_path / "tall.png", np.full((1800, 400), 7, np.uint8))
    assert load_picture(tall).pixels.shape == (900, 200)
    steps = (np.arange(100 * 100, dtype=np.uint16) * 6).reshape(100, 100)
    deep = load_picture(save(tmp_path / "deep.png", steps)).pixels
    assert deep.dtype == np.uint8
    assert deep.max() == 255


def test_what_cannot_be_read_is_said(tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    assert load_picture(str(bad)).reason.startswith("is no PNG")
    assert load_picture(str(tmp_path / "gone.png")).pixels is None
    assert "cannot be read" in load_picture(str(tmp_path / "gone.png")).reason
    assert load_picture(None).reason == "no picture given"


def test_the_worst_come_first_and_those_without_an_error_not_at_all():
    errors = np.array([[1.0, 3.0], [np.nan, np.nan], [9.0, np.nan], [2.0, 2.5]])
    assert worst_first(errors).tolist() == [2, 3, 0]


def test_the_window_holds_every_point_in_the_shape_of_the_image(record):
    one = record(predicted=np.array([[12.0, 22.0], [50.0, 90.0], [70.0, 120.0]]),
                 truth=np.array([[14.0, 24.0], [52.0, 92.0], [60.0, 100.0]]))  # fmt: skip
    left, top, right, bottom = _window(one, one.visible)
    assert (right - left) / (bottom - top) == 0.5
    assert left < 12 and right > 70 and top < 22 and bottom > 120  # noqa: PT018
    assert right - left < 100
    far = record(predicted=np.array([[-30.0, 22.0], [50.0, 90.0], [70.0, 900.0]]))
    assert _window(far, far.visible) == (-30.0, 0.0, 100.0, 900.0)


def test_labels_of_neighbours_do_not_cover_each_other():
    places = np.array([[100.0, 100.0], [103.0, 101.0], [101.0, 104.0]])
    labels = ["Pog 2.3", "Pog` 2.3", "Gn 2.0"]
    offsets = _label_offsets(places, labels, places, 252.0)
    boxes = [
        (x + dx, y - dy - 6, x + dx + 4.96 * len(label) + 3, y - dy + 6)
        for (x, y), (dx, dy), label in zip(places, offsets, labels, strict=True)
    ]
    for number, a in enumerate(boxes):
        for b in boxes[number + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_names_are_short_where_that_tells_them_apart():
    assert _short_names(["a/1.png", "b/2.png"]) == ["1.png", "2.png"]
    assert _short_names(["a/1.png", "b/1.png", "c\\3.png"]) == ["a/1.png", "b/1.png", "3.png"]
    assert _short_names(["x" * 40 + ".png"]) == ["..." + "x" * 23 + ".png"]
