import pytest
from mmengine.config import Config

from mmceph.engine.own_hooks import use_own_hooks


@pytest.mark.parametrize(
    ("scope", "written", "used"),
    [
        ("mmceph", "CheckpointHook", "CheckpointHook"),
        ("mmceph", "mmengine.CheckpointHook", "mmceph.CheckpointHook"),
        ("mmpose", "CheckpointHook", "mmceph.CheckpointHook"),
        ("mmpose", "mmceph.CheckpointHook", "mmceph.CheckpointHook"),
        (None, "OtherCheckpointHook", "OtherCheckpointHook"),
    ],
)
def test_a_training_saves_by_our_hook(scope, written, used):
    stops = {"type": "EarlyStoppingHook", "monitor": "AP"}
    hook = {"type": written, "interval": 3}
    cfg = Config({"default_scope": scope, "default_hooks": {"checkpoint": hook}})
    cfg.custom_hooks = [stops, {"type": "EMAHook"}]
    use_own_hooks(cfg)
    assert cfg.default_hooks.checkpoint == {"type": used, "interval": 3}
    prefix = "" if scope == "mmceph" else "mmceph."
    kinds = [hook["type"] for hook in cfg.custom_hooks]
    assert kinds == [f"{prefix}EarlyStoppingHook", "EMAHook", "mmceph.StepSeedHook"]
    use_own_hooks(cfg)
    assert len(cfg.custom_hooks) == 3


def test_a_config_without_hooks_gets_them():
    cfg = Config({"default_scope": "mmpose"})
    use_own_hooks(cfg)
    assert cfg.default_hooks.checkpoint.type == "mmceph.CheckpointHook"
