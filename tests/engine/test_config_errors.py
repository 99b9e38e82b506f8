"""A config that is wrong is said to be, whatever fails because of it."""

from __future__ import annotations

import pytest

from mmceph.engine.config import ConfigError, load_config
from mmceph.engine.config_errors import BrokenConfigError, clear_missing_parts
from mmceph.errors import MmcephError


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("raise ValueError('mine')\n", "ValueError: mine"),
        ("custom_imports = dict(imports='gone_too')\nmodel = dict()\n", "gone_too"),
        ("_base_ = ['gone.py']\nmodel = dict()\n", "gone.py"),
        ("model = []\n", "model is []; it must be a dict"),
        ("model = dict()\ntrain_cfg = 'x'\n", "train_cfg is 'x'; it must be a dict"),
        ("model = dict()\nval_dataloader = dict()\n", "val_dataloader.dataset is None; it must"),
        ("model = dict()\ncustom_hooks = [1]\n", "custom_hooks is [1]; it must be a list of"),
    ],
)
def test_a_config_that_fails_is_named(tmp_path, text, what):
    path = tmp_path / "c.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert what in str(raised.value)


def test_a_deep_json_config(tmp_path):
    path = tmp_path / "c.json"
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"c\.json: RecursionError"):
        load_config(path)


@pytest.mark.parametrize(
    "error", [ValueError("7 is no size"), AttributeError("a"), AssertionError(), IndexError("i")]
)
def test_what_nobody_foresaw_keeps_its_traceback(error):
    name = type(error).__name__
    with pytest.raises(BrokenConfigError, match=name) as raised, clear_missing_parts():
        raise error
    assert raised.value.keep_traceback
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [MmcephError("x"), OSError(2, "gone", "f"), MemoryError()])
def test_what_is_not_the_configs_fault_is_left_alone(error):
    with pytest.raises(type(error)) as raised, clear_missing_parts():
        raise error
    assert raised.value is error


def test_an_argument_that_a_part_lacks_needs_no_traceback():
    with pytest.raises(ConfigError, match="unexpected keyword") as raised, clear_missing_parts():
        (lambda: None)(gone=1)  # type: ignore[call-arg]
    assert not raised.value.keep_traceback
