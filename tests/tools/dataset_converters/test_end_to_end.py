"""Raw files of every format, through the tool, to what the data set gives to training."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmceph.datasets import (
    AarizDataset,
    CephDataset,
    CLDetection2023Dataset,
    ISBI2015Dataset,
    RulerDataset,
)
from mmceph.landmarks import get_landmark_set
from mmceph.phantom import PhantomOptions
from mmceph.phantom.raw import RAW_FORMATS, RawPhantom, make_raw_phantoms, write_raw
from mmceph.phantom.raw_stack import challenge_points

SPACING = 0.75
DATASETS: dict[str, tuple[type[CephDataset], str]] = {
    "labelme": (CephDataset, "phantom31"),
    "labelstudio": (CephDataset, "phantom31"),
    "points": (CephDataset, "phantom31"),
    "isbi2015": (ISBI2015Dataset, "isbi19"),
    "aariz": (AarizDataset, "aariz29"),
    "cldetection2023": (CLDetection2023Dataset, "cldetection38"),
}
Run = Callable[..., tuple[int, str, str]]
Points = Mapping[str, tuple[float, float]]


@pytest.fixture(scope="module")
def phantoms() -> list[RawPhantom]:
    options = PhantomOptions(spacing_range=(SPACING, SPACING))
    return make_raw_phantoms(4, seed=5, size=(256, 320), options=options)


def convert(run_tool: Run, name: str, root: Path, phantoms: list[RawPhantom], **kind: Any) -> Path:
    raw = write_raw(root / "raw", name, phantoms, **kind)
    spacing = [] if name in ("aariz", "cldetection2023") else ["--spacing", str(SPACING)]
    shares = ["--split", "1", "0", "0"]
    code, _, errors = run_tool(name, raw, "--out", root / "out", *shares, *spacing)
    assert (code, errors) == (0, "")
    return root / "out"


def load(name: str, out: Path) -> CephDataset:
    dataset, landmark_set = DATASETS[name]
    return dataset("annotations/train.json", data_root=str(out), landmark_set=landmark_set)


def drawn(name: str, phantom: RawPhantom) -> Points:
    """Return the points that training shall get: the mean of what the raw files hold."""
    if name == "cldetection2023":
        return challenge_points(phantom.landmarks)
    digits = 0 if name in ("isbi2015", "aariz") else 12
    first, second = phantom.observers.values()
    return {
        n: tuple(np.mean([np.round(first[n], digits), np.round(second[n], digits)], axis=0))
        for n in first
    }


def order(name: str, out: Path) -> dict[str, int]:
    """Return the number of the phantom by image: the raw files are named by it."""
    infos = [load(name, out).get_data_info(i) for i in range(len(load(name, out)))]
    return {
        info["img_path"]: int("".join(c for c in Path(info["img_path"]).stem if c.isdigit())) - 1
        for info in infos
    }


def check(name: str, out: Path, phantoms: list[RawPhantom]) -> None:
    dataset, numbers = load(name, out), order(name, out)
    names = get_landmark_set(DATASETS[name][1]).names
    assert sorted(numbers.values()) == list(range(len(phantoms)))
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        phantom = phantoms[numbers[info["img_path"]]]
        spacing = np.array(info["raw_ann_info"]["spacing"])
        wanted = np.array([drawn(name, phantom)[n] for n in names]) * phantom.spacing
        np.testing.assert_allclose(info["keypoints"][0] * spacing, wanted, atol=0.01)
        assert info["keypoints_visible"].min() > 0
        pixels = cv2.imread(info["img_path"], cv2.IMREAD_UNCHANGED)
        height, width = pixels.shape
        np.testing.assert_array_equal(pixels, phantom.image[:height, :width])
        assert not phantom.image[height:].any()
        assert not phantom.image[:, width:].any()


@pytest.mark.parametrize("name", RAW_FORMATS)
def test_the_same_millimetres_that_were_drawn(
    run_tool: Run, tmp_path: Path, phantoms: list[RawPhantom], name: str
) -> None:
    check(name, convert(run_tool, name, tmp_path, phantoms), phantoms)


def test_an_uncompressed_stack(run_tool: Run, tmp_path: Path, phantoms: list[RawPhantom]) -> None:
    out = convert(run_tool, "cldetection2023", tmp_path, phantoms, compressed=False)
    check("cldetection2023", out, phantoms)


@pytest.mark.parametrize("name", ["labelme", "labelstudio", "points", "isbi2015", "aariz"])
def test_both_observers_arrive(
    run_tool: Run, tmp_path: Path, phantoms: list[RawPhantom], name: str
) -> None:
    out = convert(run_tool, name, tmp_path, phantoms)
    dataset, numbers = load(name, out), order(name, out)
    names = get_landmark_set(DATASETS[name][1]).names
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        phantom = phantoms[numbers[info["img_path"]]]
        observers = info["raw_ann_info"]["observers"]
        assert len(observers) == 2
        # The simulated observers differ, so swapped or mixed files would show.
        keys = {"senior": "observer_a", "junior": "observer_b"}
        keys |= {"annotator_1": "observer_a", "annotator_2": "observer_b"}
        for observer, points in observers.items():
            own = phantom.observers[keys.get(observer, observer)]
            tolerance = 0.5 if name in ("isbi2015", "aariz") else 1e-3
            wanted = np.array([own[n] for n in names])
            np.testing.assert_allclose(np.array(points)[:, :2], wanted, atol=tolerance + 1e-6)


def test_the_ruler_alone(run_tool: Run, tmp_path: Path, phantoms: list[RawPhantom]) -> None:
    raw = write_raw(tmp_path / "raw", "labelstudio", phantoms)
    code, output, _ = run_tool(
        "labelstudio", raw, "--out", tmp_path / "out", "--landmark-set", "ruler2", "--split",
        "1", "0", "0",
    )  # fmt: skip
    assert code == 0
    assert "2 (ruler2); 8 points, 0 missing" in output
    dataset = RulerDataset("annotations/train.json", data_root=str(tmp_path / "out"))
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        assert info["raw_ann_info"]["spacing"] is None
        length = np.linalg.norm(np.diff(info["keypoints"][0], axis=0)) * SPACING
        assert length == pytest.approx(10, abs=1.0)


def test_splits_of_the_organisers_are_kept(
    run_tool: Run, tmp_path: Path, phantoms: list[RawPhantom]
) -> None:
    for name in ("aariz", "isbi2015"):
        raw = write_raw(tmp_path / name / "raw", name, phantoms)
        code, output, _ = run_tool(name, raw, "--out", tmp_path / name / "out")
        assert code == 0
        assert "(train 2, val 1, test 1)" in output


@pytest.mark.parametrize("name", RAW_FORMATS)
def test_a_dry_run_and_the_raw_files_stay_as_they_were(
    run_tool: Run, tmp_path: Path, phantoms: list[RawPhantom], name: str
) -> None:
    raw = write_raw(tmp_path / "raw", name, phantoms)
    before = {p: p.read_bytes() for p in (tmp_path / "raw").rglob("*") if p.is_file()}
    arguments = [raw, "--out", tmp_path / "out", "--split", "1", "0", "0"]
    code, output, _ = run_tool(name, *arguments, "--dry-run")
    assert code == 0
    assert "images converted: 4 of 4" in output
    assert not (tmp_path / "out").exists()
    run_tool(name, *arguments, "--copy-images")
    assert len(list((tmp_path / "out" / "images").iterdir())) == 4
    assert {p: p.read_bytes() for p in (tmp_path / "raw").rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("name", RAW_FORMATS)
def test_checking_our_own_output_changes_nothing(
    run_tool: Run, tmp_path: Path, phantoms: list[RawPhantom], name: str
) -> None:
    out = convert(run_tool, name, tmp_path, phantoms)
    arguments = ["--images", tmp_path, "--split", "1", "0", "0"]
    code, _, errors = run_tool("coco", out, "--out", tmp_path / "again", *arguments)
    assert (code, errors) == (0, "")
    first, again = load(name, out), load(name, tmp_path / "again")
    for i in range(len(first)):
        a, b = first.get_data_info(i), again.get_data_info(i)
        np.testing.assert_allclose(a["keypoints"], b["keypoints"], atol=1e-3)
        for key in ("spacing", "spacing_source", "device", "subject", "observers"):
            assert a["raw_ann_info"][key] == b["raw_ann_info"][key]
        assert Path(a["img_path"]).resolve() == Path(b["img_path"]).resolve()


@st.composite
def raw_phantoms(draw: st.DrawFn) -> list[RawPhantom]:
    width, height = draw(st.integers(16, 40)), draw(st.integers(16, 40))
    made = []
    for number in range(draw(st.integers(1, 3))):
        rng = np.random.default_rng([number, draw(st.integers(0, 2**32 - 1))])
        image = rng.integers(1, 255, (height, width), dtype=np.uint8)
        people = [
            {
                name: (float(x), float(y))
                for name, (x, y) in zip(
                    get_landmark_set("phantom31").names,
                    # The mixtures of the challenge's points must lie within the picture too.
                    rng.uniform(0.25, 0.75, (31, 2)) * [width, height],
                    strict=True,
                )
            }
            for _ in range(3)
        ]
        spacing = draw(st.floats(0.01, 2.0).map(lambda value: round(value, 4)))
        made.append(
            RawPhantom(
                image, spacing, people[0], {"observer_a": people[1], "observer_b": people[2]}
            )
        )
    return made


@pytest.mark.parametrize("name", RAW_FORMATS)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_points_arrive(run_tool: Run, name: str, data: st.DataObject) -> None:
    phantoms = data.draw(raw_phantoms())
    if name not in ("aariz", "cldetection2023"):  # the others take one spacing for all
        phantoms = [RawPhantom(p.image, SPACING, p.landmarks, p.observers) for p in phantoms]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        check(name, convert(run_tool, name, Path(folder), phantoms), phantoms)
