from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.analysis.calibration import judge_ruler
from mmceph.functional.ruler import TickReading, read_ticks
from mmceph.phantom import PhantomOptions, generate_phantom

PERIOD = 7.855  # px per mm: 0.1273 mm per px


def plate(
    period: float = PERIOD,
    *,
    tilt: float = 0.0,
    bend: float = 0.0,
    spacing_mm: int = 1,
    front: int = 1,
    bright: bool = False,
    gain: float = 1.0,
    top_mm: float = 45.0,
    noise: float = 2.0,
) -> tuple[np.ndarray, tuple[float, float], tuple[float, float]]:
    """A grey picture (560, 360) of a ruler with its P1 and P2; bent at P2 about its back edge."""
    fine = 3
    height, width = 560, 360
    y, x = np.mgrid[0 : fine * height, 0 : fine * width].astype(np.float32)
    x, y = (x + 0.5) / fine - 0.5, (y + 0.5) / fine - 0.5
    grey = np.full(x.shape, 60.0, np.float32)
    p1 = np.array([180.3, 460.2])

    def axes(degrees: float) -> tuple[np.ndarray, np.ndarray]:
        a = math.radians(degrees)
        return np.array([math.sin(a), -math.cos(a)]), np.array([math.cos(a), math.sin(a)])

    def draw(start: np.ndarray, degrees: float, low: float, high: float, first: float) -> None:
        up, side = axes(degrees)
        along = (x - start[0]) * up[0] + (y - start[1]) * up[1]
        across = front * ((x - start[0]) * side[0] + (y - start[1]) * side[1])
        body = (along > low * period) & (along < high * period)
        body &= (across > -16) & (across < 8)
        scale = along / period + first
        mark = np.rint(scale / spacing_mm) * spacing_mm
        reach = np.where(mark % 10 == 0, 17, np.where(mark % 5 == 0, 14, 11))
        tick = (np.abs(scale - mark) < 0.2) & (mark >= 0) & (8 - across < reach)
        grey[body] = 90.0 if bright else 200.0
        grey[body & tick] = 210.0 if bright else 130.0

    draw(p1, tilt + bend, -2.5, 10.0, 0.0)
    end = p1 + 10 * period * axes(tilt + bend)[0]
    hinge = end - 16 * front * axes(tilt + bend)[1]
    start = hinge + 16 * front * axes(tilt)[1]
    draw(start, tilt, 0.0, top_mm - 10, 10.0)
    grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(grey, (0, 0), 1.0) * gain
    grey += np.random.default_rng(0).normal(0, noise, grey.shape)
    p2 = 0.5 * (end + start)
    return np.clip(grey, 0, 255).astype(np.uint8), (p1[0], p1[1]), (p2[0], p2[1])


def moved(point: tuple[float, float], x: float, y: float) -> tuple[float, float]:
    return point[0] + x, point[1] + y


def check(found: TickReading, period: float = PERIOD, tolerance: float = 0.003) -> None:
    assert found.reason is None
    assert found.mm_per_px == pytest.approx(1.0 / period, rel=tolerance)
    assert found.standard_error is not None
    assert 0.003 < found.standard_error * period < 0.015


@pytest.mark.parametrize("tilt", [-12.0, 0.0, 7.0])
@pytest.mark.parametrize("front", [1, -1])
def test_straight_rulers(tilt, front):
    grey, p1, p2 = plate(tilt=tilt, front=front)
    found = read_ticks(grey, moved(p1, 2.0, -2.5), moved(p2, -1.5, 2.0))
    check(found)
    assert found.tick_mm == 1.0
    assert found.count >= 30
    along = np.subtract(p2, p1) / math.dist(p1, p2)
    assert abs(np.subtract(found.p1, p1) @ along) < 0.4
    assert abs(np.subtract(found.p2, p2) @ along) < 0.4


@pytest.mark.parametrize("bend", [-12.0, 13.5])
def test_a_bent_ruler_has_the_scale_of_its_ticks_not_of_its_marks(bend):
    grey, p1, p2 = plate(bend=bend, tilt=-2.5)
    assert abs(math.dist(p1, p2) / (10 * PERIOD) - 1) > 0.01  # the marks alone are wrong
    found = read_ticks(grey, moved(p1, 1.5, 2.0), moved(p2, -1.0, 1.0))
    check(found)
    along = np.subtract(p2, p1) / math.dist(p1, p2)
    assert abs(np.subtract(found.p2, p2) @ along) < 0.6


