from __future__ import annotations

import pytest

from mmceph.functional.plausibility import DeviceScale, describe_scale, scales_by_device


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
