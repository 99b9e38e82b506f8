from __future__ import annotations

import socket
import warnings

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODEL_WRAPPERS
from torch import distributed, nn

from mmceph.engine import parallel
from mmceph.engine.parallel import wrap_for_processes


@pytest.fixture
def group():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", world_size=1, rank=0)
    yield
    distributed.destroy_process_group()


def config(*hooks: str, **more) -> Config:
    return Config(
        {"launcher": "pytorch", "custom_hooks": [{"type": hook} for hook in hooks]} | more
    )


def test_one_process_wraps_nothing():
    cfg = config(launcher="none")
    wrap_for_processes(cfg)
    assert "model_wrapper_cfg" not in cfg


def test_the_hooks_of_a_config_tell_how_to_wrap():
    cfg = config("mmceph.ChannelsLastHook", "UnfreezeBackboneHook")
    wrap_for_processes(cfg)
    assert cfg.model_wrapper_cfg.channels_last
    assert cfg.model_wrapper_cfg.find_unused_parameters
    cfg = config()
    wrap_for_processes(cfg)
    assert not cfg.model_wrapper_cfg.find_unused_parameters


def test_what_the_config_itself_says_stays():
    cfg = config("UnfreezeBackboneHook", model_wrapper_cfg={"find_unused_parameters": False})
    wrap_for_processes(cfg)
    assert not cfg.model_wrapper_cfg.find_unused_parameters
    own = {"type": "MMSeparateDistributedDataParallel"}
    cfg = config(model_wrapper_cfg=own)
    wrap_for_processes(cfg)
    assert cfg.model_wrapper_cfg == own


def test_gradients_have_the_weights_layout_without_a_warning(group, capfd):
    cfg = config("ChannelsLastHook")
    wrap_for_processes(cfg)
    module = nn.Sequential(nn.Conv2d(2, 8, 3), nn.Conv2d(8, 4, 1))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        model = MODEL_WRAPPERS.build(
            cfg.model_wrapper_cfg, default_args={"module": module, "device_ids": [0]}
        )
        for _ in range(2):
            picture = torch.rand(1, 2, 9, 9).to(memory_format=torch.channels_last)
            model(picture).sum().backward()
    gradient = module[0].weight.grad
    assert gradient is not None
    assert gradient.is_contiguous(memory_format=torch.channels_last)
    assert "stride" not in "".join(str(item.message) for item in seen) + capfd.readouterr().err


def test_the_log_has_one_line_on_the_processes(group, monkeypatch):
    said = []
    monkeypatch.setattr(parallel, "print_log", lambda text, logger: said.append((text, logger)))
    MODEL_WRAPPERS.build({"type": "LandmarkDataParallel", "module": nn.Linear(2, 1)})
    assert [logger for _, logger in said] == ["current"]
    assert said[0][0].startswith("1 processes, connected by gloo: no GPU is used")
