from __future__ import annotations

import pickle

import pytest

from mmceph.landmarks import LandmarkError, LandmarkSet, get_landmark_set, landmark_set_names
from mmceph.pose import parse_pose_metainfo


def test_index_understands_aliases() -> None:
    isbi = get_landmark_set("isbi19")
    assert [isbi.index(n) for n in ("S", "UL", "Pog'", "Articulare")] == [0, 12, 15, 18]


def test_index_of_a_stranger_suggests() -> None:
    with pytest.raises(ValueError, match=r"'pog' is not in the set 'isbi19'; did you mean 'Pog'"):
        get_landmark_set("isbi19").index("pog")
    with pytest.raises(ValueError, match="'Co' is not in the set 'isbi19'"):
        get_landmark_set("isbi19").index("Co")


def test_a_landmark_cannot_be_in_a_set_twice() -> None:
    with pytest.raises(ValueError, match="'UL' and 'Ls', which are one landmark"):
        LandmarkSet("mine", ("UL", "S", "Ls"))


def test_difficult_must_be_in_the_set_and_a_set_not_empty() -> None:
    with pytest.raises(ValueError, match="Co"):
        LandmarkSet("mine", ("S",), ("Co",))
    with pytest.raises(ValueError, match="empty"):
        LandmarkSet("mine", ())


def test_unknown_landmarks_are_allowed_and_called_by_their_symbol() -> None:
    mine = LandmarkSet("mine", ("S", "X9"))
    assert mine.full_names["X9"] == "X9"
    assert mine.definitions["X9"] == ""
    assert mine.index("X9") == 1
    assert mine.metainfo()["keypoint_info"][1]["name"] == "X9"


def test_mirror_pairs_change_places_in_a_flip() -> None:
    frontal = LandmarkSet("frontal", ("left", "right", "middle"), (), (("left", "right"),))
    meta = frontal.metainfo()["keypoint_info"]
    assert [meta[i]["swap"] for i in range(3)] == ["right", "left", ""]
    assert parse_pose_metainfo(frontal.metainfo())["flip_indices"] == [1, 0, 2]
    assert frontal.subset(["middle", "left"]).mirror_pairs == ()


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ((("left", "up"),), "'up' is not in the set"),
        ((("left", "left"),), "'left' stands twice"),
        ((("left", "right"), ("right", "middle")), "'right' stands twice"),
    ],
)
def test_mirror_pairs_are_of_the_set(pairs: tuple[tuple[str, str], ...], message: str) -> None:
    with pytest.raises(LandmarkError, match=message):
        LandmarkSet("frontal", ("left", "right", "middle"), (), pairs)


def test_subset_keeps_the_order_asked_for_and_its_difficult_ones() -> None:
    part = get_landmark_set("aariz29").subset(["UL", "Go", "S"])
    assert part.names == ("Ls", "Go", "S")
    assert part.difficult == ("Go",)


def test_links_join_what_is_present() -> None:
    links = get_landmark_set("isbi19").links
    assert ("Ar", "Go") in links  # R and Co are not in this set
    assert ("Ar", "R") in get_landmark_set("aariz29").links
    assert get_landmark_set("ruler2").links == (("P1", "P2"),)


@pytest.mark.parametrize("name", landmark_set_names())
def test_metainfo_is_whole_and_flips_nothing(name: str) -> None:
    chosen = get_landmark_set(name)
    meta = chosen.metainfo()
    size = len(chosen)
    assert meta["dataset_name"] == name
    assert [meta["keypoint_info"][i]["name"] for i in range(size)] == list(chosen.names)
    assert {k["swap"] for k in meta["keypoint_info"].values()} == {""}
    assert len(meta["joint_weights"]) == len(meta["sigmas"]) == size
    for link in meta["skeleton_info"].values():
        assert set(link["link"]) <= set(chosen.names)
    assert pickle.loads(pickle.dumps(chosen)) == chosen


@pytest.mark.mmpose
@pytest.mark.parametrize("name", landmark_set_names())
def test_mmpose_parses_the_metainfo(name: str) -> None:
    parse = pytest.importorskip("mmpose.datasets.datasets.utils", reason="MMPose is not installed")
    parsed = parse.parse_pose_metainfo(get_landmark_set(name).metainfo())
    assert parsed["flip_pairs"] == []
    assert parsed["flip_indices"] == list(range(len(get_landmark_set(name))))
