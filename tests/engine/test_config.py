"""Reading a config; all of the repository's are read in tests/test_configs.py."""

from pathlib import Path

import pytest

from mmceph.engine.config import ConfigError, load_config

CONFIG = Path(__file__).resolve().parents[2] / "configs/isbi2015/resnet18_pyramid_320x400.py"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("optim_wraper.optimizer.lr", "did you mean optim_wrapper"),
        ("modl.head.foo", "did you mean model"),
        ("xyz", "the config has none of this name"),
    ],
)
def test_a_misspelt_section_is_refused(key, hint):
    with pytest.raises(ConfigError, match=rf"--cfg-options {key}: .*{hint}"):
        load_config(CONFIG, {key: 1})


def test_sections_of_the_config_and_of_mmengine_are_known():
    cfg = load_config(
        CONFIG,
        {
            "optim_wrapper.optimizer.lr": 0.5,
            "data_root": "x",  # a name of the config's own
            "randomness.seed": 3,
            "auto_scale_lr.enable": True,
            "amp": True,
            "find_unused_parameters": True,
        },
    )
    assert cfg.optim_wrapper.optimizer.lr == 0.5
    assert cfg.randomness.seed == 3
    assert cfg.amp is True


def test_what_is_no_config_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no such config"):
        load_config(tmp_path / "none.py")
    path = tmp_path / "part.py"
    path.write_text("train_cfg = dict()\n")
    with pytest.raises(ConfigError, match="has no model"):
        load_config(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a = 1\nname = 'Röntgen'\n".encode("cp1252"), "line 2 is not UTF-8"),
        ("a = 1\n".encode("utf-16"), "line 1 is not UTF-8"),
        ("a = 1\n".encode("utf-8-sig"), "begins with a byte order mark"),
        (b"a = = 1\n", "invalid syntax"),
    ],
)
def test_a_config_that_cannot_be_read_is_named(tmp_path, content, reason):
    base, config = tmp_path / "base.py", tmp_path / "config.py"
    base.write_bytes(content)
    config.write_text("_base_ = ['base.py']\n")
    for path in (base, config):
        with pytest.raises(ConfigError, match=f"base.py: .*{reason}"):
            load_config(path)
