from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import mmceph.pose as pose
from mmceph.pose import standin

ROOT = Path(__file__).resolve().parents[2]
OURS_ANYWAY = {"USING_MMPOSE", "Compose"}


@pytest.mark.mmpose
def test_with_mmpose_the_primitives_are_mmposes_own():
    for name in set(pose.__all__) - OURS_ANYWAY:
        assert getattr(pose, name).__module__.split(".")[0] in ("mmpose", "mmcv"), name


@pytest.mark.mmpose
def test_with_mmpose_nothing_is_registered_twice():
    from mmceph import registry

    for target in (registry.MODELS, registry.TRANSFORMS, registry.KEYPOINT_CODECS):
        target.import_from_location()
        assert not set(target.module_dict) & set(standin.__all__)


@pytest.mark.fallback
def test_without_mmpose_the_primitives_are_the_stand_ins():
    for name in set(pose.__all__) - OURS_ANYWAY:
        assert getattr(pose, name) is getattr(standin, name), name


def test_every_stand_in_is_exported():
    assert set(pose.__all__) - OURS_ANYWAY == set(standin.__all__) - {"register_all"}


def test_a_broken_mmpose_after_a_good_verdict_is_explained(tmp_path: Path):
    (tmp_path / "mmpose").mkdir()
    (tmp_path / "mmpose" / "__init__.py").write_text("raise AssertionError('mmcv 9.9')\n")
    code = (
        "import mmceph.guard\nmmceph.guard.mmpose_usable = lambda: True\nimport mmceph.registry\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
    )
    assert done.returncode != 0
    assert "ImportError: MMPose was found usable earlier" in done.stderr
    assert "mmcv 9.9" in done.stderr


@pytest.mark.parametrize(
    "step",
    [
        standin.LoadImage(),
        standin.GetBBoxCenterScale(),
        standin.RandomFlip(),
        standin.RandomBBoxTransform(),
        standin.TopdownAffine((8, 8)),
        standin.PackPoseInputs(),
        standin.MSRAHeatmap((8, 8), (4, 4), 2),
        standin.UDPHeatmap((8, 8), (4, 4)),
        standin.KeypointMSELoss(),
        standin.PoseDataSample(metainfo={"a": 1}),
    ],
    ids=lambda step: type(step).__name__,
)
def test_stand_ins_travel_to_spawned_workers(step: object):
    assert type(pickle.loads(pickle.dumps(step))) is type(step)


@pytest.mark.parametrize(
    ("cls", "arguments"),
    [
        (standin.LoadImage, {}),
        (standin.TopdownAffine, {"input_size": (8, 8)}),
        (standin.MSRAHeatmap, {"input_size": (8, 8), "heatmap_size": (4, 4), "sigma": 2}),
        (standin.PoseDataPreprocessor, {}),
        (standin.HeatmapHead, {"in_channels": 4, "out_channels": 2}),
        (standin.BaseCocoStyleDataset, {"lazy_init": True}),
    ],
)
def test_an_unknown_argument_is_an_error(cls: type, arguments: dict):
    with pytest.raises(TypeError, match="unheard_of"):
        cls(**arguments, unheard_of=1)
