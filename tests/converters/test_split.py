from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmceph.converters import Case, ConversionError, split_cases, write_splits
from mmceph.errors import MmcephError
from mmceph.landmarks import LandmarkSet

SET = LandmarkSet("one", ("S",))


def make_cases(count: int, per_subject: int = 1) -> list[Case]:
    return [
        Case(f"{i:03}.png", 10, 10, {"a": {"S": (i, 1.0)}}, subject=f"p{i // per_subject}")
        for i in range(count)
    ]


def names(cases: list[Case]) -> list[str]:
    return [case.file_name for case in cases]


def test_shares_seed_and_order() -> None:
    cases = make_cases(100)
    split = split_cases(cases, (0.8, 0.2, 0.0), seed=0)
    assert [len(part) for part in split.values()] == [80, 20, 0]
    again = split_cases(cases[::-1], (0.8, 0.2, 0.0), seed=0)
    assert names(split["val"]) == names(again["val"])
    assert names(split["val"]) != names(split_cases(cases, (0.8, 0.2, 0.0), seed=1)["val"])


def test_seed_0_stays_what_it_was() -> None:
    # Reports name the seed: the same seed must give the same images in every later version.
    val = split_cases(make_cases(10), (0.8, 0.2, 0.0), seed=0)["val"]
    assert names(val) == ["006.png", "009.png"]


@given(
    count=st.integers(6, 60),
    per_subject=st.integers(1, 2),
    seed=st.integers(0, 5),
    shares=st.sampled_from([(0.8, 0.2, 0.0), (0.5, 0.25, 0.25), (0.6, 0.4, 0), (1, 0, 0)]),
)
def test_every_case_once_and_no_subject_in_two_splits(
    count: int, per_subject: int, seed: int, shares: tuple[float, float, float]
) -> None:
    cases = make_cases(count, per_subject)
    try:
        split = split_cases(cases, shares, seed)
    except ConversionError as error:
        assert "too few" in str(error)  # noqa: PT017
        return
    assert sorted(name for part in split.values() for name in names(part)) == names(cases)
    homes = [{case.subject for case in part} for part in split.values()]
    assert not homes[0] & homes[1]
    assert not homes[0] & homes[2]
    assert not homes[1] & homes[2]


def test_too_few_subjects() -> None:
    with pytest.raises(ConversionError, match=r"1 subject\(s\) are too few for val"):
        split_cases(make_cases(1), (0.8, 0.2, 0.0))


@pytest.mark.parametrize("shares", [(0.8, 0.1, 0.0), (1.2, -0.2, 0.0), (float("nan"), 1, 0), (1,)])
def test_shares_must_add_up(shares: tuple[float, ...]) -> None:
    with pytest.raises(ConversionError, match="add up to 1"):
        split_cases(make_cases(10), shares)


def test_test_json_is_val_where_no_share_was_given(tmp_path: Path) -> None:
    written = write_splits(tmp_path, split_cases(make_cases(10)), SET)
    content = {split: json.loads(path.read_text()) for split, path in written.items()}
    assert content["test"]["images"] == content["val"]["images"]
    assert content["test"]["info"]["split"] == "val (no test share was given)"
    ids = [image["id"] for split in ("train", "val") for image in content[split]["images"]]
    assert sorted(ids) == list(range(1, 11))


def test_nothing_is_overwritten_unasked_and_force_leaves_no_old_split(tmp_path: Path) -> None:
    write_splits(tmp_path, split_cases(make_cases(10)), SET)
    before = (tmp_path / "annotations/train.json").read_text()
    only_test = split_cases(make_cases(3), (0, 0, 1))
    with pytest.raises(MmcephError, match=r"train.json.*--force"):
        write_splits(tmp_path, only_test, SET)
    assert (tmp_path / "annotations/train.json").read_text() == before
    write_splits(tmp_path, only_test, SET, force=True)
    left = sorted(path.name for path in (tmp_path / "annotations").iterdir())
    assert left == ["conversion.manifest", "test.json"]
