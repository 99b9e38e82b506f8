from __future__ import annotations

import numpy as np
import pytest

from mmceph.imaging import to_8bit


def test_eight_bits_stay_as_they_are():
    pixels = np.array([0, 7, 255], np.uint8)
    assert to_8bit(pixels) is pixels


def test_percentiles_become_black_and_white():
    pixels = np.full(1000, 2000, np.uint16)
    pixels[:5], pixels[5:10] = 0, 1000  # the lowest 0.5 % and what follows
    pixels[-4:], pixels[-8:-4] = 65535, 3000  # a burnt-in mark
    grey = to_8bit(pixels, window=(0.6, 99.5))
    assert grey[:10].tolist() == [0] * 10
    assert grey[500] == 128
    assert grey[-8:].tolist() == [255] * 8


def test_full_range():
    assert to_8bit(np.array([0, 257, 65535], np.uint16), window=None).tolist() == [0, 1, 255]


def test_a_picture_of_one_grey_value_keeps_its_place_in_the_range():
    assert to_8bit(np.full((2, 2), 32896, np.uint16)).tolist() == [[128, 128], [128, 128]]


def test_wrong_arguments():
    with pytest.raises(TypeError, match="float32"):
        to_8bit(np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="rising percentiles"):
        to_8bit(np.zeros(3, np.uint16), window=(99, 1))
