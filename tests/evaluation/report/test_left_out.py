from __future__ import annotations

import numpy as np

from mmceph.evaluation.report.left_out import (
    excluded_points,
    left_out_lines,
    missing_warning,
    nothing_line,
)


def test_points_are_counted_by_reason(record, names):
    first = record("a.png", visible=np.array([True, False, True]))
    second = record("b.png")
    second.predicted[[0, 2]] = np.nan
    found = excluded_points([first, second, record("c.png")], names)
    assert found == {
        "S": {"not_visible": 0, "not_predicted": 1},
        "N": {"not_visible": 1, "not_predicted": 0},
        "Pog`": {"not_visible": 0, "not_predicted": 1},
    }
    report = {
        "excluded": [{"file": f"{i}.png", "reason": "spacing unknown"} for i in range(5)],
        "excluded_points": found,
        "overall": {"n": 6},
        "num_images": 3,
    }
    assert left_out_lines(report) == [
        "spacing unknown: 5 (0.png, 1.png, 2.png and 2 more)",
        "Points without a truth, not scored: 1 (N 1)",
        "Points without a prediction, not scored: 2 (S 1, Pog` 1)",
    ]
    assert missing_warning(report).startswith("WARNING: 2 of 8 points have no prediction")


def test_nothing_left_out_is_said():
    report = {"excluded": [], "excluded_points": {}, "overall": {"n": 6}, "num_images": 3}
    assert left_out_lines(report) == []
    assert missing_warning(report) is None
    assert nothing_line(report) == "Nothing: all 3 images and all their 6 points count."
