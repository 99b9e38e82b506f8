from __future__ import annotations

import json

import numpy as np
import pytest

from mmceph.landmarks import get_landmark_set
from mmceph.phantom import PhantomOptions, generate_phantom
from mmceph.phantom.canvas import Canvas
from mmceph.phantom.ruler import RulerPose

CLEAN = {
    "noise": (0.0, 0.0),
    "gradient": (0.0, 0.0),
    "sharpening": (0.0, 0.0),
    "blur_mm": (0.0, 0.0),
    "band_probability": 0.0,
    "wedge_probability": 0.0,
}


def sample(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Bilinear grey values at (n, 2) px."""
    x0, y0 = np.floor(points).astype(int).T
    fx, fy = (points - np.floor(points)).T
    grey = image.astype(float)
    return (
        grey[y0, x0] * (1 - fx) * (1 - fy)
        + grey[y0, x0 + 1] * fx * (1 - fy)
        + grey[y0 + 1, x0] * (1 - fx) * fy
        + grey[y0 + 1, x0 + 1] * fx * fy
    )


def test_same_seed_gives_the_same_picture_and_another_index_another():
    first, again = generate_phantom(5, 2), generate_phantom(5, 2)
    assert np.array_equal(first.image, again.image)
    assert first.landmarks == again.landmarks
    assert first.spacing == again.spacing
    other = generate_phantom(5, 3)
    assert not np.array_equal(first.image, other.image)
    assert first.landmarks["Me"] != other.landmarks["Me"]


def test_a_seed_sequence_stands_for_its_seed():
    sequence = np.random.SeedSequence(5)
    assert generate_phantom(sequence, 2).landmarks == generate_phantom(5, 2).landmarks


def test_form_of_the_result():
    phantom = generate_phantom(0, 0, size=(300, 400))
    assert phantom.image.shape == (400, 300)
    assert phantom.image.dtype == np.uint8
    assert tuple(phantom.landmarks) == get_landmark_set("phantom31").names
    assert phantom.spacing[0] == phantom.spacing[1] > 0


def test_noise_and_exposure_leave_head_and_ruler_where_they_are():
    plain, noisy = generate_phantom(1, 4, **CLEAN), generate_phantom(1, 4, noise=(0.02, 0.02))
    assert plain.landmarks == noisy.landmarks
    assert not np.array_equal(plain.image, noisy.image)


def test_without_ruler_the_marks_are_missing():
    phantom = generate_phantom(0, 0, ruler_probability=0.0)
    assert phantom.ruler is None
    assert len(phantom.landmarks) == 29
    assert not {"P1", "P2"} & set(phantom.landmarks)


def test_marks_are_ten_millimetres_apart_along_straight_and_bent_rulers():
    for index in range(24):
        bent = 1.0 if index % 2 else 0.0
        phantom = generate_phantom(3, index, (160, 200), ruler_bent_probability=bent)
        step = np.subtract(phantom.landmarks["P2"], phantom.landmarks["P1"]) * phantom.spacing
        assert step[1] < 0, "P2 is the upper mark"
        assert (phantom.ruler.lower_deg != phantom.ruler.upper_deg) == bool(bent)
        # The gap of a joint opens or closes by what the hinge is off the line of marks.
        pose = phantom.ruler
        gap = abs(pose.hinge_mm) * abs(np.radians(pose.lower_deg - pose.upper_deg))
        assert np.linalg.norm(step) == pytest.approx(10.0, abs=0.25 + gap if bent else 1e-9)


def test_a_hinge_on_the_edge_behind_opens_the_joint_as_on_real_rulers():
    pose = RulerPose((0.0, 0.0), 13.5, 0.0, joint_mm=10.0, hinge_mm=-1.65)
    # The gap at the line of marks is a chord of the hinge's distance; its middle is P2.
    gap = 2 * 1.65 * np.sin(np.radians(13.5 / 2))
    lower_end = 10.0 * RulerPose.axes(13.5)[0]
    assert np.linalg.norm(pose.upper_start - lower_end) == pytest.approx(gap)
    assert np.asarray(pose.p2) == pytest.approx(0.5 * (lower_end + pose.upper_start))
    # Real: 80.08 px between the marks where 10 mm of ticks are 78.55 px.
    assert np.linalg.norm(pose.p2) / 10.0 == pytest.approx(80.08 / 78.55, abs=1e-3)


def test_a_joint_beside_the_upper_mark():
    low = RulerPose((0.0, 0.0), 10.0, 0.0, joint_mm=8.0)
    assert low.p2 == pytest.approx(8.0 * RulerPose.axes(10.0)[0] + [0.0, -2.0])
    high = RulerPose((0.0, 0.0), 10.0, 0.0, joint_mm=12.0, hinge_mm=-2.0)
    assert high.p2 == pytest.approx(10.0 * RulerPose.axes(10.0)[0])


def test_a_ruler_that_the_edge_cuts_has_no_upper_mark():
    for index in range(6):
        phantom = generate_phantom(9, index, (160, 200), ruler_cropped_probability=1.0)
        assert "P2" not in phantom.landmarks
        assert 0 <= phantom.landmarks["P1"][1] * phantom.spacing[1] <= 8
        assert phantom.ruler_record()["cropped"]
        assert len(phantom.landmarks) == 30


def test_what_was_drawn_of_the_ruler_is_recorded():
    phantom = generate_phantom(0, 1, (160, 200), ruler_kinds={"balls": 1.0})
    record = json.loads(json.dumps(phantom.ruler_record()))
    assert record["kind"] == "balls"
    assert record["length_mm"] == pytest.approx(phantom.ruler.length_mm, abs=0.06)
    assert not record["cropped"]
    assert generate_phantom(0, 1, (160, 200), ruler_probability=0.0).ruler_record() is None


@pytest.mark.parametrize("kind", ["notches", "printed", "scale", "balls", "bars"])
def test_another_kind_of_ruler_leaves_the_rest_of_the_picture_alone(kind):
    plain = generate_phantom(5, 0, (160, 200))
    phantom = generate_phantom(5, 0, (160, 200), ruler_kinds={kind: 1.0})
    assert phantom.ruler.style.kind == kind
    assert phantom.landmarks == plain.landmarks
    lower = slice(int(phantom.landmarks["P1"][1]) + 20, None)
    assert np.array_equal(phantom.image[lower], plain.image[lower])


@pytest.mark.parametrize("size", [(96, 120), (128, 96)])
def test_landmarks_lie_inside_the_picture(size):
    for seed in range(100):
        phantom = generate_phantom(seed, 0, size)
        points = np.array(list(phantom.landmarks.values()))
        assert np.all(points >= 1), seed
        assert np.all(points <= np.array(size) - 2), seed


def test_spacing_range_is_kept_and_a_head_that_does_not_fit_is_refused():
    phantom = generate_phantom(0, 0, (600, 760), spacing_range=(0.3, 0.3))
    assert phantom.spacing == (0.3, 0.3)
    with pytest.raises(ValueError, match="too small for the head"):
        generate_phantom(0, 0, (300, 380), spacing_range=(0.1, 0.1))


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match="ruler_probability"):
        PhantomOptions(ruler_probability=1.5)
    with pytest.raises(ValueError, match="ruler_kinds"):
        PhantomOptions(ruler_kinds={"paper": 1.0})
    with pytest.raises(ValueError, match="ruler_kinds"):
        PhantomOptions(ruler_kinds={"balls": 0.0})
    with pytest.raises(ValueError, match="noise"):
        PhantomOptions(noise=(0.2, 0.1))
    with pytest.raises(TypeError, match="brightness"):
        generate_phantom(0, 0, brightness=3)
    with pytest.raises(ValueError, match="too small"):
        generate_phantom(0, 0, (20, 20))


@pytest.mark.parametrize("index", range(6))
def test_skin_landmarks_lie_on_the_edge_between_skin_and_air(index):
    phantom = generate_phantom(11, index, ruler_probability=0.0, **CLEAN)
    for name in ("Pn", "Ls", "Li", "Pog`"):
        x, y = phantom.landmarks[name]
        offsets = np.arange(-8.0, 8.01, 0.25)
        # Forwards for lips and chin; the nose's tip points forwards too.
        line = sample(phantom.image, np.column_stack([x + offsets, np.full_like(offsets, y)]))
        air, skin = line[-8:].mean(), line[:24].mean()
        assert skin > air + 6, name
        edge = offsets[np.argmax(line < 0.5 * (air + line[offsets < -2].min()))]
        assert abs(edge) < 1.6, (name, edge)


def test_bone_and_tooth_landmarks_stand_out_from_their_surroundings():
    """At each point the structure is there: brighter (or for S darker) than what lies around."""
    inside, outside = [], []
    for index in range(8):
        phantom = generate_phantom(21, index, **CLEAN)
        scale = 1.0 / phantom.spacing[0]
        # (landmark, direction from structure to background in mm)
        for name, (dx, dy) in {
            "Me": (0.0, 1.0), "Pog": (1.0, 0.0), "Go": (-0.8, 0.7), "R": (-1.0, 0.0),
            "UIT": (0.8, 0.7), "B": (1.0, 0.0), "ANS": (1.0, -0.3),
        }.items():  # fmt: skip
            point = np.array(phantom.landmarks[name])
            step = np.array([dx, dy]) * scale
            values = sample(phantom.image, np.array([point - 0.3 * step, point + 3.0 * step]))
            inside.append(values[0])
            outside.append(values[1])
        sella = np.array(phantom.landmarks["S"])
        floor = sample(phantom.image, sella + np.array([[0.0, 0.0], [0.0, 5.1 * scale]]))
        assert floor[1] > floor[0]
    assert np.mean(np.array(inside) > np.array(outside) + 5) > 0.9


@pytest.mark.parametrize("index", range(6))
@pytest.mark.parametrize("kind", ["notches", "printed", "scale", "balls", "bars"])
def test_ruler_ticks_are_drawn_at_the_marks(index, kind):
    """A profile along the ruler has its extremum at P1 and P2."""
    phantom = generate_phantom(
        31, index, (1024, 1280), ruler_bent_probability=0.0, ruler_kinds={kind: 1.0},
        ruler_exposed_probability=0.0, **CLEAN,
    )  # fmt: skip
    up, _ = RulerPose.axes(phantom.ruler.upper_deg)
    reach = (1.2 if kind in ("balls", "bars") else 0.5) / phantom.spacing[0]
    offsets = np.arange(-reach, reach + 0.001, 0.02)  # px
    for name in ("P1", "P2"):
        line = sample(phantom.image, np.array(phantom.landmarks[name]) + offsets[:, None] * up)
        weight = line.max() - line if kind == "notches" else line - line.min()
        assert weight.max() > 10
        weight = np.where(weight > 0.5 * weight.max(), weight, 0.0)
        assert abs((weight * offsets).sum() / weight.sum()) < 0.3


@pytest.mark.parametrize("soft", [0.0, 0.3, 0.7])
def test_polygons_come_out_at_their_true_size(soft):
    """OpenCV's anti-aliased polygons are too large by 0.7 px; the canvas makes up for it."""
    shifts = []
    for turn in np.linspace(0.05, 1.5, 12):
        corners = np.array([[np.cos(turn + k), np.sin(turn + k)] for k in np.pi / 2 * np.arange(4)])
        canvas = Canvas((200, 160), 0.5, (100.3, 80.2))
        canvas.fill(20.0 * corners, 1.0, soft)
        area = canvas.flatten("mid").sum() * 0.5**2
        # A square of half-diagonal 20 mm: 800 mm^2, outline 113.1 mm long.
        shifts.append((area - 800.0) / 113.14 / 0.5)
    assert abs(np.mean(shifts)) < 0.1, "px by which the outline is too far out"
    assert np.max(np.abs(shifts)) < 0.3


def test_lines_keep_their_width_in_sum():
    for width in (0.3, 1.0, 2.0, 4.0):
        canvas = Canvas((200, 160), 0.5, (100.0, 80.0))
        canvas.line(np.array([(-40.0, 3.1), (40.0, 4.0)]), width, 1.0)
        column = canvas.flatten("mid")[:, 100].sum() * 0.5
        assert column == pytest.approx(width, rel=0.15)
