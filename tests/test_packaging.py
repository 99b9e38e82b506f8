"""The pinned files, the bounds table and what mim reads must agree."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from mmceph.environment.bounds import BOUNDS, MMPOSE_DEPENDENCIES, MMPOSE_NO_DEPS, XTCOCOTOOLS_SPEC
from mmceph.environment.versions import satisfies

ROOT = Path(__file__).resolve().parents[1]


def lines(name: str) -> list[str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w-]+", line)[0].lower() for line in requirements}


def test_pinned_versions_lie_inside_the_bounds():
    checked = 0
    for line in [*lines("runtime.txt"), *lines("mmpose.txt"), *lines("mmpose_nodeps.txt")]:
        match = re.match(r"([\w-]+)==([\w.]+)(?:; python_version >= .*)?$", line)
        for bound in BOUNDS:
            if match and match[1] in bound.distributions:
                assert satisfies(match[2], bound.spec), line
                checked += 1
    assert checked >= 9


def test_guard_names_what_mmpose_txt_pins():
    assert names([*MMPOSE_DEPENDENCIES, XTCOCOTOOLS_SPEC]) == names(lines("mmpose.txt"))
    assert list(MMPOSE_NO_DEPS) == lines("mmpose_nodeps.txt")


def test_nothing_pinned_twice_and_differently():
    pins: dict[str, str] = {}
    for name in ("runtime.txt", "mmpose.txt", "tests.txt"):
        for line in lines(name):
            requirement, _, marker = line.partition(";")
            package, exact, version = requirement.strip().partition("==")
            if exact and not marker:
                assert pins.setdefault(package, version) == version


@pytest.fixture
def setup_module():
    spec = importlib.util.spec_from_file_location("mmceph_setup", ROOT / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_extras(setup_module):
    extras = setup_module.extras()
    assert {"mmpose", "tests", "dicom", "onnx", "all"} <= set(extras)
    assert extras["onnx"][0].startswith("onnx")
    # mmpose itself would bring chumpy, whose build fails.
    assert "mmpose" not in names(extras["mmpose"])
    assert setup_module.read_version() == __import__("mmceph").__version__


@pytest.mark.parametrize("command", ["editable_wheel", "bdist_wheel"])
def test_mim_folder(setup_module, monkeypatch, tmp_path, command):
    for name in ("configs", "tools"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").touch()
    for name in ("model-index.yml", "dataset-index.yml"):
        (tmp_path / name).touch()
    (tmp_path / "mmceph").mkdir()
    monkeypatch.setattr(setup_module, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["setup.py", command])
    for _ in range(2):
        setup_module.fill_mim_folder()
    mim = tmp_path / "mmceph" / ".mim"
    assert {path.name for path in mim.iterdir()} == set(setup_module.MIM_ITEMS)
    assert (mim / "tools" / "a.py").is_file()
    if command == "bdist_wheel":
        assert not (mim / "tools").is_symlink()
    elif (mim / "tools").is_symlink():  # Windows may refuse links; copies stand in for them
        assert not Path((mim / "tools").readlink()).is_absolute()


def test_a_wheel_does_not_undo_an_editable_install(setup_module, monkeypatch, tmp_path):
    (tmp_path / "configs").mkdir()
    mim = tmp_path / "mmceph" / ".mim"
    mim.mkdir(parents=True)
    try:
        (mim / "configs").symlink_to(Path("..", "..", "configs"), target_is_directory=True)
    except OSError:
        pytest.skip("this system does not allow symbolic links")
    monkeypatch.setattr(setup_module, "ROOT", tmp_path.resolve())
    monkeypatch.setattr(sys, "argv", ["setup.py", "bdist_wheel"])
    setup_module.fill_mim_folder()
    assert (mim / "configs").is_symlink()


def test_config_names_suit_mim():
    configs = [path for path in (ROOT / "configs").rglob("*.py") if "_base_" not in path.parts]
    assert configs
    assert all(path.name == path.name.lower() for path in configs)
    assert len({path.name for path in configs}) == len(configs)


def test_model_index_lists_configs_that_exist():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    index = yaml.safe_load((ROOT / "model-index.yml").read_text(encoding="utf-8"))
    models = list(index.get("Models") or [])
    for name in index.get("Import") or []:
        models += yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["Models"]
    for model in models:
        assert (ROOT / model["Config"]).is_file(), model["Name"]
