"""What the tools' tests share: a model of a few numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

MODEL = """
import torch
from mmengine.model import BaseModel
from mmengine.structures import InstanceData
from mmceph.registry import MODELS


@MODELS.register_module(force=True)
class FixedPoints(BaseModel):
    '''Predicts the same points on every picture.'''

    def __init__(self, count):
        super().__init__()
        self.points = torch.nn.Parameter(torch.zeros(1, count, 2))

    def forward(self, inputs, data_samples=None, mode='tensor'):
        for sample in data_samples:
            sample.pred_instances = InstanceData(
                keypoints=self.points.detach().numpy().copy(),
                keypoint_scores=torch.ones(self.points.shape[:2]).numpy())
        return data_samples
"""


@pytest.fixture
def fixed_points_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``fixed_points_model.py`` in the test's folder, which configs import by that name."""
    path = tmp_path / "fixed_points_model.py"
    path.write_text(MODEL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return path
