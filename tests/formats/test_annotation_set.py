from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmceph.errors import AnnotationError, MmcephError
from mmceph.formats.annotation_set import (
    MANIFEST,
    AnnotationSet,
    check_file,
    data_root,
    is_whole,
    was_stopped,
)
from mmceph.io import OwnershipError

NAMES = ("train", "val", "test")


def contents(mark: int) -> dict[str, Any]:
    return {name: {"info": {"mark": mark}, "images": []} for name in NAMES}


def write(out: Path, mark: int, force: bool = False) -> AnnotationSet:
    target = AnnotationSet(data_root(out), f"python convert.py --mark {mark}")
    target.require_writable(NAMES, force)
    target.write(contents(mark), NAMES)
    return target


def marks(out: Path) -> set[int]:
    """The conversions that readers take files of."""
    found = set()
    for name in NAMES:
        path = out / f"annotations/{name}.json"
        assert check_file(path) == ""
        found.add(json.loads(path.read_text())["info"]["mark"])
    return found


def test_a_set_is_whole_and_the_same_again_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path, 1)
    folder = tmp_path / "annotations"
    assert is_whole(folder)
    assert marks(tmp_path) == {1}
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write(tmp_path, 1, force=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    write(tmp_path, 2, force=True)
    assert marks(tmp_path) == {2}
    assert not list(tmp_path.rglob("*.kept-*"))


def stop_after(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """End the process, as it were, when so many files got their names."""
    from mmceph.io import atomic

    replace, left = atomic.os.replace, [count]

    def stopping(*names: Any) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        replace(*names)

    monkeypatch.setattr(atomic.os, "replace", stopping)


@pytest.mark.parametrize("count", range(6))
def test_a_set_that_was_stopped_is_old_or_new_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    write(tmp_path, 1)
    with monkeypatch.context() as patch:
        stop_after(patch, count)
        if count < 5:
            with pytest.raises(KeyboardInterrupt):
                write(tmp_path, 2, force=True)
        else:
            write(tmp_path, 2, force=True)
    folder = tmp_path / "annotations"
    if count == 0:  # the manifest did not get its name
        assert marks(tmp_path) == {1}
    elif count == 5:
        assert marks(tmp_path) == {2}
    else:
        assert was_stopped(folder)
        assert not is_whole(folder)
        for name in NAMES:
            with pytest.raises(AnnotationError, match=r"python convert\.py --mark 2") as caught:
                check_file(folder / f"{name}.json")
            assert "was stopped" in str(caught.value)
        write(tmp_path, 2)  # and without force: it goes on
        assert marks(tmp_path) == {2}
    assert not list(tmp_path.rglob(".mmceph-*"))


def test_a_full_disk_leaves_the_old_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmceph.io import atomic

    write(tmp_path, 1)
    fsync, left = atomic.os.fsync, [3]

    def full(handle: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write(tmp_path, 2, force=True)
    assert Path(caught.value.filename).parent == tmp_path / "annotations"
    monkeypatch.undo()
    assert marks(tmp_path) == {1}


def test_an_edited_file_is_taken_with_a_note_and_never_lost(tmp_path: Path) -> None:
    write(tmp_path, 1)
    path = tmp_path / "annotations/train.json"
    edited = json.loads(path.read_text())
    edited["images"] = ["another"]
    path.write_text(json.dumps(edited))
    assert "was changed since its conversion; taken as it is" in check_file(path)
    assert is_whole(path.parent)
    target = write(tmp_path, 2, force=True)
    assert marks(tmp_path) == {2}
    assert json.loads(target.own.kept[0].read_text())["images"] == ["another"]


def test_files_of_two_conversions_do_not_belong_together(tmp_path: Path) -> None:
    write(tmp_path / "a", 1)
    write(tmp_path / "b", 2)
    path = tmp_path / "b/annotations/val.json"
    path.write_bytes((tmp_path / "a/annotations/val.json").read_bytes())
    with pytest.raises(AnnotationError, match="is of another conversion than the files beside it"):
        check_file(path)
    assert not is_whole(path.parent)
    path.unlink()
    assert not is_whole(path.parent)


def test_hand_made_folders_are_taken_and_never_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "annotations"
    folder.mkdir()
    for name in ("train.json", "my_own.json"):
        (folder / name).write_text('{"images": []}')
        assert check_file(folder / name) == ""
    assert not is_whole(folder)
    for force in (False, True):
        with pytest.raises(OwnershipError, match=r"train\.json: is there already, and mmceph did"):
            write(tmp_path, 1, force)
    (folder / "train.json").unlink()
    write(tmp_path, 1)
    assert check_file(folder / "my_own.json") == ""
    with pytest.raises(MmcephError, match=r"train.json, val.json, test.json exist\(s\) already"):
        write(tmp_path, 2)


def test_a_set_of_an_earlier_version_is_kept_when_it_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "annotations"
    folder.mkdir()
    info = {"description": "canonical cephalogram annotations of mmceph", "converter": "labelme"}
    (folder / "train.json").write_text(json.dumps({"info": info}))
    (folder / "conversion_report.json").write_text('{"images_converted": 1}')
    assert check_file(folder / "train.json") == ""
    write(tmp_path, 1, force=True)
    assert marks(tmp_path) == {1}
    assert json.loads((folder / "train.json.kept-1").read_text())["info"] == info


@pytest.mark.parametrize("damage", ["{", "[]", '{"state": 3}', '{"state": "whole", "files": []}'])
def test_a_manifest_that_is_none(tmp_path: Path, damage: str) -> None:
    write(tmp_path, 1)
    (tmp_path / "annotations" / MANIFEST).write_text(damage)
    with pytest.raises(AnnotationError, match=f"{MANIFEST}: .*or remove {MANIFEST} if"):
        check_file(tmp_path / "annotations/train.json")
    write(tmp_path, 2, force=True)
    assert marks(tmp_path) == {2}
