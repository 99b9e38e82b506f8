import pytest
import torch

from mmceph.models.backbones import CompactResNet


def test_levels_have_strides_4_to_32():
    levels = CompactResNet(widths=(4, 6, 8, 10))(torch.zeros(2, 1, 64, 96))
    assert [tuple(level.shape) for level in levels] == [
        (2, 4, 16, 24),
        (2, 6, 8, 12),
        (2, 8, 4, 6),
        (2, 10, 2, 3),
    ]


def test_three_stages_are_refused():
    with pytest.raises(ValueError, match="four widths and blocks"):
        CompactResNet(widths=(4, 6, 8))
