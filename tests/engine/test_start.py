from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmceph.engine import start
from mmceph.engine.checkpoint import CheckpointError
from mmceph.engine.start import check_start, require_same_model, set_aside


@pytest.fixture
def said(monkeypatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(start, "print_log", lambda text, *_: messages.append(text))
    return messages


def save(path: Path, epoch: int = 4) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"meta": {"epoch": epoch}, "state_dict": {"a": torch.ones(1)}}, path)
    return path


def config(work_dir: Path, **changes) -> Config:
    return Config({"work_dir": str(work_dir), "train_cfg": {"max_epochs": 4}, **changes})


def test_weights_of_an_earlier_run_are_moved_and_kept(tmp_path, said):
    contents = {}
    for name in ("epoch_4.pth", "best_ceph_MRE_epoch_3.pth"):
        contents[name] = save(tmp_path / name).read_bytes()
    (tmp_path / "last_checkpoint").write_text(str(tmp_path / "epoch_4.pth"))
    (tmp_path / "config.py").touch()
    set_aside(config(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.py", "earlier_1"]
    moved = tmp_path / "earlier_1"
    assert {path.name: path.read_bytes() for path in moved.glob("*.pth")} == contents
    assert said == [f"{tmp_path}: weights of an earlier run were moved to {moved}"]
    save(tmp_path / "epoch_4.pth")
    set_aside(config(tmp_path))
    assert (tmp_path / "earlier_2" / "epoch_4.pth").is_file()
    set_aside(config(tmp_path))
    assert not (tmp_path / "earlier_3").exists()


def test_the_weights_it_starts_from_may_be_among_them(tmp_path, said):
    path = save(tmp_path / "best_a.pth")
    (tmp_path / "mine.pth").touch()
    moved = set_aside(config(tmp_path, load_from=str(path)))
    assert Path(moved) == tmp_path / "earlier_1" / "best_a.pth"
    assert Path(moved).is_file()
    assert (tmp_path / "mine.pth").is_file()  # no file that training writes


def test_nothing_is_moved_when_a_run_goes_on(tmp_path, said):
    path = save(tmp_path / "epoch_2.pth", epoch=2)
    (tmp_path / "last_checkpoint").write_text(str(path))
    set_aside(config(tmp_path, resume=True))
    assert path.is_file()
    assert said == []


def test_a_finished_run_says_how_to_go_on(tmp_path, said):
    path = save(tmp_path / "epoch_4.pth")
    check_start(config(tmp_path, resume=True, load_from=str(path)))
    assert "is at epoch 4 of 4" in said[0]
    assert "--epochs" in said[0]


def test_resuming_nothing_is_said_and_a_lost_checkpoint_is_an_error(tmp_path, said):
    check_start(config(tmp_path, resume=True))
    assert "holds nothing to resume" in said[0]
    (tmp_path / "last_checkpoint").write_text(str(tmp_path / "gone.pth"))
    with pytest.raises(CheckpointError, match=r"gone\.pth, which is not there"):
        check_start(config(tmp_path, resume=True))


@pytest.mark.parametrize("resume", [True, False])
def test_a_damaged_checkpoint_is_named_before_the_run(tmp_path, said, resume):
    whole = save(tmp_path / "whole.pth").read_bytes()
    for name, content in (("cut.pth", whole[: len(whole) // 2]), ("text.pth", b"e is a text")):
        (tmp_path / name).write_bytes(content)
        cfg = config(tmp_path / "work", resume=resume, load_from=str(tmp_path / name))
        with pytest.raises(CheckpointError, match=name):
            check_start(cfg)


def test_going_on_with_another_model_is_refused():
    model = torch.nn.Linear(3, 2)
    require_same_model(model, None)
    require_same_model(model, {"state_dict": model.state_dict()})
    other = {"state_dict": torch.nn.Linear(3, 4).state_dict()}
    with pytest.raises(CheckpointError, match="2 of 2 weights do not fit, weight for one"):
        require_same_model(model, other)


def test_several_processes_leave_the_files_where_they_are(tmp_path, monkeypatch, said):
    path = save(tmp_path / "epoch_4.pth")
    monkeypatch.setattr(start, "get_dist_info", lambda: (0, 2))
    set_aside(config(tmp_path))
    assert path.is_file()
    assert "may replace" in said[0]