@pytest.mark.parametrize("period", [5.2, 6.6, 10.0, 12.5])
def test_other_scales(period):
    grey, p1, p2 = plate(period, top_mm=30.0)
    check(read_ticks(grey, p1, p2), period)


@pytest.mark.parametrize("gain", [0.15, 1.24])
def test_under_and_over_exposed(gain):
    grey, p1, p2 = plate(gain=gain, noise=1.0)
    check(read_ticks(grey, p1, p2))


def test_bright_ticks_on_a_faint_plate():
    grey, p1, p2 = plate(bright=True)
    found = read_ticks(grey, moved(p1, 0.0, 1.5), moved(p2, 0.0, 1.0))
    check(found)
    assert found.p1[1] == pytest.approx(p1[1], abs=0.4)


def test_grey_of_any_type_gives_the_same():
    grey, p1, p2 = plate()
    assert read_ticks(grey.astype(np.uint16) * 257, p1, p2).mm_per_px == pytest.approx(
        read_ticks(grey, p1, p2).mm_per_px, rel=1e-3
    )


def test_ticks_that_are_5_mm_apart():
    grey, p1, p2 = plate(spacing_mm=5)
    found = read_ticks(grey, p1, p2)
    check(found, tolerance=0.006)
    assert found.tick_mm == 5.0


