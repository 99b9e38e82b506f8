from __future__ import annotations

from pathlib import Path

import pytest
from mmengine.config import Config

from mmceph.engine import image_size
from mmceph.engine.config import load_config
from mmceph.engine.flags import apply_train_flags
from mmceph.engine.image_size import set_image_size
from mmceph.engine.overrides import ConfigError
from mmceph.pose import USING_MMPOSE

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
PYRAMID = "isbi2015/resnet18_pyramid_320x400.py"
HRNET = "isbi2015/hrnet_w32_768.py"  # without MMPose a ResNet-18 and three deconvolutions


@pytest.mark.parametrize("config", [PYRAMID, "isbi2015/resnet18_pyramid_320x400_difficult.py"])
def test_size_reaches_codec_and_every_pipeline(config):
    cfg = load_config(CONFIGS / config)
    apply_train_flags(cfg, {"config": config, "image_size": [768, 640]})
    codec = cfg.model.get("base", cfg.model).head.decoder
    assert (codec.input_size, codec.heatmap_size) == ((640, 768), (320, 384))
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
        sized = [step for step in cfg[loader].dataset.pipeline if "input_size" in step]
        assert sized
        assert {step.input_size for step in sized} == {(640, 768)}


@pytest.mark.parametrize(
    ("config", "size", "step", "nearest"),
    [
        (PYRAMID, (66, 66), 4, "64 64"),
        (PYRAMID, (401, 320), 4, "400 320"),
        (HRNET, (66, 66), 32, "64 64"),
        (HRNET, (240, 192), 32, "256 192"),
        (HRNET, (256, 4), 32, "256 32"),
        ("hrnet_768_difficult.py", (240, 192), 32, "256 192"),
        ("p1p2/compact_256x320.py", (66, 64), 4, "64 64"),
        ("p1p2/hrnet_w48_1024.py", (66, 1040), 32 if USING_MMPOSE else 4, None),
    ],
)
def test_a_size_the_network_cannot_take_is_refused_and_the_nearest_fits(
    config, size, step, nearest
):
    cfg = load_config(CONFIGS / config)
    nearest = nearest or ("64 1024" if USING_MMPOSE else "64 1040")
    with pytest.raises(ConfigError) as error:
        set_image_size(cfg, *size)
    assert str(error.value) == (
        f"--image-size {size[0]} {size[1]}: this network takes multiples of {step}; the nearest "
        f"is --image-size {nearest}"
    )
    set_image_size(cfg, *map(int, nearest.split()))


@pytest.mark.parametrize("size", [(68, 100), (4, 4)])
def test_the_pyramid_takes_what_is_no_multiple_of_32(size):
    cfg = load_config(CONFIGS / PYRAMID)
    set_image_size(cfg, *size)
    assert cfg.model.head.decoder.heatmap_size == (size[1] // 2, size[0] // 2)


def test_a_head_without_maps_takes_every_size_its_backbone_does():
    cfg = load_config(CONFIGS / "p1p2/compact_256x320.py")
    cfg.model.head = {"type": "P1P2RegressionHead", "in_channels": 96, "pooling": "gap"}
    cfg.model.head["decoder"] = dict(cfg.codec)
    set_image_size(cfg, 66, 66)
    assert cfg.model.head.decoder.input_size == (66, 66)


@pytest.mark.parametrize("size", [(0, 64), (64, -4)])
def test_no_size_is_refused(size):
    with pytest.raises(ConfigError, match="both must be at least 1 px"):
        set_image_size(load_config(CONFIGS / PYRAMID), *size)


def test_a_part_that_does_not_exist_is_named():
    cfg = load_config(CONFIGS / PYRAMID)
    cfg.model.backbone = {"type": "NoSuchBackbone"}
    with pytest.raises(ConfigError, match="NoSuchBackbone is not in the"):
        set_image_size(cfg, 64, 64)


def test_without_a_network_to_ask_the_heat_maps_must_come_out_whole(monkeypatch):
    monkeypatch.setattr(image_size, "_network", lambda cfg: None)
    codec = {"input_size": (320, 400), "heatmap_size": (160, 200)}
    cfg = Config({"model": {"head": {"decoder": codec}}})
    with pytest.raises(ConfigError, match="must be multiples of 2 and 2"):
        set_image_size(cfg, 401, 320)
    with pytest.raises(ConfigError, match="no input_size to change"):
        set_image_size(Config({"model": {}}), 64, 64)
