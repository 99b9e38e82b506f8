from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mmceph.datasets import CephDataset
from mmceph.engine.checkpoint import CheckpointError
from mmceph.engine.checkpoint_landmarks import (
    follow_checkpoint,
    landmarks_of_checkpoint,
    require_landmarks,
)
from mmceph.engine.config import load_config
from mmceph.engine.start import check_start
from mmceph.landmarks import LandmarkSet, as_landmark_set, get_landmark_set

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
QUICK = CONFIGS / "phantom" / "resnet18_quickstart.py"
EXACT = CONFIGS / "isbi2015" / "resnet18_pyramid_320x400_difficult.py"
OWN = LandmarkSet("mine", ("S", "N", "left", "right"), ("N",), (("left", "right"),))


def saved(chosen: LandmarkSet, **state: Any) -> dict[str, Any]:
    """A checkpoint as training writes it of a data set with these landmarks."""
    plain = {
        **chosen.metainfo(),
        "landmark_set": chosen.name,
        "landmark_names": chosen.names,
        "difficult": chosen.difficult,
    }
    return {"meta": {"dataset_meta": CephDataset._load_metainfo(plain)}, "state_dict": state}


@pytest.mark.parametrize("chosen", [OWN, get_landmark_set("aariz29")])
def test_a_checkpoint_carries_the_list(chosen: LandmarkSet) -> None:
    assert landmarks_of_checkpoint(saved(chosen)) == chosen


def test_the_difficult_ones_are_those_of_the_weights() -> None:
    content = saved(OWN, difficult_index=torch.tensor([0, 2]))
    found = landmarks_of_checkpoint(content)
    assert found is not None
    assert found.difficult == ("S", "left")


@pytest.mark.parametrize(
    "content",
    [
        None,
        {},
        {"meta": {}},
        {"meta": {"dataset_meta": {"keypoint_id2name": {0: "1", 1: "2"}}}},
    ],
)
def test_names_of_other_programs_are_not_taken(content: dict[str, Any] | None) -> None:
    assert landmarks_of_checkpoint(content) is None
    cfg = load_config(QUICK)
    before = cfg.dump()
    follow_checkpoint(cfg, content, "test_dataloader", given=False)
    require_landmarks(cfg, content)
    assert cfg.dump() == before


def test_a_test_is_about_the_checkpoints_landmarks() -> None:
    cfg = load_config(QUICK)
    follow_checkpoint(cfg, saved(OWN), "test_dataloader", given=False)
    assert as_landmark_set(cfg.test_dataloader.dataset.landmark_set) == OWN
    assert cfg.model.head.out_channels == 4
    # As many of another kind, or in another order, would be compared by their places.
    cfg = load_config(QUICK, landmarks="N,S,left,right")
    with pytest.raises(CheckpointError, match="finds S, N, left, right, --landmarks names N, S"):
        follow_checkpoint(cfg, saved(OWN), "test_dataloader", given=True)


def test_a_run_that_keeps_the_head_keeps_the_landmarks(tmp_path: Path) -> None:
    run = {"message_hub": {}, "optimizer": {}}
    torch.save({**saved(OWN), **run}, tmp_path / "a.pth")
    start = {"load_from": str(tmp_path / "a.pth"), "work_dir": str(tmp_path)}
    resumed = load_config(QUICK, {**start, "resume": True}, landmarks="N,S,left,right")
    with pytest.raises(CheckpointError, match="a head keeps its landmarks and their order"):
        check_start(resumed)
    assert check_start(load_config(QUICK, {**start, "resume": True}, landmarks=OWN)).resumes
    assert not check_start(load_config(QUICK, start)).resumes
    # The exact strategy takes the base's healthy landmarks as they are.
    other = LandmarkSet("mine", ("N", "S", "left", "right"), ("N",))
    with pytest.raises(CheckpointError, match="the config names N, S, left, right"):
        check_start(load_config(EXACT, start, landmarks=other))
    check_start(load_config(EXACT, start, landmarks=OWN))
