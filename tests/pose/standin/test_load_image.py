from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.pose.standin import LoadImage

KINDS = ["color", "grayscale", "unchanged"]


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A 16-bit one-channel file in a folder whose name is not ASCII."""
    path = tmp_path / "Größe" / "deep.png"
    path.parent.mkdir()
    pixels = (np.arange(12).reshape(3, 4) * 5000).astype(np.uint16)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return path


@pytest.mark.parametrize(
    ("kind", "shape", "dtype"),
    [("color", (3, 4, 3), "u1"), ("grayscale", (3, 4), "u1"), ("unchanged", (3, 4), "u2")],
)
def test_colour_types(deep: Path, kind: str, shape: tuple, dtype: str):
    result = LoadImage(color_type=kind)({"img_path": str(deep)})
    assert result["img"].shape == shape
    assert result["img"].dtype == np.dtype(dtype)
    assert result["img_shape"] == result["ori_shape"] == (3, 4)
    if kind == "unchanged":
        assert result["img"][2, 3] == 55000


def test_an_image_in_memory_is_kept():
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    result = LoadImage(to_float32=True)({"img": image})
    assert result["img"].dtype == np.float32
    assert result["img_path"] is None
    assert result["img_shape"] == (2, 3)


@pytest.mark.mmpose
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("to_float32", [False, True])
def test_equals_mmposes(deep: Path, kind: str, to_float32: bool):
    from mmpose.datasets.transforms import LoadImage as Theirs

    ours = LoadImage(to_float32, kind)({"img_path": str(deep)})
    theirs = Theirs(to_float32, kind)({"img_path": str(deep)})
    assert ours.keys() == theirs.keys()
    np.testing.assert_array_equal(ours["img"], theirs["img"])
    assert ours["img"].dtype == theirs["img"].dtype
    assert (ours["img_shape"], ours["ori_shape"]) == (theirs["img_shape"], theirs["ori_shape"])


def test_files_that_cannot_be_read(tmp_path: Path):
    text, empty = tmp_path / "text.png", tmp_path / "empty.png"
    text.write_text("no picture")
    empty.write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"gone\.png: no such image"):
        LoadImage()({"img_path": str(tmp_path / "gone.png")})
    for path in (text, empty):
        with pytest.raises(OSError, match=f"{path.name}: not an image"):
            LoadImage()({"img_path": str(path)})
        assert LoadImage(ignore_empty=True)({"img_path": str(path)}) is None


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"color_type": "sepia"}, "color_type"),
        ({"imdecode_backend": "pillow"}, "imdecode_backend"),
        ({"backend_args": {"backend": "petrel"}}, "backend_args"),
    ],
)
def test_unsupported_values_are_named(arguments: dict, name: str):
    with pytest.raises(ValueError, match=name):
        LoadImage(**arguments)
