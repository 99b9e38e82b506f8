from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.cldetection2023 import LANDMARKS, parse_point, read_cldetection2023
from mmceph.converters.cldetection2023_predictions import (
    challenge_form,
    from_report,
    read_predictions,
    write_predictions,
)
from mmceph.converters.own_pictures import OwnPictures
from mmceph.converters.raw_data import RawData, ReadOptions
from mmceph.formats.annotation_set import data_root
from mmceph.phantom.raw_stack import write_mha

TOOL = Path(__file__).resolve().parents[2] / "tools/dataset_converters/cldetection2023.py"


def entries(image: int, scale: Any = "0.1", shift: float = 0.0) -> list[dict[str, Any]]:
    return [
        {"name": number, "point": [number / 2 + shift, number / 4, image], "scale": scale}
        for number in range(1, 39)
    ]


def write(folder: Path, points: list[Any], sizes: tuple[tuple[int, int], ...]) -> Path:
    """Write pictures of the sizes (w, h); the stack is as large as the largest."""
    pictures = [
        np.random.default_rng(i).integers(1, 255, (height, width), dtype=np.uint8)
        for i, (width, height) in enumerate(sizes)
    ]
    write_mha(folder / "train_stack.mha", pictures)
    content = {"name": "Orthodontic landmarks", "type": "Multiple points", "points": points}
    (folder / "train-gt.json").write_text(json.dumps(content))
    return folder


def read(raw: Path, skip_bad: bool = False, **given: Any) -> tuple[RawData, Problems]:
    problems = Problems(skip_bad)
    options = ReadOptions(pictures=OwnPictures(data_root(raw / "out")), **given)
    return read_cldetection2023(raw, raw / "out", options, problems), problems


def test_images_points_scale_and_padding(tmp_path: Path) -> None:
    points = entries(1) + entries(2, "0.096")
    found, problems = read(write(tmp_path, points, ((30, 40), (50, 20))))
    assert problems.errors == []
    first, second = found.cases
    assert (first.file_name, first.width, first.height) == ("images/001.png", 30, 40)
    assert (second.file_name, second.width, second.height) == ("images/002.png", 50, 20)
    assert (first.spacing, second.spacing) == ((0.1, 0.1), (0.096, 0.096))
    assert first.spacing_source == "nominal"
    assert first.consensus("S") == (0.5, 0.25)
    assert first.consensus("L6") == (19.0, 9.5)
    pixels = cv2.imread(str(tmp_path / "out/images/002.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(
        pixels, np.random.default_rng(1).integers(1, 255, (20, 50), dtype=np.uint8)
    )


def test_the_same_stack_by_simpleitk(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK", reason="SimpleITK is not installed")
    read(write(tmp_path, entries(1) + entries(2), ((30, 40), (50, 20))))
    stack = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "train_stack.mha")))
    assert stack.shape == (2, 40, 50, 3)
    for slice_, name in zip(stack, ("001", "002"), strict=True):
        pixels = cv2.imread(str(tmp_path / f"out/images/{name}.png"), cv2.IMREAD_UNCHANGED)
        height, width = pixels.shape
        np.testing.assert_array_equal(slice_[:height, :width, 1], pixels)
        assert not slice_[height:].any()
        assert not slice_[:, width:].any()


