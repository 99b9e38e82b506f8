import pytest

from mmceph.engine.processes import process_rank, sole_training
from mmceph.engine.set_aside import move_aside
from mmceph.io import FolderLockedError


def test_two_trainings_do_not_share_a_folder(tmp_path):
    work = tmp_path / "work"
    with (
        sole_training(work),
        pytest.raises(FolderLockedError, match=r"a training .*process \d+.*started"),
        sole_training(work),
    ):
        pass
    assert not work.exists()  # nothing was written to it


def test_the_processes_of_one_job_do(tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with sole_training(tmp_path), sole_training(tmp_path, "pytorch"):
        pass
    assert process_rank("none") == 0


def test_what_a_killed_training_left_is_cleared_up(tmp_path):
    (tmp_path / ".mmceph-abc.tmp").write_bytes(b"half a checkpoint")
    (tmp_path / "epoch_1.pth").touch()
    target = move_aside(tmp_path, [tmp_path / "epoch_1.pth"])
    (target / ".mmceph-abc.tmp").write_bytes(b"half a plan")
    (target / ".being_moved.json").write_text('{"files": ["best_a.pth"]}')
    (tmp_path / "best_a.pth").touch()
    with sole_training(tmp_path):
        assert sorted(path.name for path in target.iterdir()) == ["best_a.pth", "epoch_1.pth"]
    assert [path.name for path in tmp_path.iterdir()] == ["earlier_1"]
