from pathlib import Path

import pytest
from mmengine.config import Config

from mmceph.engine.runner import Runner

WRITTEN = "# What I tried in spring\nwork_dir = 'work'\nvalue = 1\n"


@pytest.fixture
def runner(tmp_path):
    """As much of a runner as saves its config."""

    def make(source: Path, **values) -> Runner:
        runner = Runner.__new__(Runner)
        runner.cfg = Config({"work_dir": "work", **values}, cfg_text="-", filename=str(source))
        runner._work_dir, runner._log_dir = str(tmp_path), str(tmp_path / "log")
        runner.said = []
        runner.logger = type("Log", (), {"info": lambda _, text: runner.said.append(text)})()
        return runner

    return make


def test_a_config_saved_before_is_saved_anew(runner, tmp_path):
    path = tmp_path / "config.py"
    for value in (1, 2):
        runner(Path("configs/config.py"), value=value).dump_config()
        assert Config.fromfile(path).value == value
    runner(path, value=3).dump_config()
    assert Config.fromfile(path).value == 3
    assert [p.name for p in tmp_path.iterdir()] == ["config.py"]


def test_a_config_written_by_hand_is_never_written_over(runner, tmp_path):
    path = tmp_path / "config.py"
    path.write_text(WRITTEN, encoding="utf-8")
    here = runner(path, value=2)
    here.dump_config()
    assert path.read_text(encoding="utf-8") == WRITTEN
    assert "stays as it was written" in here.said[0]
    runner(tmp_path / "elsewhere" / "config.py", value=2).dump_config()
    assert Config.fromfile(path).value == 2
    assert (tmp_path / "config.py.kept-1").read_text(encoding="utf-8") == WRITTEN
