from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmceph.io import OwnershipError, OwnFolder, Standing, require_own_file, write_own_file
from mmceph.io.ours import RECORD, files_in

WHAT = "a prediction"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def test_what_was_written_is_known_again(tmp_path):
    folder = OwnFolder(tmp_path / "out", WHAT)
    assert not folder.folder.exists()
    folder.require_ours()
    folder.write("json/1.json", b"one")
    again = OwnFolder(tmp_path / "out", WHAT)
    again.require_ours()
    assert again.owned() == ["json/1.json"]
    assert again.standing("json/1.json") is Standing.OURS
    again.write("json/1.json", b"two")
    assert (tmp_path / "out" / "json" / "1.json").read_bytes() == b"two"
    assert again.kept == []


def test_files_of_others_are_never_touched(tmp_path):
    (tmp_path / "labelme").mkdir()
    (tmp_path / "labelme" / "1.json").write_text("hand-drawn", encoding="utf-8")
    before = snapshot(tmp_path)
    folder = OwnFolder(tmp_path, WHAT)
    with pytest.raises(OwnershipError, match=r"files of yours \(labelme/1.json\).*new or an empty"):
        folder.require_ours()
    with pytest.raises(OwnershipError, match="mmceph did not write it"):
        folder.write("labelme/1.json", b"model")
    folder.remove("labelme/1.json")
    assert snapshot(tmp_path) == before


def test_a_file_of_theirs_among_ours_stays(tmp_path):
    OwnFolder(tmp_path, WHAT).write("a.csv", b"ours")
    (tmp_path / "failed.csv").write_text("theirs", encoding="utf-8")
    folder = OwnFolder(tmp_path, WHAT)
    folder.require_ours()
    assert folder.foreign() == ["failed.csv"]
    with pytest.raises(OwnershipError, match=r"failed\.csv: is there already"):
        folder.require_free(["a.csv", "failed.csv"])
    with pytest.raises(OwnershipError):
        folder.write("failed.csv", b"x")


def test_what_a_hand_changed_is_kept(tmp_path):
    OwnFolder(tmp_path, WHAT).write("a.csv", b"ours")
    for number in (1, 2):
        (tmp_path / "a.csv").write_text("corrected", encoding="utf-8")
        folder = OwnFolder(tmp_path, WHAT)
        assert folder.standing("a.csv") is Standing.CHANGED
        folder.write("a.csv", b"new")
        assert folder.kept == [tmp_path / f"a.csv.kept-{number}"]
        assert folder.kept[0].read_bytes() == b"corrected"
    (tmp_path / "a.csv").write_text("corrected", encoding="utf-8")
    folder = OwnFolder(tmp_path, WHAT)
    folder.remove("a.csv")
    assert folder.kept[0].read_bytes() == b"corrected"


def test_a_claim_comes_before_the_file(tmp_path, monkeypatch):
    import mmceph.io.ours as ours

    OwnFolder(tmp_path, WHAT).write("a.csv", b"old")

    def killed(path, data):
        raise KeyboardInterrupt

    monkeypatch.setattr(ours, "write_bytes_atomic", killed)
    with pytest.raises(KeyboardInterrupt):
        OwnFolder(tmp_path, WHAT).write("a.csv", b"new")
    monkeypatch.undo()
    # Killed between claim and file: the old one is still ours, and so is the new one.
    folder = OwnFolder(tmp_path, WHAT)
    assert folder.standing("a.csv") is Standing.OURS
    (tmp_path / "a.csv").write_bytes(b"new")
    assert folder.standing("a.csv") is Standing.OURS


def test_a_record_cut_short_loses_its_last_line_only(tmp_path):
    folder = OwnFolder(tmp_path, WHAT)
    folder.write("a.csv", b"a")
    folder.write("b.csv", b"b")
    record = tmp_path / RECORD
    record.write_bytes(record.read_bytes()[:-30])
    again = OwnFolder(tmp_path, WHAT)
    assert again.standing("a.csv") is Standing.OURS
    assert again.standing("b.csv") is Standing.FOREIGN
    again.write("c.csv", b"c")
    assert OwnFolder(tmp_path, WHAT).standing("c.csv") is Standing.OURS
    record.write_text("\x00nonsense\n[]\n{}\n5\n" + "[" * 100_000, encoding="utf-8")
    assert OwnFolder(tmp_path, WHAT).owned() == []


def test_what_an_earlier_version_left_is_taken_over(tmp_path):
    for name in ("a.json", "b.json", "c.json"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    found = {"a.json": Standing.OURS, "b.json": Standing.CHANGED, "c.json": Standing.FOREIGN}
    folder = OwnFolder(tmp_path, WHAT, lambda _: found)
    folder.require_ours()
    assert [folder.standing(name) for name in found] == list(found.values())
    assert files_in(tmp_path) == ["a.json", "b.json", "c.json"]
    folder.write("a.json", b"new")
    assert OwnFolder(tmp_path, WHAT).standing("b.json") is Standing.CHANGED


def test_links_are_theirs(tmp_path):
    folder = OwnFolder(tmp_path, WHAT)
    folder.write("a.csv", b"ours")
    (tmp_path / "a.csv").rename(tmp_path / "b.csv")
    try:
        (tmp_path / "a.csv").symlink_to(tmp_path / "b.csv")
        (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    except OSError:
        pytest.skip("links cannot be made here")
    assert folder.standing("a.csv") is Standing.FOREIGN
    assert folder.standing("gone.csv") is Standing.FOREIGN


def test_single_files(tmp_path, capsys):
    target = tmp_path / "table.csv"
    write_own_file(target, b"1", "a table")
    require_own_file(target, "a table")
    write_own_file(target, b"2", "a table")
    assert capsys.readouterr().out == ""
    target.write_bytes(b"notes")
    write_own_file(target, b"3", "a table")
    assert "kept as table.csv.kept-1" in capsys.readouterr().out
    assert (tmp_path / "table.csv.kept-1").read_bytes() == b"notes"
    # Ours, but something else: a comparison does not take a report's place.
    with pytest.raises(OwnershipError, match="is of a table"):
        write_own_file(target, b"4", "a comparison")
    (tmp_path / "mine.csv").write_bytes(b"mine")
    with pytest.raises(OwnershipError, match="name another place"):
        require_own_file(tmp_path / "mine.csv", "a table")
    with pytest.raises(OwnershipError):
        write_own_file(tmp_path / "mine.csv", b"x", "a table")
    assert (tmp_path / "mine.csv").read_bytes() == b"mine"
    write_own_file(tmp_path / "mine.csv", b"x", "a table", recognise=lambda _: Standing.OURS)
    assert json.loads((tmp_path / RECORD).read_text().splitlines()[0])["schema"] == 1


def test_an_empty_file_is_nothing_to_lose(tmp_path):
    target = tmp_path / "table.csv"
    target.touch()
    write_own_file(target, b"1", "a table")
    assert target.read_bytes() == b"1"
    assert not list(tmp_path.glob("*.kept-1"))


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OwnershipError, match="is no folder"):
        OwnFolder(tmp_path / "file", WHAT)


@pytest.mark.parametrize(
    "line",
    ['{"file": "a", "what": "a thing"}', '{"file": 1, "what": "x", "sha256": null}', "[" * 9999],
)
def test_a_line_of_a_record_that_says_too_little_is_left_out(tmp_path, line):
    (tmp_path / RECORD).write_text(line + "\n", encoding="utf-8")
    assert OwnFolder(tmp_path, "a thing").owned() == []
