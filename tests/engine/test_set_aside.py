import os
from pathlib import Path

import pytest

from mmceph.engine.set_aside import finish_moving, move_aside, moved_to, weights_in
from mmceph.errors import MmcephError


def make(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_text(name)
    return weights_in(folder)


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_a_move_that_was_interrupted_is_finished(tmp_path, monkeypatch, killed_after):
    files = make(tmp_path, "best_a.pth", "epoch_1.pth", "last_checkpoint")
    left = iter(range(killed_after))
    rename = Path.rename

    def killed(self, target):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            move_aside(tmp_path, files)
    assert finish_moving(tmp_path) == [tmp_path / "earlier_1"]
    assert weights_in(tmp_path) == []
    assert sorted(os.listdir(tmp_path / "earlier_1")) == sorted(path.name for path in files)
    assert finish_moving(tmp_path) == []


def test_what_came_meanwhile_stays(tmp_path):
    target = move_aside(tmp_path, make(tmp_path, "epoch_1.pth"))
    (target / ".being_moved.json").write_text('{"files": ["epoch_1.pth", "../up.pth"]}')
    make(tmp_path, "epoch_1.pth")
    (tmp_path.parent / "up.pth").touch()
    finish_moving(tmp_path)
    assert (tmp_path / "epoch_1.pth").is_file()
    assert (tmp_path.parent / "up.pth").is_file()
    (target / ".being_moved.json").write_text("[")
    with pytest.raises(MmcephError, match="cannot be read; remove it"):
        finish_moving(tmp_path)


def test_where_a_file_is_now(tmp_path):
    for _ in range(2):
        move_aside(tmp_path, make(tmp_path, "epoch_1.pth"))
    found = moved_to(tmp_path / "epoch_1.pth")
    assert [path.parent.name for path in found] == ["earlier_2", "earlier_1"]
    assert weights_in(tmp_path) == []
