from types import SimpleNamespace

import torch
from torch import nn

from mmceph.engine.hooks import ChannelsLastHook


def test_layout_changes_and_values_do_not():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3))
    x = torch.randn(2, 3, 12, 12)
    before, first = model(x), model[0].weight
    ChannelsLastHook().before_run(SimpleNamespace(model=model))
    assert model[0].weight is first
    assert first.is_contiguous(memory_format=torch.channels_last)
    assert model(x).is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(model(x), before, atol=1e-5)
