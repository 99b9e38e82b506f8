from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from mmceph.errors import MmcephError
from mmceph.phantom import PhantomOptions, generate_phantom
from mmceph.phantom.variety import Variety, chance

SIZE = (256, 320)


def drawn_once(seed: int = 0, **changes: Any) -> dict[str, Any]:
    return chance(np.random.default_rng(seed), Variety(**changes))


def varied(index: int, seed: int = 3, **changes: Any) -> Any:
    options = PhantomOptions(variety=Variety(**changes))
    return generate_phantom(seed, index, SIZE, options)


def test_without_variety_pictures_are_what_they_were() -> None:
    plain, none = generate_phantom(3, 0, SIZE), generate_phantom(3, 0, SIZE, variety=None)
    np.testing.assert_array_equal(plain.image, none.image)
    assert plain.variety is None


def test_a_variety_of_nothing_changes_neither_head_nor_picture() -> None:
    plain, nothing = generate_phantom(3, 0, SIZE), varied(0)
    for name, place in nothing.landmarks.items():
        assert place == pytest.approx(plain.landmarks[name], abs=1e-9)
    assert (nothing.image != plain.image).mean() < 1e-3


def test_every_option_is_drawn_and_recorded() -> None:
    drawn = drawn_once()
    assert {option.name.removesuffix("_probability") for option in fields(Variety)} == set(drawn)
    assert not any(value for value in drawn.values() if isinstance(value, bool))


def test_an_option_does_not_shift_the_others() -> None:
    first, second = drawn_once(clips_probability=1.0), drawn_once()
    assert {name for name in first if first[name] != second[name]} == {"clips"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clips_probability": 1.2}, "clips_probability is 1.2; it must lie in 0..1"),
        ({"tilt_deg": (5.0, -5.0)}, "tilt_deg is .* give .lowest, highest."),
        ({"size": (0.0, 1.0)}, "must be above 0"),
    ],
)
def test_impossible_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MmcephError, match=message):
        Variety(**changes)


def test_many_machines_are_seeded_and_all_landmarks_lie_inside() -> None:
    options = PhantomOptions(variety=Variety.many_machines())
    shapes = set()
    for index in range(12):
        phantom = generate_phantom(8, index, SIZE, options)
        again = generate_phantom(8, index, SIZE, options)
        np.testing.assert_array_equal(phantom.image, again.image)
        height, width = phantom.image.shape
        shapes.add((height, width))
        for x, y in phantom.landmarks.values():
            assert 0 <= x <= width - 1
            assert 0 <= y <= height - 1
        assert len(phantom.landmarks) == 31
    assert len(shapes) > 3


def test_the_whole_head_is_smaller_in_the_picture() -> None:
    near, far = varied(0), varied(0, whole_head_probability=1.0, whole_field_mm=(240.0, 240.0))
    assert far.spacing[0] == pytest.approx(240 / SIZE[0])

    def length(phantom: Any) -> float:
        return float(np.hypot(*np.subtract(phantom.landmarks["N"], phantom.landmarks["S"])))

    assert length(far) * far.spacing[0] == pytest.approx(length(near) * near.spacing[0], rel=1e-6)
    assert length(far) < length(near)


def test_a_negative_is_one_and_marks_are_on_the_film() -> None:
    plain, negative = varied(0), varied(0, inverted_probability=1.0)
    np.testing.assert_array_equal(negative.image, 255 - plain.image)
    clips = varied(0, clips_probability=1.0)
    assert (clips.image[:2] > 220).mean() > (plain.image[:2] > 220).mean() or (
        clips.image[-2:] > 220
    ).mean() > (plain.image[-2:] > 220).mean()
    assert clips.landmarks == plain.landmarks


@pytest.mark.parametrize(
    "name",
    ["brackets", "mixed", "letters", "apron", "rest", "film_edge", "equalised", "stains",
     "stripes", "jpeg"],
)  # fmt: skip
def test_what_is_drawn_changes_the_picture_and_no_landmark(name: str) -> None:
    plain, changed = varied(1), varied(1, **{f"{name}_probability": 1.0})
    assert changed.variety[name]
    assert changed.landmarks == plain.landmarks
    assert not np.array_equal(changed.image, plain.image)
