"""A model that finds the brightest and the darkest pixel, and pictures with one of each."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

MODEL = """
import torch
from mmengine.model import BaseModel
from mmengine.structures import InstanceData
from mmceph.registry import MODELS


@MODELS.register_module(force=True)
class BrightAndDark(BaseModel):
    '''S is the brightest pixel, N the darkest, both in px of the original.'''

    def __init__(self):
        super().__init__()
        self.shift = torch.nn.Parameter(torch.zeros(2))

    def forward(self, inputs, data_samples=None, mode="tensor"):
        for image, sample in zip(inputs, data_samples):
            grey = image.float().mean(0)
            meta = sample.metainfo
            places = [divmod(int(index), grey.shape[1]) for index in (grey.argmax(), grey.argmin())]
            points = torch.tensor([[float(x), float(y)] for y, x in places]) + self.shift
            points = points.detach().numpy() / meta["input_size"] * meta["input_scale"]
            points = points + meta["input_center"] - 0.5 * meta["input_scale"]
            sample.pred_instances = InstanceData(
                keypoints=points[None], keypoint_scores=torch.tensor([[0.9, 0.8]]).numpy())
        return data_samples
"""

CONFIG = """
default_scope = "mmceph"
custom_imports = dict(imports=["bright_and_dark_model"], allow_failed_imports=False)
model = dict(type="BrightAndDark")
pipeline = [
    dict(type="{loader}", color_type="{color}"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="TopdownAffine", input_size=(64, 80)),
    dict(type="PackPoseInputs"),
]
test_dataloader = dict(dataset=dict(type="CephDataset", landmark_set=["S", "N"],
                                    pipeline=pipeline))
"""

SIZE = (64, 80)
BRIGHT, DARK = (50, 20), (10, 70)


def picture(dtype: type = np.uint8, bright=BRIGHT, dark=DARK) -> np.ndarray:
    """A grey picture with one blot of each kind, each 3 x 3 px."""
    top = np.iinfo(dtype).max
    pixels = np.full(SIZE[::-1], top // 2, dtype)
    for (x, y), value in ((bright, top), (dark, 0)):
        pixels[y - 1 : y + 2, x - 1 : x + 2] = value
        pixels[y, x] = value
    return cv2.GaussianBlur(pixels, (3, 3), 0)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the model, its config, its weights, and pictures in ``images``."""
    (tmp_path / "bright_and_dark_model.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for loader, color in (("LoadImage", "grayscale"), ("LoadImage", "color")):
        text = CONFIG.replace("{loader}", loader).replace("{color}", color)
        (tmp_path / f"{color}.py").write_text(text, encoding="utf-8")
    torch.save({"state_dict": {"shift": torch.zeros(2)}}, tmp_path / "best.pth")
    (tmp_path / "images").mkdir()
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / "images" / f"{number}.png"), picture())
    return tmp_path
