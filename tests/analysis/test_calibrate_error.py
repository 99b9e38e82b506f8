from __future__ import annotations

import numpy as np
import pytest

from mmceph.analysis.calibrate_error import HeldOut, learn
from mmceph.analysis.error_model import ErrorModelError

NAMES = ["S", "N", "A", "B", "Me", "Go", "Gn"]
FACE = np.array([(30, 30), (90, 25), (88, 70), (80, 95), (70, 115), (25, 90), (75, 113)]) * 10.0


def predictions(images: int = 24, spacing=(0.1, 0.1), seed: int = 0) -> dict:
    """A predictions.json of a face whose points are off by 3 px along each axis."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(images):
        truth = FACE + rng.normal(0, 30, FACE.shape)
        rows.append(
            {
                "file": f"{number}.png",
                "width": 1200,
                "height": 1600,
                "spacing": None if spacing is None else list(spacing),
                "keypoints": (truth + rng.normal(0, 3, FACE.shape)).tolist(),
                "scores": rng.uniform(0.3, 0.9, len(NAMES)).tolist(),
                "truth": [[x, y, 2] for x, y in truth],
            }
        )
    return {"schema": 1, "landmark_names": NAMES, "images": rows}


def test_radii_are_those_of_the_errors_put_in():
    found = learn(HeldOut.from_predictions(predictions(200), "p.json"), splits=2)
    assert found.mm is not None
    assert (found.mm.images, found.mm.errors) == (200, 1400)
    bounds = found.bounds(dict.fromkeys(NAMES, 0.6), size=(1200, 1600), spacing=(0.1, 0.1))
    radii = [bound.radius_mm for bound in bounds.values()]
    assert radii == pytest.approx([0.3 * 2.146] * 7, rel=0.08)  # 90 % circle of a normal error
    # Errors that are normal and independent are what propagation takes them for.
    assert found.mm.measurement_factor == pytest.approx(1.0, abs=0.08)


def test_cross_validation_counts_on_other_images():
    found = learn(HeldOut.from_predictions(predictions(), "p.json"), splits=60)
    checked = found.checked
    assert (checked["images_learnt_from"], checked["images_counted_on"]) == (12, 12)
    assert 0.86 < checked["landmarks_held"] < 0.94
    assert 0.84 < checked["measurements_held"] < 0.95
    assert checked["unit"] == "mm"


def test_without_spacing_there_are_shares_of_the_diagonal_only():
    found = learn(HeldOut.from_predictions(predictions(spacing=None), "p.json"), splits=2)
    assert found.mm is None
    assert found.checked["unit"] == "diagonal"
    bound = found.bounds({"S": 0.6}, size=(1200, 1600))["S"]
    assert 4 < bound.radius_px[0] < 9  # 3 px * 2.146 = 6.4 px


def test_images_without_spacing_are_left_out_of_the_millimetres():
    content = predictions(20)
    for row in content["images"][:8]:
        row["spacing"] = None
    content["images"][9]["truth"][0][2] = 0
    found = learn(HeldOut.from_predictions(content, "p.json"), splits=2)
    assert (found.mm.images, found.mm.errors) == (12, 83)
    assert (found.diagonal.images, found.diagonal.errors) == (20, 139)


def test_too_few_images_for_a_split_are_said_to_be():
    found = learn(HeldOut.from_predictions(predictions(10), "p.json"), splits=5)
    assert found.checked == {"splits": 0, "reason": "10 images are too few to be split"}


def test_what_cannot_be_used_is_named():
    with pytest.raises(ErrorModelError, match="at least 5 images"):
        HeldOut.from_predictions(predictions(4), "p.json")
    broken = predictions(6)
    del broken["images"][0]["scores"]
    with pytest.raises(ErrorModelError, match=r"p.json: no predictions.json .*'scores'"):
        HeldOut.from_predictions(broken, "p.json")
    with pytest.raises(ErrorModelError, match=r"too few for a level of 0\.99"):
        learn(HeldOut.from_predictions(predictions(8), "p.json"), level=0.99)
