from __future__ import annotations

import pytest

from mmceph.deployment.decoders import ExportError
from mmceph.deployment.pipeline import input_settings, pixel_settings
from mmceph.pose import Compose, PoseDataPreprocessor
from mmceph.registry import TRANSFORMS

SIZE = (64, 96)
LOAD = {"type": "LoadImage", "color_type": "grayscale"}
BOX = {"type": "GetBBoxCenterScale", "padding": 1.1}
WARP = {"type": "TopdownAffine", "input_size": SIZE}
PACK = {"type": "PackPoseInputs"}


def built(*steps) -> Compose:
    return Compose([TRANSFORMS.build(dict(step)) for step in steps])


def test_sizes_and_padding_are_read():
    found = input_settings(built(LOAD, BOX, WARP, PACK))
    assert found["input_size"] == SIZE
    assert found["padding"] == 1.1
    assert found["reduce_to"] is None
    assert found["window"] == (0.5, 99.5)


def test_a_reducing_loader_is_followed():
    load = {"type": "LoadCephImage", "input_size": SIZE, "window": (1, 99)}
    found = input_settings(built(load, BOX, {**WARP, "type": "CephTopdownAffine"}, PACK))
    assert found["reduce_to"] == (128, 192)
    assert found["window"] == (1.0, 99.0)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ((LOAD, BOX, {"type": "RandomFlip", "prob": 0.0}, WARP, PACK), "the step RandomFlip"),
        ((LOAD, WARP, PACK), "must load a picture, take its box"),
        ((LOAD, BOX, {**WARP, "use_udp": True}, PACK), "use_udp=True"),
    ],
)
def test_what_the_runner_cannot_do_is_refused(steps, reason):
    with pytest.raises(ExportError, match=reason):
        input_settings(built(*steps))


def test_mean_and_std():
    one = PoseDataPreprocessor(mean=[102.0], std=[64.0])
    assert pixel_settings(one) == {"mean": (102.0,), "std": (64.0,)}
    assert pixel_settings(PoseDataPreprocessor()) == {"mean": None, "std": None}
    with pytest.raises(ExportError, match="pad_size_divisor"):
        pixel_settings(PoseDataPreprocessor(pad_size_divisor=32))
