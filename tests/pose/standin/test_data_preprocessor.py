from __future__ import annotations

import pytest
import torch

from mmceph.pose.standin import PoseDataPreprocessor, PoseDataSample


def batch(stacked: bool = False) -> dict:
    generator = torch.Generator().manual_seed(0)
    shapes = [(3, 10, 14), (3, 10, 14)] if stacked else [(3, 10, 14), (3, 9, 16)]
    images = [torch.randint(0, 256, s, generator=generator, dtype=torch.uint8) for s in shapes]
    return {
        "inputs": torch.stack(images) if stacked else images,
        "data_samples": [PoseDataSample(metainfo={"id": n}) for n in range(2)],
    }


def test_by_hand():
    step = PoseDataPreprocessor(mean=[1, 2, 3], std=[2, 2, 2], bgr_to_rgb=True, pad_size_divisor=4)
    image = torch.tensor([30, 20, 10], dtype=torch.uint8).view(3, 1, 1)
    out = step({"inputs": [image], "data_samples": [PoseDataSample()]})
    assert out["inputs"].shape == (1, 3, 4, 4)
    assert out["inputs"][0, :, 0, 0].tolist() == [4.5, 9, 13.5]
    assert out["data_samples"][0].pad_shape == (4, 4)
    assert out["data_samples"][0].batch_input_shape == (4, 4)


@pytest.mark.mmpose
@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"mean": [123.0, 116, 103], "std": [58.0, 57, 57], "bgr_to_rgb": True},
        {"pad_size_divisor": 8, "pad_value": 7},
    ],
)
def test_equals_mmposes(arguments: dict, stacked: bool):
    from mmpose.models import PoseDataPreprocessor as Theirs

    ours = PoseDataPreprocessor(**arguments)(batch(stacked), training=True)
    theirs = Theirs(**arguments)(batch(stacked), training=True)
    assert ours.keys() == theirs.keys()
    torch.testing.assert_close(ours["inputs"], theirs["inputs"])
    for a, b in zip(ours["data_samples"], theirs["data_samples"], strict=True):
        assert a.metainfo.keys() == b.metainfo.keys()
        assert a.batch_input_shape == b.batch_input_shape
        if not stacked:  # for a stacked batch MMPose 1.3.2 takes (channels, height) instead
            assert a.pad_shape == b.pad_shape


def test_batch_augments_are_refused():
    with pytest.raises(ValueError, match="batch_augments"):
        PoseDataPreprocessor(batch_augments=[{"type": "BatchSyncRandomResize"}])
