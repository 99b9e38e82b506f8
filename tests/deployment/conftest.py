"""A small model, exported once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from mmceph.registry import MODELS

CONFIG = """
default_scope = "mmceph"
codec = dict(type="SoftArgmaxHeatmap", input_size=(64, 96), heatmap_size=(32, 48), radius=3)
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(type="PoseDataPreprocessor", mean=[102.0], std=[64.0]),
    backbone=dict(type="TorchvisionResNet", depth=18, in_channels=1, out_indices=(0, 1)),
    head=dict(type="PyramidHeatmapHead", in_channels=(64, 128), out_channels=2, feat_channels=16,
              decoder=codec),
    test_cfg=dict(flip_test=False),
)
pipeline = [
    dict(type="LoadImage", color_type="grayscale"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="TopdownAffine", input_size=(64, 96)),
    dict(type="PackPoseInputs"),
]
test_dataloader = dict(dataset=dict(type="CephDataset", landmark_set="ruler2", pipeline=pipeline))
"""


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Config and checkpoint of a network of random weights for two landmarks."""
    from mmengine.config import Config

    folder = tmp_path_factory.mktemp("small")
    config = folder / "small.py"
    config.write_text(CONFIG, encoding="utf-8")
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("mmceph"):
        model = MODELS.build(Config.fromfile(config).model)
    # Statistics of random weights let the maps vary enough to have one clear maximum.
    torch.nn.init.normal_(model.head.final_layer.weight, std=2.0)
    torch.save({"state_dict": model.state_dict()}, folder / "small.pth")
    return config, folder / "small.pth"


@pytest.fixture(scope="session")
def exported(small, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model as an ONNX file."""
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason=f"{name} is not installed: the export is not tested")
    from mmceph.apis.model import load_model
    from mmceph.deployment.describe import describe
    from mmceph.deployment.export import export_model

    loaded = load_model(*small, device="cpu")
    out = tmp_path_factory.mktemp("exported") / "small.onnx"
    export_model(loaded.model, describe(loaded), out)
    return out
