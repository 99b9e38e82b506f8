from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from mmceph.io import swap
from mmceph.io.ours import RECORD

NAMES = ("a.json", "b.md", "plots/c.png")
WHAT = "a report"


def contents(of: str) -> dict[str, bytes]:
    return {name: f"{name} of {of}".encode() for name in NAMES}


def owners(out: Path) -> set[str]:
    return {(out / name).read_text(encoding="utf-8").split(" of ")[1] for name in NAMES}


def replace_and_die(out: Path, step: int, exchanges: bool) -> bool:
    """Replace a set in a child process that dies at its ``step``-th change; whether it did."""
    child = os.fork()
    if child == 0:
        left = step

        def dying(call):
            def counted(*args, **kwargs):
                nonlocal left
                left -= 1
                if left < 0:
                    os._exit(9)
                return call(*args, **kwargs)

            return counted

        for module, name in (
            *((os, name) for name in ("rename", "replace", "link", "unlink", "rmdir", "mkdir")),
            (shutil, "rmtree"),
            (Path, "rename"),
            (Path, "unlink"),
        ):
            setattr(module, name, dying(getattr(module, name)))
        swap._exchange = dying(swap._exchange) if exchanges else lambda *_: False
        try:
            swap.replace_files(out, contents("new"), WHAT)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("exchanges", [True, False])
def test_a_kill_at_any_step_leaves_one_whole_set(tmp_path, exchanges):
    found, step, killed = set(), 0, True
    while killed:
        out = tmp_path / str(step) / "out"
        swap.replace_files(out, contents("old"), WHAT)
        (out / "notes.txt").write_text("mine", encoding="utf-8")
        killed = replace_and_die(out, step, exchanges)
        if not exchanges:
            swap.heal(out)
        assert len(owners(out)) == 1, step
        found |= owners(out)
        assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
        swap.remove_leftovers(out, WHAT)
        swap.replace_files(out, contents("next"), WHAT)
        assert owners(out) == {"next"}
        assert [path.name for path in out.parent.iterdir()] == ["out"], step
        step += 1
    assert found == {"old", "new"}
    assert step > 10


def test_what_lies_in_a_leftover_alone_is_kept(tmp_path):
    out = tmp_path / "out"
    swap.replace_files(out, contents("old"), WHAT)
    (out / "a.json").write_text("changed", encoding="utf-8")
    left = out.with_name(f"{swap._prefix(out)}x")
    out.rename(left)
    swap.replace_files(out, contents("new"), WHAT)
    swap.remove_leftovers(out, WHAT)
    kept = tmp_path / "out.kept-1"
    assert (kept / "a.json").read_text(encoding="utf-8") == "changed"
    assert not left.exists()


def test_a_probe_that_was_killed_leaves_nothing(tmp_path, monkeypatch):
    out = tmp_path / "out"
    swap.replace_files(out, contents("old"), WHAT)
    with monkeypatch.context() as patch:
        patch.setattr(tempfile.TemporaryDirectory, "cleanup", lambda self: self._finalizer.detach())
        patch.setattr(tempfile.TemporaryDirectory, "__exit__", lambda self, *_: self.cleanup())
        swap.require_replaceable(out)
    assert len(list(tmp_path.iterdir())) == 2
    swap.remove_leftovers(out, WHAT)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_leaves_the_old_set_and_names_the_file(tmp_path, monkeypatch):
    out = tmp_path / "out"
    swap.replace_files(out, contents("old"), WHAT)

    def full(path, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(swap, "write_bytes_atomic", full)
    with pytest.raises(OSError, match=r"No space left") as refused:
        swap.replace_files(out, contents("new"), WHAT)
    assert refused.value.filename == str(out / "a.json")
    assert owners(out) == {"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_rights_are_those_of_the_old_folder(tmp_path):
    out = tmp_path / "out"
    swap.replace_files(out, contents("old"), WHAT)
    umask = os.umask(0)
    os.umask(umask)
    assert out.stat().st_mode & 0o777 == 0o777 & ~umask
    out.chmod(0o750)
    swap.replace_files(out, contents("new"), WHAT)
    assert out.stat().st_mode & 0o777 == 0o750


def test_files_are_copied_where_they_cannot_be_linked(tmp_path, monkeypatch):
    out = tmp_path / "out"
    swap.replace_files(out, contents("old"), WHAT)
    (out / "notes.txt").write_text("mine", encoding="utf-8")

    def refused(*_, **__):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refused)
    swap.replace_files(out, contents("new"), WHAT)
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in out.iterdir()) == [RECORD, *NAMES[:2], "notes.txt", "plots"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