def test_a_missing_and_a_repeated_point(tmp_path: Path) -> None:
    points = entries(1)
    del points[4]
    points.append({"name": 7, "point": [29.0, 1.0, 1], "scale": "0.1"})
    raw = write(tmp_path, points + entries(2), ((30, 40), (30, 40)))
    with pytest.raises(ConversionError, match=r"image 1, label Pog, points: given 2 times"):
        read(raw)
    found, problems = read(raw, skip_bad=True)
    assert found.cases[0].consensus("A") is None
    assert found.cases[0].consensus("Pog") is None
    assert "lacks A, Pog; written as missing" in str(problems.warnings[0])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (3, "is 3, not an object"),
        ({"name": 0, "point": [1, 1, 1]}, "name is 0, not a number of 1 to 38"),
        ({"name": "39", "point": [1, 1, 1]}, "name is '39'"),
        ({"name": "S", "point": [1, 1, 1]}, "name is 'S'"),
        ({"name": True, "point": [1, 1, 1]}, "name is True"),
        ({"name": 1, "point": [1, 1]}, r"point is \[1, 1\]"),
        ({"name": 1, "point": [1, float("nan"), 1]}, "finite"),
        ({"name": 1, "point": [1, 1, 0]}, "the images are counted from 1"),
        ({"name": 1, "point": [1, 1, 1.5]}, "the images are counted from 1"),
    ],
)
def test_points_that_cannot_be_used(entry: Any, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        parse_point(entry)


@pytest.mark.parametrize("scale", ["", "abc", "-0.1", "nan", "0", [], True])
def test_scales_that_cannot_be_used(tmp_path: Path, scale: Any) -> None:
    raw = write(tmp_path, entries(1, scale), ((30, 40),))
    with pytest.raises(ConversionError, match=r"train-gt\.json, points\[0\]: scale is"):
        read(raw)
    assert not (tmp_path / "out").exists()


def test_two_scales_in_one_image_and_none(tmp_path: Path) -> None:
    points = entries(1)
    points[3]["scale"] = "0.125"
    raw = write(tmp_path, points + entries(2, None), ((30, 40), (30, 40)))
    with pytest.raises(ConversionError, match=r"image 1, scale: is given as 0\.1 and 0\.125"):
        read(raw)
    found, problems = read(raw, skip_bad=True)
    assert [case.spacing for case in found.cases] == [None, None]
    assert "2 image(s) have no scale; in px only: 1, 2" in str(problems.warnings[0])


def test_numbers_beyond_the_stack_and_images_without_points(tmp_path: Path) -> None:
    raw = write(tmp_path, entries(2) + entries(9), ((30, 40), (30, 40), (30, 40)))
    with pytest.raises(ConversionError, match="image 9: is not in the stack, which has 3"):
        read(raw)
    found, problems = read(raw, skip_bad=True)
    assert [case.subject for case in found.cases] == ["002"]
    assert "2 image(s) of the stack have no points; left out: 1, 3" in str(problems.warnings[0])


def test_a_black_image_is_left_out(tmp_path: Path) -> None:
    raw = write(tmp_path, entries(1) + entries(2), ((30, 40), (30, 40)))
    pictures = [np.zeros((40, 30), np.uint8), np.full((40, 30), 9, np.uint8)]
    write_mha(raw / "train_stack.mha", pictures)
    found, problems = read(raw, skip_bad=True)
    assert len(found.cases) == 1
    assert "image 1: is black all over" in str(problems.errors[0])


def test_files_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="no such folder"):
        read(tmp_path / "none")
    with pytest.raises(ConversionError, match=r"train-gt\.json is not there, and no \.json file"):
        read(tmp_path)
    raw = tmp_path / "set" / "inner"
    raw.mkdir(parents=True)
    write(raw, entries(1), ((30, 40),))
    assert len(read(tmp_path / "set")[0].cases) == 1
    (raw / "train_stack.mha").rename(tmp_path / "stack.mha")
    assert len(read(raw, images=tmp_path / "stack.mha")[0].cases) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")
def test_a_killed_run_leaves_whole_files_and_the_next_goes_on(tmp_path: Path) -> None:
    count = 60
    points = [point for image in range(1, count + 1) for point in entries(image)]
    raw = write(tmp_path, points, tuple((300, 400) for _ in range(count)))
    out = tmp_path / "out"
    command = [sys.executable, str(TOOL), str(raw), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list((out / "images").glob("*.png"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    written = sorted((out / "images").glob("[0-9]*.png"))
    assert written
    for path in written:
        assert cv2.imread(str(path), cv2.IMREAD_UNCHANGED).shape == (400, 300)
    times = {path: path.stat().st_mtime_ns for path in written}
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in written} == times
    assert len(list((out / "images").glob("[0-9]*.png"))) == count


def test_predictions_there_and_back(tmp_path: Path) -> None:
    predictions = {
        image: {name: (i + 0.5, image + 0.25) for i, name in enumerate(LANDMARKS.names)}
        for image in (2, 1)
    }
    path = write_predictions(predictions, tmp_path / "orthodontic-landmarks.json")
    content = json.loads(path.read_text())
    assert content["points"][0] == {"name": "1", "point": [0.5, 1.25, 1]}
    assert len(content["points"]) == 76
    assert {k: content[k] for k in ("name", "type", "version")} == {
        "name": "Orthodontic landmarks",
        "type": "Multiple points",
        "version": {"major": 1, "minor": 0},
    }
    assert read_predictions(path) == predictions


def test_predictions_that_are_not_whole(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="image 3: no prediction for N, Or"):
        challenge_form({3: {"S": (1.0, 2.0)}})
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"points": entries(1)[:1] * 2}))
    with pytest.raises(ConversionError, match=r"points\[1\]: image 1 has S already"):
        read_predictions(path)
    path.write_text("[]")
    with pytest.raises(ConversionError, match="no list 'points'"):
        read_predictions(path)


def test_predictions_of_our_own_report(tmp_path: Path) -> None:
    path = tmp_path / "predictions.json"
    content = {
        "schema": 1,
        "landmark_names": list(LANDMARKS.names),
        "images": [{"file": "images/007.png", "keypoints": [[i, 2.5] for i in range(38)]}],
    }
    path.write_text(json.dumps(content))
    found = from_report(path)
    assert found[7]["N"] == (1.0, 2.5)
    assert challenge_form(found)["points"][1] == {"name": "2", "point": [1.0, 2.5, 7]}
    content["images"][0]["file"] = "images/x.png"
    path.write_text(json.dumps(content))
    with pytest.raises(ConversionError, match="names no number"):
        from_report(path)
