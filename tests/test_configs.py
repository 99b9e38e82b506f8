"""Every config of the repository can be read and its parts built, with MMPose and without."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

from mmceph.engine.config import load_config
from mmceph.pose import Compose
from mmceph.registry import MODELS, TRANSFORMS

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "configs").rglob("*.py")
    if "_base_" not in path.parts
)


@pytest.mark.parametrize("name", CONFIGS)
def test_model_and_pipelines_can_be_built(name):
    cfg = load_config(ROOT / name)
    DefaultScope.get_instance("configs", scope_name="mmceph")
    model = MODELS.build(cfg.model)
    assert any(True for _ in model.parameters())
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
        steps = cfg[loader].dataset.pipeline
        assert len(Compose([TRANSFORMS.build(step) for step in steps]).transforms) == len(steps)
