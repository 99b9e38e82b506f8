from __future__ import annotations

import numpy as np
import pytest

from mmceph.phantom.curves import ThinPlate, smooth_curve
from mmceph.phantom.shape import LANDMARK_NAMES, sample_head, sample_shape, stretch_nose
from mmceph.phantom.statistics import MEAN_MM, MODE_STD_MM, MODES, SHAPE_LANDMARKS
from mmceph.phantom.template import TEMPLATE


def angle(u: np.ndarray, v: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(abs(u[0] * v[1] - u[1] * v[0]), u @ v)))


@pytest.fixture(scope="module")
def heads():
    return [sample_head(np.random.default_rng(seed)).landmarks for seed in range(200)]


def test_modes_are_unit_vectors_at_right_angles():
    flat = MODES.reshape(8, -1)
    assert flat @ flat.T == pytest.approx(np.eye(8), abs=2e-3)


def test_no_variation_gives_the_mean_shape():
    assert np.allclose(sample_shape(np.random.default_rng(0), limit_sd=0.0), MEAN_MM)


def test_shapes_spread_as_the_statistics_say():
    rng = np.random.default_rng(0)
    shapes = np.array([sample_shape(rng, limit_sd=5.0) for _ in range(2000)])
    assert np.abs(shapes.mean(0) - MEAN_MM).max() < 0.6
    wanted = np.sqrt(((MODES * MODE_STD_MM[:, None, None]) ** 2).sum(0))
    assert np.abs(shapes.std(0) - wanted).max() < 0.4


def test_every_landmark_but_the_rulers_is_there(heads):
    assert set(heads[0]) == set(LANDMARK_NAMES) - {"P1", "P2"}


def test_sella_nasion_length_is_that_of_the_statistics(heads):
    mean = np.linalg.norm(MEAN_MM[SHAPE_LANDMARKS.index("N")])
    lengths = [np.linalg.norm(p["N"] - p["S"]) for p in heads]
    assert np.mean(lengths) == pytest.approx(mean, abs=1.0)
    assert 50.0 < min(lengths) < max(lengths) < 82.0


def test_measurements_are_those_of_people(heads):
    """Means inside about one standard deviation of the published norms."""
    sna = [angle(p["S"] - p["N"], p["A"] - p["N"]) for p in heads]
    snb = [angle(p["S"] - p["N"], p["B"] - p["N"]) for p in heads]
    impa = [angle(p["Go"] - p["Me"], p["LIT"] - p["LIA"]) for p in heads]
    u1_sn = [angle(p["S"] - p["N"], p["UIT"] - p["UIA"]) for p in heads]
    between = [angle(p["UIA"] - p["UIT"], p["LIA"] - p["LIT"]) for p in heads]
    assert 79.0 < np.mean(sna) < 84.0
    assert 1.0 < np.mean(np.subtract(sna, snb)) < 5.0
    assert 90.0 < np.mean(impa) < 99.0
    assert 100.0 < np.mean(u1_sn) < 109.0
    assert 118.0 < np.mean(between) < 132.0
    assert 20.0 < np.mean([np.linalg.norm(p["UIA"] - p["UIT"]) for p in heads]) < 25.0


def test_points_stand_to_each_other_as_their_definitions_say(heads):
    for p in heads:
        assert p["Pn"][0] > p["Sn"][0], "the nose's tip lies before its base"
        assert p["Co"][1] < p["Ar"][1], "condylion is above articulare"
        assert p["UPM"][0] > p["UMT"][0], "the premolar stands before the molar"
        assert p["LPM"][0] > p["LMT"][0]
        assert p["UIA"][1] < p["UIT"][1] < p["LIA"][1]
        chord = p["Go"] - p["Ar"]
        away = np.array([-chord[1], chord[0]]) / np.linalg.norm(chord)
        assert (p["R"] - p["Ar"]) @ away > 0.5, "the ramus point stands out backwards"


def test_warp_takes_the_template_to_the_sampled_landmarks():
    head = sample_head(np.random.default_rng(7))
    for name in ("S", "N", "Go", "Me", "Sn"):
        assert head.curve(np.array([TEMPLATE[name]]))[0] == pytest.approx(head.landmarks[name])


def test_thin_plate_reproduces_an_affine_map_exactly():
    rng = np.random.default_rng(0)
    source, points = rng.normal(size=(9, 2)), rng.normal(size=(20, 2)) * 5.0
    linear, shift = np.array([[1.1, 0.2], [-0.3, 0.8]]), np.array([4.0, -2.0])
    plate = ThinPlate(source)
    mapped = plate.basis(points) @ plate.weights(source @ linear + shift)
    assert np.allclose(mapped, points @ linear + shift)


@pytest.mark.parametrize("closed", [False, True])
def test_curve_goes_through_its_controls(closed):
    controls = np.array([(0.0, 0.0), (4.0, 1.0), (5.0, 6.0), (-2.0, 5.0)])
    curve = smooth_curve(controls, closed=closed, per_segment=6)
    assert len(curve) == (24 if closed else 19)
    for control in controls:
        assert np.abs(curve - control).sum(axis=1).min() < 1e-12


def test_stretching_the_nose_leaves_its_base():
    ends = np.array([TEMPLATE["N`"], TEMPLATE["Sn"]])
    assert np.allclose(stretch_nose(ends, 1.3), ends)
    tip = np.array([TEMPLATE["Pn"]])
    assert stretch_nose(tip, 1.2)[0, 0] > tip[0, 0] + 1.0
