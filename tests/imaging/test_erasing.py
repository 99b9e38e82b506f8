import numpy as np

from mmceph.imaging.erasing import erase_strip, inpaint_strip, ruler_strip

MARKS = np.array([[50.0, 60.0], [50.0, 40.0]])  # 20 px: 2 px a mm


def test_the_strip_reaches_from_below_p1_to_the_upper_edge():
    strip = ruler_strip(MARKS, (100, 120), foot_mm=5.0, half_mm=4.0)
    assert strip[:, 0].tolist() == list(range(71))  # 60 px + 5 mm of 2 px
    # Half a strip is 4 mm = 8 px from P2 down, and wider by 0.07 px a px above it.
    assert strip[60, 1:].tolist() == [42, 59]
    assert strip[0, 1:].tolist() == [39, 62]  # 8 + 0.07 * 40 = 10.8


def test_the_strip_follows_a_tilted_ruler_and_stops_at_the_picture():
    tilted = np.array([[40.0, 60.0], [50.0, 40.0]])
    strip = ruler_strip(tilted, (55, 120), half_mm=4.0)
    middle = {row: (left, right) for row, left, right in strip}
    assert middle[60][0] < middle[40][0]
    assert strip[:, 2].max() == 55


def test_erasing_leads_evenly_from_side_to_side_and_touches_nothing_else():
    image = np.tile(np.arange(100, dtype=np.uint8) * 2, (120, 1))
    ruler = image.copy()
    strip = ruler_strip(MARKS, (100, 120))
    for row, left, right in strip:
        ruler[row, left + 2 : right - 2] = 250
    erased = erase_strip(ruler, strip)
    # The sides' means lie 3.5 px outside, so the ramp is a little steeper than the picture's own.
    assert np.abs(erased.astype(int) - image).max() <= 12
    outside = np.ones_like(image, bool)
    for row, left, right in strip:
        outside[row, left:right] = False
    assert (erased[outside] == ruler[outside]).all()


def test_a_strip_at_the_edge_takes_its_one_side():
    image = np.full((120, 100), 90, np.uint8)
    image[:, :20] = 10
    strip = ruler_strip(np.array([[5.0, 60.0], [5.0, 40.0]]), (100, 120), half_mm=10.0)
    image[0, 0] = 200
    assert erase_strip(image, strip)[0, 0] == 90


def test_erasing_takes_colour_and_noise():
    rng = np.random.default_rng(0)
    grey = np.clip(100 + 5 * rng.standard_normal((120, 100)), 0, 255).astype(np.uint8)
    image = np.repeat(grey[..., None], 3, axis=2)
    strip = ruler_strip(MARKS, (100, 120))
    erased = erase_strip(image, strip, rng)
    assert (erased[..., 0] == erased[..., 2]).all()
    inside = erased[30, strip[30, 1] : strip[30, 2], 0].astype(float)
    assert 2 < inside.std() < 9


def test_inpainting_removes_the_ruler_too():
    image = np.full((120, 100), 60, np.uint8)
    strip = ruler_strip(MARKS, (100, 120))
    image[:64, 48:53] = 220
    result = inpaint_strip(image, strip)
    assert result[:64].max() < 70  # Telea overshoots a little
    assert image.max() == 220
