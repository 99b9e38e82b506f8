"""The ruler model that ships: what it is, and that it reads rulers and nothing else."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mmceph.apis import RulerReader
from mmceph.apis.ruler_model import SHIPPED
from mmceph.imaging.erasing import inpaint_strip, ruler_strip
from mmceph.phantom import PhantomOptions, generate_phantom

SIZE = (1200, 1500)


@pytest.fixture(scope="module")
def reader() -> RulerReader:
    return RulerReader()


def without_ruler(grey: np.ndarray, marks: np.ndarray) -> np.ndarray:
    return inpaint_strip(grey, ruler_strip(marks, (grey.shape[1], grey.shape[0])))


def test_it_is_small_and_holds_tensors_only(reader):
    assert SHIPPED.stat().st_size <= 4e6
    content = torch.load(SHIPPED, weights_only=True)
    assert "phantoms" in json.loads(content["ruler_model"])["note"]
    assert all(isinstance(value, torch.Tensor) for value in content["state_dict"].values())
    assert reader.name == "ruler.pth"


@pytest.mark.parametrize("index", range(4))
def test_it_reads_rulers_and_abstains_without_one(reader, index):
    options = PhantomOptions(ruler_kinds={"notches": 1.0}, ruler_exposed_probability=0.0)
    phantom = generate_phantom(901, index, SIZE, options)  # no seed that it was trained on
    marks = np.array([phantom.landmarks["P1"], phantom.landmarks["P2"]])
    reading = reader(phantom.image)
    assert reading.method == "ticks", reading.reason
    assert reading.mm_per_px == pytest.approx(phantom.spacing[1], rel=0.01)
    painted = reader(without_ruler(phantom.image, marks))
    assert not painted.accepted
    assert painted.reason is not None


@pytest.mark.parametrize("index", range(3))
def test_patients_may_face_the_other_way(reader, index):
    options = PhantomOptions(
        ruler_kinds={"notches": 1.0}, ruler_exposed_probability=0.0, ruler_bent_probability=0.0
    )
    grey = generate_phantom(903, index, SIZE, options).image
    reading, mirrored = reader(grey), reader(grey[:, ::-1])
    assert reading.accepted
    assert mirrored.mm_per_px == pytest.approx(reading.mm_per_px, rel=0.005)
    for mark, other in ((reading.p1, mirrored.p1), (reading.p2, mirrored.p2)):
        assert (grey.shape[1] - 1 - mark[0], mark[1]) == pytest.approx(other, abs=1.5)


def test_it_abstains_where_there_never_was_one(reader):
    options = PhantomOptions(ruler_probability=0.0)
    for index in range(3):
        assert not reader(generate_phantom(902, index, SIZE, options).image).accepted


def test_real_pictures_that_it_was_not_trained_on(reader, ceph100: Path):
    """Every fifth of the 100; docs/ruler.md has the figures of all."""
    tasks = json.loads((ceph100 / "p1_p2_labelstudio.json").read_text(encoding="utf-8"))
    for task in tasks[::5]:
        grey = cv2.imread(str(ceph100 / "images" / task["file_upload"]), cv2.IMREAD_GRAYSCALE)
        results = task["annotations"][0]["result"]
        places = {r["value"]["keypointlabels"][0]: r["value"] for r in results}
        size = (grey.shape[1] / 100, grey.shape[0] / 100)
        marks = np.array([[places[n]["x"], places[n]["y"]] for n in ("p1", "p2")]) * size
        reading = reader(grey)
        assert reading.accepted, (task["file_upload"], reading.reason)
        assert reading.mm_per_px == pytest.approx(0.127, rel=0.02), task["file_upload"]
        assert not reader(without_ruler(grey, marks)).accepted, task["file_upload"]
