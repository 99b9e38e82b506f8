from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys

import pytest

from mmceph.environment import ops_standin
from mmceph.environment.ops_standin import OpsStandin


@pytest.fixture
def standin(monkeypatch):
    """The stand-in, put in place as for an mmcv without ops."""
    monkeypatch.delitem(sys.modules, ops_standin.NAME, raising=False)
    monkeypatch.setattr(ops_standin, "module_file", lambda name: "mmcv/__init__.py")
    monkeypatch.setattr(ops_standin, "mmcv_ops_file", lambda: None)
    assert ops_standin.install() is True
    module = sys.modules[ops_standin.NAME]
    yield module
    sys.modules.pop(ops_standin.NAME, None)


@pytest.mark.parametrize(
    ("torch", "way"),
    [
        ("2.13.0", r'--no-build-isolation "mmcv>=2.0.0rc4,<=2'),
        ("2.14.1+cpu", r"compiles with torch <2.14, and 2.14.1\+cpu is installed"),
    ],
)
def test_looking_an_op_up_is_fine_and_calling_it_is_not(standin, monkeypatch, torch, way):
    monkeypatch.setattr(ops_standin.importlib.metadata, "version", lambda _: torch)
    op = standin.nms
    assert hasattr(standin, "deform_conv_forward")
    with pytest.raises(RuntimeError, match=rf"'nms' was called.*{way}"):
        op(1, iou_threshold=0.5)


def test_it_stands_up_to_inspection(standin):
    assert standin.__spec__.name == "mmcv._ext"
    assert standin.__spec__.loader is None
    for name in ("__file__", "__path__", "__wrapped__", "__no_such__"):
        assert not hasattr(standin, name)
    with pytest.raises(TypeError):
        inspect.getfile(standin)
    assert inspect.getmodule(standin.nms) is not None


def test_build_facts_get_an_answer(standin):
    assert standin.get_compiler_version().startswith("n/a")
    assert standin.get_compiling_cuda_version().startswith("n/a")


def test_installing_twice_changes_nothing(standin):
    assert ops_standin.install() is True
    assert sys.modules[ops_standin.NAME] is standin


def test_real_ops_are_not_replaced(monkeypatch):
    real = type(sys)("mmcv._ext")
    monkeypatch.setitem(sys.modules, ops_standin.NAME, real)
    assert ops_standin.install() is False
    assert sys.modules[ops_standin.NAME] is real


def test_without_mmcv_there_is_nothing_to_stand_in_for(monkeypatch):
    monkeypatch.delitem(sys.modules, ops_standin.NAME, raising=False)
    monkeypatch.setattr(ops_standin, "module_file", lambda name: None)
    assert ops_standin.install() is False
    assert ops_standin.NAME not in sys.modules


@pytest.mark.mmpose
@pytest.mark.filterwarnings("ignore")
def test_look_ups_in_a_real_mmcv(standin):
    assert importlib.util.find_spec("mmcv._ext") is standin.__spec__
    assert importlib.import_module("mmcv._ext") is standin
    assert isinstance(standin, OpsStandin)
