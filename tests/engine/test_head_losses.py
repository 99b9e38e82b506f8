from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from mmceph.engine.config import load_config
from mmceph.engine.flags import apply_train_flags
from mmceph.engine.head_losses import check_head_losses
from mmceph.engine.overrides import LOSSES, ConfigError
from mmceph.registry import MODELS

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
ALL_29 = "aariz/hrnet_768.py"
LOGITS = {"type": "SpatialCrossEntropyLoss"}
REFUSED = (
    r"^SpatialCrossEntropyLoss \(--loss cross_entropy\) trains logits, and HeatmapHead would "
    r"decode them as plain heat-maps: choose --loss mse, adaptive_wing, smooth_l1 or wing$"
)


def with_loss(config: str, loss: str | None = None):
    cfg = load_config(CONFIGS / config)
    apply_train_flags(cfg, {"config": config, "loss": loss})
    return cfg


def test_a_constant_moves_what_the_refused_pair_decodes():
    cfg = load_config(CONFIGS / ALL_29)
    head_config = {**cfg.model.head, "loss": LOGITS, "out_channels": 1}
    with DefaultScope.overwrite_default_scope("mmceph"):
        head = MODELS.build(head_config)
    maps = torch.randn(1, 1, 192, 192, generator=torch.Generator().manual_seed(0))
    maps[0, 0, 90, 80] = 9.0
    maps[0, 0, 90, 81] = 8.5
    target, weight = torch.rand(1, 1, 192, 192), torch.ones(1, 1)
    losses = [head.loss_module(m, target, weight) for m in (maps - 20, maps + 20)]
    assert float(losses[0]) == pytest.approx(float(losses[1]), rel=1e-5)
    points = [head.decode(m)[0].keypoints for m in (maps - 20, maps + 20)]
    assert abs(points[0] - points[1]).max() > 0.1


@pytest.mark.parametrize(
    "config",
    [
        ALL_29,
        "aariz/hrnet_768_weighted.py",
        "aariz/hrnet_768_difficult_masked.py",
        "aariz/hrnet_768_difficult_distill.py",
        "aariz/hrnet_768_difficult_stage.py",
        "isbi2015/hrnet_w32_768.py",
    ],
)
def test_logits_are_refused_where_the_head_does_not_decode_them(config):
    with pytest.raises(ConfigError, match=REFUSED):
        with_loss(config, "cross_entropy")


@pytest.mark.parametrize("name", sorted({*LOSSES} - {"cross_entropy"}))
def test_every_other_loss_fits_every_head(name):
    assert with_loss(ALL_29, name).model.head.loss.type == LOSSES[name]["type"]


@pytest.mark.parametrize(
    "config",
    [
        "isbi2015/resnet18_pyramid_320x400.py",
        "isbi2015/resnet18_pyramid_320x400_difficult.py",  # the loss on the crops
        "hrnet_768_difficult.py",
    ],
)
def test_heads_of_ours_take_logits(config):
    with_loss(config, "cross_entropy")


@pytest.mark.parametrize("scope", ["", "mmceph."])
def test_logits_in_the_config_itself_are_refused_under_a_mask_too(scope):
    cfg = load_config(CONFIGS / ALL_29)
    loss = {"type": f"{scope}SpatialCrossEntropyLoss"}
    cfg.model.head.loss = loss
    with pytest.raises(ConfigError, match=REFUSED):
        check_head_losses(cfg)
    mask = {"type": f"{scope}MaskedKeypointLoss", "landmarks": ["Po"], "base": loss}
    cfg.model.head.loss = {**mask, "_delete_": True}
    with pytest.raises(ConfigError, match=REFUSED):
        apply_train_flags(cfg, {"config": ALL_29})


def test_the_ruler_head_names_its_own_losses():
    cfg = with_loss("p1p2/compact_256x320.py", "cross_entropy")
    with (
        DefaultScope.overwrite_default_scope("mmceph"),
        pytest.raises(ValueError, match=r"mse, smooth_l1 or wing"),
    ):
        MODELS.build(cfg.model)
