from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.converters.own_pictures import OwnPictures
from mmceph.converters.unpack import as_grey, crop_padding, write_png
from mmceph.formats.annotation_set import data_root


def test_padding_ends_at_the_last_row_and_column_that_hold_anything() -> None:
    pixels = np.zeros((6, 8, 3), np.uint8)
    pixels[3, 1, 2] = 1
    pixels[1, 4, 0] = 1
    pixels[0, 0] = 0  # zeros before the picture's content stay
    assert crop_padding(pixels, []).shape == (4, 5, 3)
    assert crop_padding(pixels[..., 0], []).shape == (2, 5)


def test_landmarks_are_not_cut_off() -> None:
    pixels = np.zeros((6, 8), np.uint8)
    pixels[0, 0] = 1
    assert crop_padding(pixels, [(3.2, 4.0)]).shape == (4, 4)
    assert crop_padding(pixels, [(99.0, 4.0), (-1.0, 2.0)]).shape == (1, 1)


def test_nothing_at_all() -> None:
    assert crop_padding(np.zeros((6, 8, 3), np.uint8), []).size == 0


def test_three_equal_channels_become_one() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert as_grey(np.stack([grey] * 3, axis=-1)).shape == (3, 4)
    assert as_grey(grey) is grey
    colour = np.stack([grey, grey, grey + 1], axis=-1)
    assert as_grey(colour) is colour


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_pixels_are_written_as_they_are(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    info = write_png(pixels, "a.png", OwnPictures(data_root(tmp_path)))
    assert (info.width, info.height) == (7, 5)
    back = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(back if back.ndim == 2 else back[..., ::-1], pixels)


def test_an_equal_picture_is_kept(tmp_path: Path) -> None:
    pictures, pixels = OwnPictures(data_root(tmp_path)), np.full((4, 4), 1, np.uint8)
    digest = write_png(pixels, "a.png", pictures).digest
    before = (tmp_path / "a.png").stat().st_mtime_ns
    assert write_png(pixels, "a.png", pictures).digest == digest
    assert (tmp_path / "a.png").stat().st_mtime_ns == before


def test_without_a_writer_nothing_is_written(tmp_path: Path) -> None:
    write_png(np.ones((4, 4), np.uint8), str(tmp_path / "a.png"), None)
    assert not list(tmp_path.iterdir())
