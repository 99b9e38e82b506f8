from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from mmceph.engine.config import load_config
from mmceph.engine.flags import apply_train_flags
from mmceph.engine.landmark_list import check_landmarks, fit_model, set_landmarks
from mmceph.engine.overrides import DATALOADERS, ConfigError
from mmceph.landmarks import LandmarkSet, as_landmark_set, get_landmark_set

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
QUICK = CONFIGS / "phantom" / "resnet18_quickstart.py"
EXACT = CONFIGS / "isbi2015" / "resnet18_pyramid_320x400_difficult.py"
OWN = LandmarkSet("mine", ("S", "N", "Go", "ear"), ("ear",), (("Go", "ear"),))
LOADED = ("train_dataloader", "val_dataloader")


def sets_of(cfg: Config) -> list[LandmarkSet]:
    return [as_landmark_set(cfg[loader].dataset.landmark_set) for loader in DATALOADERS]


def head_of(cfg: Config) -> dict[str, Any]:
    return cfg.model.get("base", cfg.model)["head"]


@pytest.mark.parametrize(
    "config",
    [
        "phantom/resnet18_quickstart.py",
        "aariz/hrnet_768.py",
        "aariz/hand_hrnet_768.py",
        "cldetection2023/hrnet_w48_sr_1024.py",
    ],
)
def test_data_sets_and_head_follow(config: str) -> None:
    cfg = load_config(CONFIGS / config, landmarks="S,N,ear")
    assert [chosen.names for chosen in sets_of(cfg)] == [("S", "N", "ear")] * 3
    assert head_of(cfg)["out_channels"] == 3
    check_landmarks(cfg, DATALOADERS)
    # What is saved is read again as it is.
    again = Config.fromstring(cfg.dump(), ".py")
    assert [chosen.names for chosen in sets_of(again)] == [("S", "N", "ear")] * 3


def test_whatever_masks_landmarks_follows() -> None:
    cfg = load_config(EXACT, landmarks=OWN)
    assert sets_of(cfg) == [OWN] * 3
    assert as_landmark_set(cfg.model.landmark_set) == OWN
    assert cfg.model.landmarks == ["ear"]
    assert cfg.val_evaluator.difficult == cfg.test_evaluator.difficult == ["ear"]
    assert head_of(cfg)["out_channels"] == 4
    weighted = load_config(
        CONFIGS / "aariz" / "hrnet_768_weighted.py",
        {"model.head.loss.weights": {"Go": 3.0, "UMT": 2.0}},
        landmarks=OWN,
    )
    loss = weighted.model.head.loss
    assert (as_landmark_set(loss.landmark_set), loss.landmarks) == (OWN, ["ear"])
    assert loss.weights == {"Go": 3.0}


def test_without_difficult_ones_of_its_own_the_list_keeps_those_of_the_config() -> None:
    cfg = load_config(EXACT, landmarks="S,Go,ear,Or")
    assert cfg.model.landmarks == ["Or", "Go"]
    assert cfg.test_evaluator.difficult == ["Or", "Go"]
    # aariz29 has difficult ones, but a config that names others is minded.
    known = load_config(EXACT, {"model.landmarks": ["A"]}, landmarks="aariz29")
    assert known.model.landmarks == ["A"]
    with pytest.raises(ConfigError, match=r"none of Or, A, B.* in the list: name them in a file"):
        load_config(EXACT, landmarks="S,ear")


def test_one_line_of_a_config_does_it_too(tmp_path: Path) -> None:
    for value in ('["S", "ear"]', '"S,ear"', 'dict(names=["S", "ear"])'):
        (tmp_path / "c.py").write_text(f"_base_ = [{str(QUICK)!r}]\nown_landmarks = {value}\n")
        cfg = load_config(tmp_path / "c.py")
        assert [chosen.names for chosen in sets_of(cfg)] == [("S", "ear")] * 3
        assert "own_landmarks" not in cfg
        assert sets_of(load_config(tmp_path / "c.py", landmarks=OWN)) == [OWN] * 3
    cfg = load_config(QUICK, {"own_landmarks": ["S", "ear"]})
    assert head_of(cfg)["out_channels"] == 2
    for value, message in (("3", "must be a list of names"), ('"gone.txt"', "no such file")):
        (tmp_path / "c.py").write_text(f"_base_ = [{str(QUICK)!r}]\nown_landmarks = {value}\n")
        with pytest.raises(ConfigError, match=rf"c\.py: own_landmarks: .*{message}"):
            load_config(tmp_path / "c.py")


