from __future__ import annotations

import pytest

from mmceph.analysis.plausibility import (
    NOT_CHECKED,
    DeviceScale,
    check_scale,
    describe_scale,
    scales_by_device,
)

FACE = {"S": (0.0, 0.0), "N": (640.0, 0.0), "Me": (640.0, 1150.0)}


def test_medians_by_device_in_mm_per_axis() -> None:
    samples = [
        ("A", (0.1, 0.1), (0, 0), (600, 0)),
        ("A", (0.1, 0.1), (0, 0), (800, 0)),
        ("A", (0.1, 0.2), (0, 0), (300, 300)),  # hypot(30, 60) = 67.08
        ("B", (0.25, 0.25), (10, 10), (310, 410)),  # 125
        ("B", None, (0, 0), (1, 1)),
        ("B", (0.1, 0.1), None, (1, 1)),
        (None, (1, 1), (0, 0), (0, 30)),
    ]
    a, b, unknown = scales_by_device(samples)
    assert (a.device, a.count, a.median_mm) == ("A", 3, pytest.approx(67.082, abs=1e-3))
    assert (b.count, b.median_mm) == (1, 125.0)
    assert unknown == DeviceScale("unknown", 1, 30.0)
    assert [scale.plausible for scale in (a, b, unknown)] == [True, False, False]


@pytest.mark.parametrize(
    ("median", "plausible"), [(59.99, False), (60.0, True), (85.0, True), (85.01, False)]
)
def test_the_limits_belong_to_the_range(median: float, plausible: bool) -> None:
    assert DeviceScale("A", 1, median).plausible is plausible


def test_the_warning_says_what_to_do() -> None:
    text = describe_scale(DeviceScale("A", 21, 27.5))
    assert "21 image(s) is 27.5 mm, outside 60 to 85 mm" in text
    assert "\n" not in text


def test_a_scale_is_checked_by_two_lengths_of_one_face() -> None:
    found = check_scale(FACE, 0.1)
    assert found.lengths == {"Sella-Nasion": 64.0, "Nasion-Menton": 115.0}
    assert (found.checked, found.possible) == (True, True)
    for wrong in (0.05, 0.2, 1.0, 0.0254 / 10):  # halved, doubled, in cm or in inches
        assert len(check_scale(FACE, wrong).doubts) >= 1
    assert check_scale(FACE, 1.0).doubts == (
        "Sella-Nasion would be 640 mm (45 to 95 in people)",
        "Nasion-Menton would be 1150 mm (70 to 170 in people)",
    )


def test_each_axis_counts() -> None:
    assert check_scale(FACE, (0.1, 0.1)).possible
    assert check_scale(FACE, (0.1, 0.2)).doubts == (
        "Nasion-Menton would be 230 mm (70 to 170 in people)",
    )


def test_other_names_and_other_lengths() -> None:
    assert not check_scale({"sella": (0, 0), "Nasion": (10, 0)}, 1.0).possible
    # Condylion is looked at only where neither of the first two can be measured.
    jaw = {"Co": (0.0, 0.0), "Gn": (1150.0, 0.0)}
    assert check_scale(jaw, 0.1).lengths == {"Condylion-Gnathion": 115.0}
    assert not check_scale(jaw, 0.2).possible
    assert check_scale({**FACE, **jaw}, 0.1).lengths.keys() == {"Sella-Nasion", "Nasion-Menton"}


def test_points_that_are_missing_leave_it_unchecked() -> None:
    for points in ({}, {"S": (0, 0), "N": None}, {"S": (0, 0), "N": (float("nan"), 0)}):
        found = check_scale(points, 99.0)
        assert (found.checked, found.possible) == (False, True)
    assert "S-N, N-Me" in NOT_CHECKED
