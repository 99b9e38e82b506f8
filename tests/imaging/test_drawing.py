from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mmceph.imaging.drawing import contact_sheet, draw_landmarks, encode_png, side_by_side


def red_centre(picture: np.ndarray) -> tuple[float, float]:
    """Centre of gravity (x, y) of what is drawn in the points' colour."""
    y, x = np.nonzero((picture == (255, 80, 60)).all(axis=2))
    return float(x.mean()), float(y.mean())


@pytest.mark.parametrize("shape", [(100, 80), (100, 80, 3)])
def test_points_are_enlarged_with_the_picture(shape: tuple):
    picture = draw_landmarks(np.zeros(shape, np.uint8), np.array([[20.0, 30.0]]), [""], height=400)
    assert picture.shape == (400, 320, 3)
    # pixel 20's centre is 20.5 px from the edge, four times that less half a pixel is 81.5
    assert red_centre(picture) == pytest.approx((81.5, 121.5), abs=1.5)


def is_name(picture: np.ndarray) -> np.ndarray:
    """Where the names' colour is, also thinned at the letters' edges."""
    red, green, blue = picture.astype(int).transpose(2, 0, 1)
    return (green > 120) & (red > green) & (blue < green / 2)


def test_names_are_drawn_beside_the_points_and_inside():
    points = np.array([[1.0, 1.0], [198.0, 198.0], [100.0, 100.0], [101.0, 100.0]])
    picture = draw_landmarks(
        np.zeros((200, 200), np.uint8), points, ["Sella", "Pog`", "UIT", "LIT"], height=600
    )
    yellow = is_name(picture)
    assert yellow[:60, :150].any()
    assert yellow[-60:, -150:].any()


def test_missing_points_are_left_out_and_a_caption_goes_above():
    points = np.array([[np.nan, np.nan], [50.0, 50.0]])
    plain = draw_landmarks(np.zeros((100, 100), np.uint8), points, ["S", ""], height=200)
    named = draw_landmarks(
        np.zeros((100, 100), np.uint8), points, ["S", ""], height=200, caption="file.png"
    )
    line = named.shape[0] - plain.shape[0]
    assert line > 8
    x, y = red_centre(plain)
    assert red_centre(named) == pytest.approx((x, y + line))
    assert not is_name(plain).any()


def test_rows_and_sheets():
    a, b = np.full((10, 20, 3), 255, np.uint8), np.full((14, 12, 3), 128, np.uint8)
    assert side_by_side([a, b], gap=4).shape == (14, 36, 3)
    sheet = contact_sheet([a, b, a], columns=2, gap=4)
    assert sheet.shape == (14 + 4 + 10, 44, 3)
    assert (sheet[:10, :20] == 255).all()
    assert (sheet[:14, 28:40] == 128).all()  # in the middle of its cell
    assert contact_sheet([a], columns=4).shape == (10, 20, 3)


def test_png_keeps_the_colours():
    picture = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    decoded = Image.open(io.BytesIO(encode_png(picture)))
    np.testing.assert_array_equal(np.asarray(decoded), picture)
