"""Kills of ``tools/predict.py``: with ``--resume`` it must give what it gives without a kill."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import torch

from mmceph.io.ours import files_in

from .forked import fork_and_kill
from .kill import Killed, after, when_written
from .tally import Tally

When = Callable[[float], bool]
PATTERNS = ("*.json", "*.png", "*.csv", "*.jsonl", "*")
PICTURES = 6
HAND = "moved by hand"
MODEL = """
import torch
from mmengine.model import BaseModel
from mmengine.structures import InstanceData
from mmceph.registry import MODELS


@MODELS.register_module(force=True)
class CampaignPoints(BaseModel):
    def __init__(self):
        super().__init__()
        self.points = torch.nn.Parameter(torch.zeros(1, 3, 2))

    def forward(self, inputs, data_samples=None, mode="tensor"):
        for sample in data_samples:
            sample.pred_instances = InstanceData(
                keypoints=self.points.detach().numpy().copy(),
                keypoint_scores=torch.ones(self.points.shape[:2]).numpy())
        return data_samples
"""
CONFIG = """
default_scope = "mmceph"
custom_imports = dict(imports=["campaign_points"], allow_failed_imports=False)
model = dict(type="CampaignPoints")
pipeline = [
    dict(type="LoadCephImage"),
    dict(type="GetBBoxCenterScale"),
    dict(type="TopdownAffine", input_size=(16, 16)),
    dict(type="PackPoseInputs"),
]
test_dataloader = dict(dataset=dict(type="CephDataset", landmark_set=["S", "N", "A"],
                                    pipeline=pipeline))
"""


def campaign(runs: int, seed: int, folder: Path) -> Tally:
    """Kill predictions, some of them again while they resume or write anew; half are aimed."""
    tally, chance = Tally(), random.Random(seed)
    before = Path.cwd()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        _Campaign(runs, chance, tally).run()
    finally:
        sys.path.remove(str(folder))
        os.chdir(before)
    return tally


class _Campaign:
    """One campaign in the current folder."""

    def __init__(self, runs: int, chance: random.Random, tally: Tally) -> None:
        self.runs, self.chance, self.tally = runs, chance, tally
        self.out = Path("out")
        _prepare()
        self.tool = _tool()

    def run(self) -> None:
        whole = self.start(lambda _: False)
        if whole.returncode:
            self.tally.add(f"a prediction that nobody killed ended so: {whole.output}")
            return
        self.seconds = whole.seconds
        self.wanted = _contents(self.out)
        while self.tally.tried < self.runs:
            shutil.rmtree(self.out, ignore_errors=True)
            if self.chance.random() < 0.6:
                self.resumed()
            else:
                self.made_anew()

    def start(self, when: When, *flags: str) -> Killed:
        arguments = ["pictures", "--config", "points.py", "--checkpoint", "points.pth"]
        arguments += ["--device", "cpu", "--no-ruler", "--out", str(self.out), *flags]
        return fork_and_kill(lambda: self.tool.main(arguments), when, Path("log.txt"))

    def killed(self, *flags: str) -> bool:
        """Kill a run at a random time, or at the n-th file of some kind; whether that hit."""
        aim, when = "at a random time", after(self.chance.uniform(0.0, self.seconds))
        if self.chance.random() < 0.5:
            aim = f"at {(pattern := self.chance.choice(PATTERNS))}"
            when = when_written(self.out, pattern, nth=self.chance.randint(1, 10))
        hit = self.start(when, *flags).hit
        if hit:
            self.tally.remark(f"killed {aim}")
        return hit

    def resumed(self) -> None:
        """Kill, resume and kill again, until it is done."""
        kills = 0
        while self.killed("--resume"):
            kills += 1
        last = self.start(lambda _: False, "--resume")
        loss = f"--resume ended so: {last.output}" if last.returncode else None
        if loss is None and _contents(self.out) != self.wanted:
            loss = f"after {kills} kills: {_difference(self.wanted, _contents(self.out))}"
        for number in range(kills):
            self.tally.add(loss if number == 0 else None)

    def made_anew(self) -> None:
        """Kill a run with ``--overwrite`` over files that a hand has changed."""
        self.start(lambda _: False)
        edited = self.out / "labelme" / "1.json"
        edited.write_text(json.dumps({"shapes": [], HAND: True}), encoding="utf-8")
        (self.out / "notes.txt").write_text(HAND, encoding="utf-8")
        if not self.killed("--overwrite"):
            return
        last = self.start(lambda _: False, "--overwrite")
        loss = f"--overwrite ended so: {last.output}" if last.returncode else None
        found = _contents(self.out)
        kept = [name for name, data in found.items() if HAND.encode() in data]
        if loss is None and sorted(kept) != ["labelme/1.json.kept-1", "notes.txt"]:
            loss = f"what a hand made lies in {kept}"
        if loss is None and {k: v for k, v in found.items() if k not in kept} != self.wanted:
            loss = f"--overwrite: {_difference(self.wanted, found)}"
        self.tally.add(loss)


def _prepare() -> None:
    Path("campaign_points.py").write_text(MODEL, encoding="utf-8")
    Path("points.py").write_text(CONFIG, encoding="utf-8")
    points = torch.tensor([[[10.0, 20.0], [40.0, 20.0], [40.0, 50.0]]])
    torch.save({"state_dict": {"points": points}}, "points.pth")
    Path("pictures").mkdir()
    noise = np.random.default_rng(0)
    for number in range(PICTURES):
        # 16 bits every other time: labelme needs a copy of these.
        kind = (np.uint8, np.uint16)[number % 2]
        picture = noise.integers(0, np.iinfo(kind).max, (200, 160)).astype(kind)
        cv2.imwrite(f"pictures/{number}.png", picture)


def _tool() -> ModuleType:
    """``tools/predict.py``, with all that it imports on its way loaded already."""
    from mmceph.apis.inferencer import CephInferencer

    CephInferencer("points.py", "points.pth", device="cpu")
    path = Path(__file__).resolve().parents[2] / "tools" / "predict.py"
    spec = spec_from_file_location("mmceph_campaign_predict", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _contents(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in files_in(out)}


def _difference(wanted: dict[str, bytes], found: dict[str, bytes]) -> str:
    names = sorted(n for n in wanted.keys() | found.keys() if wanted.get(n) != found.get(n))
    return f"{', '.join(names[:4])} differ"