def row_of_marks(every: tuple[tuple[int, int], ...], lean: float = 0.0) -> np.ndarray:
    """A grey picture (560, 360) of marks 5 mm apart on a rod, half widths and heights px.

    They repeat in turn; the lowest lies at (180, 460), the rod leans by ``lean`` degrees.
    """
    grey = np.full((560, 360), 60, np.uint8)
    up = np.array([math.sin(math.radians(lean)), -math.cos(math.radians(lean))])
    foot, top = (np.array([180.0, 460.0]) + share * PERIOD * up for share in (-2, 45))
    cv2.line(grey, foot.astype(int).tolist(), top.astype(int).tolist(), 110, 9)
    for number in range(9):
        centre = np.array([180.0, 460.0]) + 5 * number * PERIOD * up
        half = every[number % len(every)]
        corners = (
            np.array(((-1, -1), (1, -1), (1, 1), (-1, 1)))
            * half
            @ np.array(((-up[1], up[0]), (-up[0], -up[1])))
        )
        cv2.fillConvexPoly(grey, np.rint((centre + corners) * 16).astype(np.int32), 220, shift=4)
    noise = np.random.default_rng(0).normal(0, 2.0, grey.shape)
    return np.clip(cv2.GaussianBlur(grey, (0, 0), 1.0) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("lean", [0.0, 6.0])
@pytest.mark.parametrize(
    "marks",
    [
        pytest.param(((4, 4),), id="all alike"),
        pytest.param(((6, 6), (4, 4)), id="those of 10 mm larger"),
        pytest.param(((18, 2), (12, 2)), id="bars, which repeat along slanting lines too"),
    ],
)
def test_marks_5_mm_apart_on_a_rod(marks, lean):
    angle = math.radians(lean)
    p2 = (180.0 + 10 * PERIOD * math.sin(angle), 460.0 - 10 * PERIOD * math.cos(angle))
    found = read_ticks(row_of_marks(marks, lean), (181.0, 461.5), moved(p2, -1.0, 1.0))
    check(found, tolerance=0.004)
    assert (found.tick_mm, found.count >= 8) == (5.0, True)


def test_marks_one_period_apart_with_nothing_half_way_contradict_the_scale():
    # Marks 5 mm apart, given as 10 mm: nothing shows that they are not, but nothing confirms it.
    found = read_ticks(row_of_marks(((4, 4),)), (180.0, 460.0), (180.0, 460.0 - 5 * PERIOD))
    judged = judge_ruler(
        found.p1, found.p2, (1.0, 1.0), ticks=found.mm_per_px, ticks_reason=found.reason
    )
    assert not judged.accepted


@pytest.mark.parametrize("millimetres", [5, 15])
def test_a_5_mm_tick_is_not_taken_for_a_10_mm_one(millimetres):
    grey, p1, _ = plate()
    wrong = moved(p1, 0.0, -millimetres * PERIOD)
    found = read_ticks(grey, p1, wrong)
    judged = judge_ruler(
        found.p1, found.p2, (0.8, 0.8), ticks=found.mm_per_px, ticks_reason=found.reason
    )
    assert not judged.accepted


def test_neighbours_5_mm_apart_are_not_10_mm_where_there_are_no_finer_ticks():
    grey, p1, _ = plate(spacing_mm=5)
    found = read_ticks(grey, p1, moved(p1, 0.0, -5 * PERIOD))
    # Whatever can be read must not confirm that these two are 10 mm apart.
    judged = judge_ruler(
        found.p1, found.p2, (0.8, 0.8), ticks=found.mm_per_px, ticks_reason=found.reason
    )
    assert not judged.accepted


def test_a_place_without_a_ruler_is_not_accepted():
    rng = np.random.default_rng(1)
    for _ in range(20):
        grey = cv2.GaussianBlur(rng.normal(100, 60, (400, 300)).astype(np.float32), (0, 0), 2.0)
        found = read_ticks(np.clip(grey, 0, 255).astype(np.uint8), (150.0, 300.0), (152.0, 222.0))
        judged = judge_ruler(
            found.p1, found.p2, (0.8, 0.8), ticks=found.mm_per_px, ticks_reason=found.reason
        )
        assert not judged.accepted


@pytest.mark.parametrize(("index", "tries"), [(2, (9, 31)), (9, (30,)), (15, (38,)), (49, (17,))])
def test_what_repeats_by_chance_beside_a_ruler_is_no_scale(index, tries):
    """Of some 2000 places these were once accepted with scales 4 to 7 % wrong."""
    phantom = generate_phantom(
        903, index, (1072, 1340), PhantomOptions(ruler_exposed_probability=1.0)
    )
    length = 10.0 / phantom.spacing[1]
    rng = np.random.default_rng(index)
    for number in range(max(tries) + 1):
        p1 = np.array(phantom.landmarks["P1"]) + rng.uniform(-2.5, 1.5, 2) * length
        angle, reach = math.radians(rng.uniform(-15, 15)), rng.uniform(0.65, 1.4) * length
        p2 = p1 + reach * np.array([math.sin(angle), -math.cos(angle)])
        if number in tries:
            found = read_ticks(phantom.image, (p1[0], p1[1]), (p2[0], p2[1]))
            judged = judge_ruler(
                found.p1, found.p2, (1.0, 1.0), ticks=found.mm_per_px, ticks_reason=found.reason
            )
            # Some of the ruler's own ticks may be in view, and then they may be read.
            found_scale = judged.mm_per_px or phantom.spacing[1]
            assert found_scale == pytest.approx(phantom.spacing[1], rel=0.03)


@pytest.mark.parametrize(
    ("p1", "p2", "reason"),
    [
        ((150.0, 300.0), (150.0, 295.0), "5 px between the marks"),
        ((150.0, 300.0), (150.0, -200.0), "500 px between the marks"),
        ((150.0, 300.0), (math.nan, 200.0), "nan px"),
        ((900.0, 900.0), (900.0, 820.0), "even"),
        ((150.0, 300.0), (150.0, 220.0), "even"),
    ],
)
def test_marks_that_can_be_none(p1, p2, reason):
    found = read_ticks(np.full((400, 300), 80, np.uint8), p1, p2)
    assert found.mm_per_px is None
    assert reason in str(found.reason)


def test_colour_pictures_are_refused():
    with pytest.raises(ValueError, match="one channel"):
        read_ticks(np.zeros((20, 20, 3), np.uint8), (1.0, 19.0), (1.0, 1.0))


def test_real_rulers(ceph100: Path):
    """Every tenth of the 100 real ones, from marks that are up to 3 px off."""
    rng = np.random.default_rng(3)
    tasks = json.loads((ceph100 / "p1_p2_labelstudio.json").read_text(encoding="utf-8"))
    for task in tasks[::10]:
        grey = cv2.imread(str(ceph100 / "images" / task["file_upload"]), cv2.IMREAD_GRAYSCALE)
        marks = {}
        for result in task["annotations"][0]["result"]:
            value = result["value"]
            place = np.array([value["x"] * 13.40, value["y"] * 16.71]) + rng.uniform(-3, 3, 2)
            marks[value["keypointlabels"][0]] = (float(place[0]), float(place[1]))
        found = read_ticks(grey, marks["p1"], marks["p2"])
        assert found.mm_per_px == pytest.approx(0.127, rel=0.015), task["file_upload"]
