from __future__ import annotations

import pytest

from mmceph.converters import ConversionError, Problems


def test_strict_raises_file_item_field_and_message() -> None:
    problems = Problems()
    problems.warning("a.json", "l1", "", "odd")
    problems.raise_if_strict()
    problems.error("a.json", "label l2", "points", "bad; mend it")
    with pytest.raises(ConversionError, match=r"^a\.json, label l2, points: bad; mend it$"):
        problems.raise_if_strict()


def test_skip_bad_goes_on_and_keeps_the_list() -> None:
    problems = Problems(skip_bad=True)
    problems.error("a.json", "", "", "bad")
    problems.raise_if_strict()
    assert [str(p) for p in problems] == ["a.json: bad"]
    assert problems.errors[0].as_dict()["severity"] == "error"


def test_a_long_list_is_cut() -> None:
    problems = Problems()
    for i in range(13):
        problems.error(f"{i}.json", "", "", "bad")
    with pytest.raises(ConversionError, match="and 3 more"):
        problems.raise_if_strict()