def test_heads_of_mmpose_are_told_in_their_own_words() -> None:
    cases: list[tuple[dict[str, Any], str, int]] = [
        ({"type": "mmceph.PyramidHeatmapHead"}, "out_channels", 4),
        ({"type": "Unknown", "num_joints": 17}, "num_joints", 4),
        ({"type": "HeatmapHead", "decoder": {"heatmap_type": "combined"}}, "out_channels", 12),
    ]
    for head, key, channels in cases:
        cfg = Config({"model": {"head": head}})
        fit_model(cfg, OWN)
        assert cfg.model.head[key] == channels
    around = Config({"model": {"head": {"type": "X", "pose_cfg": {"out_channels": 17}}}})
    fit_model(around, OWN)
    assert around.model.head.pose_cfg.out_channels == 4


def test_what_cannot_be_about_other_landmarks_is_one_line() -> None:
    with pytest.raises(ConfigError, match="P1P2RegressionHead finds P1 and P2 and nothing else"):
        load_config(CONFIGS / "p1p2" / "resnet18_512.py", landmarks="S,N")
    load_config(CONFIGS / "p1p2" / "resnet18_512.py", landmarks="ruler2")
    with pytest.raises(ConfigError, match="a CocoDataset, which has landmarks of its own"):
        load_config(QUICK, {"val_dataloader.dataset.type": "CocoDataset"}, landmarks="S,N")
    cfg = load_config(QUICK)
    cfg.model.head = {"type": "Unknown"}
    with pytest.raises(ConfigError, match="head Unknown does not say how many"):
        set_landmarks(cfg, OWN)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {f"{name}.dataset.landmark_set": ["S", "ear"] for name in DATALOADERS},
            r"the head has 31 channels \(model.head.out_channels\), but train_dataloader has 2 "
            r"landmarks \(S, ear\): --landmarks S,ear sets head",
        ),
        ({"model.head.out_channels": 19}, "19 channels .* 31 landmarks.* --landmarks phantom31"),
        (
            {"train_dataloader.dataset.landmark_set": ["S"], "model.head.out_channels": 1},
            "but val_dataloader has 31 landmarks",
        ),
        (
            {
                "train_dataloader.dataset.landmark_set": ["S", "N"],
                "val_dataloader.dataset.landmark_set": ["N", "S"],
                "model.head.out_channels": 2,
            },
            "train_dataloader has the landmarks S, N, val_dataloader has N, S: let them agree",
        ),
        ({"val_dataloader.dataset.landmark_set": "isbi19"}, "but val_dataloader has 19 landmarks"),
        (
            {"train_dataloader.dataset.metainfo": {"dataset_name": "own", "keypoint_info": {
                0: {"name": "ear", "id": 0, "color": [0, 0, 0], "swap": ""}}, "skeleton_info": {},
                "joint_weights": [1.0], "sigmas": [0.1]}},
            r"train_dataloader has 1 landmarks \(ear\)",
        ),
        ({"train_dataloader.dataset.landmark_set": "isbi91"}, "did you mean 'isbi19'"),
    ],
)  # fmt: skip
def test_a_wrong_number_of_channels_is_refused_before_anything_is_read(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    cfg = load_config(QUICK, options)
    with pytest.raises(ValueError, match=message) as error:
        apply_train_flags(cfg, {"config": "c.py", "data_root": str(tmp_path / "gone")})
    assert "\n" not in str(error.value)


def test_a_ruler_head_wants_the_ruler() -> None:
    cfg = load_config(CONFIGS / "p1p2" / "resnet18_512.py")
    check_landmarks(cfg, DATALOADERS)
    cfg.train_dataloader.dataset.landmark_set = ["P2", "P1"]
    with pytest.raises(ConfigError, match="finds P1 and P2 and nothing else, train_dataloader"):
        check_landmarks(cfg, DATALOADERS)


@pytest.mark.parametrize(
    "model",
    [{}, {"head": {"type": "Unknown"}}, {"head": {"type": "HeatmapHead"}}],
)
def test_what_does_not_say_it_is_not_judged(model: dict[str, Any]) -> None:
    check_landmarks(Config({"model": model}), LOADED)
    dataset = {"type": "CephDataset", "landmark_set": "isbi19"}
    check_landmarks(Config({"model": model, "train_dataloader": {"dataset": dataset}}), LOADED)
    other = {"type": "SomethingElse"}
    check_landmarks(Config({"model": model, "train_dataloader": {"dataset": other}}), LOADED)


def test_known_sets_stay_names_in_the_config() -> None:
    cfg = load_config(QUICK, landmarks="isbi19")
    assert cfg.train_dataloader.dataset.landmark_set == "isbi19"
    assert sets_of(cfg)[0] is get_landmark_set("isbi19")
