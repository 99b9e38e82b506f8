"""Every config of the repository can be read and its parts built, with MMPose and without."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
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


@pytest.mark.parametrize("name", CONFIGS)
def test_pictures_of_more_than_8_bits_are_tested_as_bright_as_they_are(name, tmp_path):
    cfg = load_config(ROOT / name)
    DefaultScope.get_instance("configs", scope_name="mmceph")
    steps = Compose([TRANSFORMS.build(step) for step in cfg.test_dataloader.dataset.pipeline])
    grey = np.tile(np.linspace(0, 255, 160).astype(np.uint8), (200, 1))
    shown = []
    # A detector's 12 bits in a file of 16, and the same in 8.
    for path, pixels in (("8.png", grey), ("12.png", grey.astype(np.uint16) * 16)):
        cv2.imwrite(str(tmp_path / path), pixels)
        box, score = np.array([[0, 0, 159, 199]], np.float32), np.ones(1, np.float32)
        sample = {"img_path": str(tmp_path / path), "img_id": 0, "id": 0, "bbox": box}
        shown.append(steps({**sample, "bbox_score": score})["inputs"].float().numpy())
    assert shown[0].max() > 200
    assert np.abs(shown[0] - shown[1]).max() < 10
