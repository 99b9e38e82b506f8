import pytest
from mmengine.config import Config

from mmceph.engine import flags
from mmceph.engine.overrides import ConfigError


def test_cfg_options_are_parsed_as_mmpose_parses_them():
    parsed = flags.parse_cfg_options(["a.b=3", "c=[1,2]", "d=text"])
    assert parsed == {"a.b": 3, "c": [1, 2], "d": "text"}
    assert flags.parse_cfg_options(None) == {}
    with pytest.raises(ConfigError, match="must be KEY=VALUE"):
        flags.parse_cfg_options(["oops"])


@pytest.mark.parametrize(
    ("flag", "own", "expected"),
    [("here", "there", "here"), (None, "there", "there"), (None, None, "work_dirs/some_config")],
)
def test_work_folder_is_the_flag_else_the_configs_own_else_its_name(flag, own, expected):
    cfg = Config({"work_dir": own})
    flags.apply_work_dir(cfg, "configs/some_config.py", flag)
    assert cfg.work_dir.replace("\\", "/") == expected
