from __future__ import annotations

import pytest
import torch

from mmceph.apis.device import choose_device
from mmceph.errors import MmcephError


def test_a_device_that_is_there():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device(None).type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize(
    "device", ["xpu", "mps:7", "meta", "cuda:99", "gpu", "*", "l1=S", "cpu:-2"]
)
def test_one_that_is_not(device):
    with pytest.raises(MmcephError, match="no device of this machine; say cpu") as raised:
        choose_device(device)
    assert str(raised.value).startswith(f"--device {device}: ")
