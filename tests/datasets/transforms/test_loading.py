from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mmceph.datasets.transforms import LoadCephImage
from mmceph.datasets.transforms import loading as module
from mmceph.imaging import ImageReadError
from mmceph.imaging.reduce import ReducedImage
from mmceph.pose import LoadImage
from mmceph.registry import TRANSFORMS


@pytest.mark.parametrize("color_type", ["color", "grayscale"])
def test_without_reduction_it_gives_what_load_image_gives(sample: Callable, color_type: str):
    ours = LoadCephImage(color_type)(sample())
    stock = LoadImage(color_type=color_type)(sample())
    assert ours.keys() == stock.keys()
    np.testing.assert_array_equal(ours["img"], stock["img"])
    assert ours["img_shape"] == stock["img_shape"] == (1200, 1000)
    assert ours["ori_shape"] == stock["ori_shape"]


def test_it_is_built_from_a_config(sample: Callable):
    built = TRANSFORMS.build({"type": "LoadCephImage", "color_type": "grayscale"})
    assert built(sample())["img"].shape == (1200, 1000)


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ({"input_size": (100, 120)}, (200, 240)),
        ({"input_size": (128, 128)}, (213, 256)),
        ({"input_size": (100, 120), "oversample": 1.5}, (150, 180)),
        ({"reduce_to": (250, 9999)}, (250, 300)),
    ],
)
def test_it_reduces_and_tells_the_size_of_the_original(
    sample: Callable, arguments: dict, size: tuple
):
    results = LoadCephImage(**arguments)(sample())
    image = results["img"]
    assert isinstance(image, ReducedImage)
    assert image.pixels.shape == size[::-1]
    assert image.original_size == (1000, 1200)
    assert image.channels == 3
    assert results["img_shape"] == results["ori_shape"] == (1200, 1000)
    np.testing.assert_array_equal(results["keypoints"], sample()["keypoints"])


def test_small_pictures_are_not_enlarged(sample: Callable):
    results = LoadCephImage("grayscale", input_size=(1000, 1200))(sample())
    assert isinstance(results["img"], np.ndarray)
    assert results["img"].shape == (1200, 1000)


@pytest.mark.parametrize("cache", ["ram", "disk"])
@pytest.mark.parametrize("input_size", [None, (100, 120)])
def test_a_file_is_decoded_once_until_it_changes(
    sample: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: str, input_size: Any
):
    decoded = []
    read = module.read_image
    monkeypatch.setattr(module, "read_image", lambda *a, **k: decoded.append(a[0]) or read(*a, **k))
    directory = str(tmp_path / "cache")
    load = LoadCephImage("grayscale", input_size=input_size, cache=cache, cache_dir=directory)
    first = load(sample())
    again = load(sample())
    assert len(decoded) == 1
    np.testing.assert_array_equal(np.asarray(again["img"]), np.asarray(first["img"]))
    assert again["ori_shape"] == first["ori_shape"] == (1200, 1000)

    path = Path(sample()["img_path"])
    changed = np.full((600, 500), 77, np.uint8)
    path.write_bytes(cv2.imencode(".png", changed)[1].tobytes())
    third = load(sample())
    assert len(decoded) == 2
    assert third["ori_shape"] == (600, 500)
    assert np.asarray(third["img"])[0, 0] == 77

    later = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(later, later))
    load(sample())
    assert len(decoded) == 3


def test_another_input_size_is_another_entry(sample: Callable, tmp_path: Path):
    shapes = []
    for size in ((100, 120), (150, 180), (100, 120)):
        load = LoadCephImage(input_size=size, cache="disk", cache_dir=str(tmp_path / "cache"))
        shapes.append(load(sample())["img"].pixels.shape)
    assert shapes == [(240, 200), (360, 300), (240, 200)]
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 2


@pytest.mark.parametrize("cache", ["ram", "disk"])
def test_what_later_steps_do_to_a_picture_stays_out_of_the_cache(
    sample: Callable, tmp_path: Path, cache: str
):
    load = LoadCephImage("grayscale", cache=cache, cache_dir=str(tmp_path / "cache"))
    before = load(sample())["img"].copy()
    load(sample())["img"][:] = 0
    np.testing.assert_array_equal(load(sample())["img"], before)


def test_workers_get_the_settings_but_not_the_memory(sample: Callable):
    load = LoadCephImage(input_size=(100, 120), cache="ram")
    load(sample())
    copy = pickle.loads(pickle.dumps(load))
    assert repr(copy) == repr(load)
    np.testing.assert_array_equal(copy(sample())["img"].pixels, load(sample())["img"].pixels)


@pytest.mark.parametrize(("color_type", "shape"), [("color", (4, 5, 3)), ("grayscale", (4, 5))])
@pytest.mark.parametrize("given", [(4, 5), (4, 5, 3)])
def test_an_array_in_memory_is_kept(color_type: str, shape: tuple, given: tuple):
    image = np.full(given, 9, np.uint8)
    results = LoadCephImage(color_type, input_size=(2, 2), cache="ram")({"img": image})
    assert results["img"].shape == shape
    assert (results["img"] == 9).all()
    assert results["img_path"] is None
    assert results["img_shape"] == (4, 5)


@pytest.mark.parametrize("cache", [None, "ram", "disk"])
def test_a_missing_file_is_named(tmp_path: Path, cache: str | None):
    load = LoadCephImage(cache=cache, cache_dir=str(tmp_path))
    with pytest.raises(ImageReadError, match=r"gone\.png: cannot be read"):
        load({"img_path": str(tmp_path / "gone.png")})


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"color_type": "sepia"}, "color_type"),
        ({"cache": "tape"}, "cache"),
        ({"cache": "ram", "cache_bytes": 0}, "cache_bytes"),
        ({"input_size": (2, 2), "reduce_to": (2, 2)}, "not both"),
        ({"input_size": (2, 2), "oversample": 0.5}, "oversample"),
        ({"reduce_to": (0, 3)}, "size"),
    ],
)
def test_impossible_arguments_are_named(arguments: dict, name: str):
    with pytest.raises(ValueError, match=name):
        LoadCephImage(**arguments)
