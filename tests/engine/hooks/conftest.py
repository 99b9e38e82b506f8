"""A run of seconds that goes the whole way: annotations, data set, metric, hooks."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement

from mmceph.pose import BaseTransform
from mmceph.registry import MODELS, TRANSFORMS

DEFAULT_RUNTIME = Path(__file__).resolve().parents[3] / "configs" / "_base_" / "default_runtime.py"


@MODELS.register_module(name="ToyThatMissesByAShift", force=True)
class Toy(BaseModel):
    """Predicts the truth, moved along x by a shift that starts at 40 px and is learnt."""

    def __init__(self):
        super().__init__()
        self.shift = torch.nn.Parameter(torch.tensor(40.0))

    def forward(self, data_samples, mode="tensor"):
        if mode == "loss":
            return {"loss": self.shift**2}
        results = []
        for sample in data_samples:
            moved = np.add(sample.keypoints, (float(self.shift.detach()), 0.0))
            results.append(
                {
                    "pred_instances": {"keypoints": moved, "keypoint_scores": np.ones((1, 2))},
                    "gt_instances": {
                        "keypoints": sample.keypoints,
                        "keypoints_visible": sample.keypoints_visible,
                    },
                    "raw_ann_info": sample.raw_ann_info,
                }
            )
        return results


@TRANSFORMS.register_module(name="PackWithoutImage", force=True)
class Pack(BaseTransform):
    """Keeps a sample's annotation in one piece."""

    def transform(self, results):
        keys = ("keypoints", "keypoints_visible", "raw_ann_info")
        return {"data_samples": BaseDataElement(**{key: results[key] for key in keys})}


def write(path: Path, pairs, spacing=(0.5, 0.5)) -> str:
    images, marks = [], []
    for number, points in enumerate(pairs):
        image = {"id": number, "file_name": f"{number}.png", "width": 100, "height": 100}
        image["spacing"] = None if spacing is None else list(spacing)
        images.append(image)
        flat = [value for x, y in points for value in (x, y, 2)]
        mark = {"id": number, "image_id": number, "category_id": 1, "keypoints": flat}
        marks.append({**mark, "num_keypoints": 2, "bbox": [0, 0, 100, 100], "iscrowd": 0})
        marks[-1]["area"] = 10000
    category = {"id": 1, "name": "cephalogram", "keypoints": ["S", "Or"], "skeleton": []}
    content = {"images": images, "annotations": marks, "categories": [category]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


@pytest.fixture
def toy_config(tmp_path):
    """A config whose mean shape is off by 10 px, 5 mm, on both validation images.

    The model starts at 40 px and halves its error with every epoch at the rate of 0.25. The
    images themselves do not exist.
    """
    written = {
        "train": write(tmp_path / "train.json", [((10, 20), (50, 50))] * 2),
        "val": write(tmp_path / "val.json", [((16, 28), (50, 60))] * 2),
    }
    runtime = Config.fromfile(DEFAULT_RUNTIME)
    numbers = itertools.count()

    def loader(part: str) -> dict:
        dataset = {"type": "CephDataset", "landmark_set": ["S", "Or"], "ann_file": written[part]}
        dataset |= {
            "check_images": False,
            "pipeline": [{"type": "PackWithoutImage"}],
            "test_mode": part == "val",
        }
        sampler = {"type": "DefaultSampler", "shuffle": False}
        return {"batch_size": 2, "num_workers": 0, "sampler": sampler, "dataset": dataset}

    def make(epochs: int, lr: float = 0.25, **more) -> Config:
        settings = {
            "default_scope": "mmceph",
            "default_hooks": runtime.default_hooks.to_dict(),
            "model": {"type": "ToyThatMissesByAShift"},
            "train_dataloader": loader("train"),
            "val_dataloader": loader("val"),
            "train_cfg": {"type": "EpochBasedTrainLoop", "max_epochs": epochs, "val_interval": 1},
            "val_cfg": {},
            "val_evaluator": {"type": "CephMetric"},
            "optim_wrapper": {"optimizer": {"type": "SGD", "lr": lr}},
            "work_dir": str(tmp_path / "work"),
            # mmengine keeps what runs of one name and second have logged in one place.
            "experiment_name": f"toy_{tmp_path.name}_{next(numbers)}",
        }
        return Config({**settings, **more})

    return make


class KeepMetrics(Hook):
    """Notes the error of every validation."""

    priority = "LOWEST"

    def __init__(self):
        self.seen = []

    def after_val_epoch(self, runner, metrics=None):
        self.seen.append(metrics.get("ceph/MRE", metrics["ceph/MRE_px"]))


@pytest.fixture
def run():
    """Train a config; the error of every validation is in the runner's ``seen``."""

    def train(cfg: Config) -> Runner:
        runner = Runner.from_cfg(cfg)
        keep = KeepMetrics()
        runner.register_hook(keep)
        runner.train()
        runner.seen = keep.seen
        return runner

    return train
