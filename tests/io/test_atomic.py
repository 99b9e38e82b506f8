from __future__ import annotations

import errno
import os

import pytest

from mmceph.io import write_bytes_atomic, write_json_atomic


def test_a_full_disk_names_the_file(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_bytes(b"old")

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*a\.json'"):
        write_json_atomic(tmp_path / "a.json", {})
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"old"


def test_what_is_in_the_way_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="/file'"):
        write_bytes_atomic(tmp_path / "file" / "a.json", b"")


def test_the_disk_has_the_file_before_its_name(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda handle: done.append("fsync"))
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda *a: (done.append("replace"), replace(*a)))
    write_bytes_atomic(tmp_path / "a", b"1")
    assert done[:2] == ["fsync", "replace"]
    done.clear()
    write_bytes_atomic(tmp_path / "a", b"1", durable=False)
    assert done == ["replace"]


def test_a_name_as_long_as_names_can_be(tmp_path):
    assert write_bytes_atomic(tmp_path / ("a" * 250), b"1").read_bytes() == b"1"
