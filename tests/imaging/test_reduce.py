from __future__ import annotations

import numpy as np
import pytest

from mmceph.imaging.reduce import ReducedImage, reduce, reduced_size


@pytest.mark.parametrize(
    ("size", "limit", "expected"),
    [
        ((2000, 2400), (1000, 1200), (1000, 1200)),
        ((2000, 2400), (1000, 600), (500, 600)),
        ((100, 80), (200, 200), (100, 80)),
        ((10_000, 2), (100, 100), (100, 1)),
    ],
)
def test_sizes(size: tuple, limit: tuple, expected: tuple):
    assert reduced_size(size, limit) == expected
    assert reduce(np.zeros(size[::-1], np.uint8), limit).shape == expected[::-1]


def test_areas_are_averaged():
    pixels = np.array([[0, 10, 20, 30], [2, 12, 22, 32]], np.uint8)
    assert reduce(pixels, (2, 1)).tolist() == [[6, 26]]


def test_pixel_centres_of_copy_and_original():
    copy = ReducedImage(np.zeros((3, 5), np.uint8), (20, 6))
    matrix = copy.to_original()
    # the copy's corners are the original's, and pixel centres lie half a pixel inside
    np.testing.assert_allclose(matrix @ [-0.5, -0.5, 1], [-0.5, -0.5, 1])
    np.testing.assert_allclose(matrix @ [4.5, 2.5, 1], [19.5, 5.5, 1])
    np.testing.assert_allclose(matrix @ [0, 0, 1], [1.5, 0.5, 1])


def test_a_copy_can_be_mirrored_but_not_cut_nor_warped():
    import cv2

    copy = ReducedImage(np.arange(6, dtype=np.uint8).reshape(2, 3), (30, 20), channels=3)
    mirrored = np.flip(copy, axis=1)
    assert isinstance(mirrored, ReducedImage)
    assert mirrored.pixels.tolist() == [[2, 1, 0], [5, 4, 3]]
    assert (mirrored.original_size, mirrored.channels) == ((30, 20), 3)
    with pytest.raises(IndexError, match="not cut"):
        copy[:1]
    with pytest.raises(cv2.error, match="not a numpy array"):
        cv2.warpAffine(copy, np.eye(2, 3), (3, 2))
    np.testing.assert_array_equal(np.asarray(copy), copy.pixels)
