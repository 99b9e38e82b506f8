from __future__ import annotations

import json
import os
import shutil

import pytest

from mmceph.errors import MmcephError
from mmceph.evaluation.report import load_other, locked_report, write_report
from mmceph.evaluation.report.compare import EvaluationError
from mmceph.io import swap
from mmceph.io.ours import RECORD

ABOUT = {"dataset": "d", "config": "c", "environment": {}}


@pytest.fixture
def write(record, names):
    """Writes a report of the checkpoint of that name."""

    def one(out, checkpoint="a"):
        write_report(
            [record(f"{n}.png") for n in range(2)],
            names=names,
            out_dir=out,
            plots=False,
            checkpoint=checkpoint,
            checkpoint_sha256=checkpoint,
            **ABOUT,
        )

    return one


def checkpoints(out):
    """Of which test each file of a report is."""
    found = {}
    for name in ("report.json", "predictions.json"):
        found[name] = json.loads((out / name).read_text(encoding="utf-8"))["checkpoint_sha256"]
    text = (out / "report.md").read_text(encoding="utf-8")
    found["report.md"] = text.split("- checkpoint: `")[1][0]
    return set(found.values())


def test_a_report_takes_the_place_of_an_earlier_one(write, tmp_path, capsys):
    out = tmp_path / "report"
    write(out)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    (out / "mine").mkdir()
    (out / "mine" / "x.png").write_text("mine too", encoding="utf-8")
    write(out, "b")
    assert checkpoints(out) == {"b"}
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (out / "mine" / "x.png").read_text(encoding="utf-8") == "mine too"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert capsys.readouterr().out == ""


def test_folders_of_others_are_refused(write, tmp_path):
    out = tmp_path / "report"
    out.mkdir()
    (out / "report.md").write_text("my thesis", encoding="utf-8")
    with pytest.raises(MmcephError, match=r"files of yours \(report.md\)"):
        write(out)
    (out / "report.md").unlink()
    write(out)
    (out / RECORD).write_text("", encoding="utf-8")
    (out / "report.json").write_text("{}", encoding="utf-8")
    with pytest.raises(MmcephError, match="files of yours"):
        write(out, "b")
    assert (out / "report.json").read_text(encoding="utf-8") == "{}"
    # Checkpoints beside a report of an earlier version: a work folder, which is not replaced.
    other = tmp_path / "work"
    write(other)
    (other / RECORD).unlink()
    (other / "last_checkpoint").touch()
    with pytest.raises(MmcephError, match="files of yours"):
        write(other, "b")


def test_what_a_hand_changed_is_kept(write, tmp_path, capsys):
    out = tmp_path / "report"
    write(out)
    (out / "report.md").write_text("with my notes", encoding="utf-8")
    write(out, "b")
    assert checkpoints(out) == {"b"}
    kept = tmp_path / "report.kept-1"
    assert (kept / "report.md").read_text(encoding="utf-8") == "with my notes"
    assert "is kept in report.kept-1" in capsys.readouterr().out


def test_a_report_of_an_earlier_version_is_replaced_and_kept(write, tmp_path):
    out = tmp_path / "report"
    write(out)
    (out / RECORD).unlink()
    (out / "difficult_landmarks.py").write_text("x = 1", encoding="utf-8")
    write(out, "b")
    assert checkpoints(out) == {"b"}
    assert checkpoints(tmp_path / "report.kept-1") == {"a"}
    assert (out / "difficult_landmarks.py").is_file()
    write(out, "c")
    assert checkpoints(out) == {"c"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report", "report.kept-1"]


def test_a_folder_that_cannot_be_renamed(write, tmp_path, monkeypatch):
    out = tmp_path / "report"
    write(out)
    rename = os.rename

    def refused(source, target):
        if str(source) == str(out):
            raise PermissionError(13, "Access is denied")
        rename(source, target)

    monkeypatch.setattr(swap, "_exchange", lambda *_: False)
    monkeypatch.setattr(os, "rename", refused)
    with pytest.raises(MmcephError, match=r"open in another program\? The new files lie in .*-2"):
        write(out, "b")
    assert checkpoints(out) == {"a"}
    assert checkpoints(tmp_path / "report-2") == {"b"}


def test_the_folder_one_is_in(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MmcephError, match="the folder that you are in"):
        write(".")


def test_a_link_to_a_folder_stays_one(write, tmp_path):
    (tmp_path / "real").mkdir()
    try:
        (tmp_path / "report").symlink_to("real")
    except OSError:
        pytest.skip("links cannot be made here")
    for name in "ab":
        write(tmp_path / "report", name)
    assert (tmp_path / "report").is_symlink()
    assert checkpoints(tmp_path / "real") == {"b"}


def test_two_reports_at_once(write, tmp_path):
    out = tmp_path / "report"
    with locked_report(out):
        write(out)  # whoever holds the lock may write
        with pytest.raises(MmcephError, match=f"process {os.getpid()}"), locked_report(out):
            pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report"]


def test_files_of_two_tests_are_not_compared(write, tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b", "b")
    shutil.copy(tmp_path / "b" / "report.json", tmp_path / "a" / "report.json")
    with pytest.raises(EvaluationError, match="are of two tests"):
        load_other(tmp_path / "a")


def test_a_report_that_is_swapped_while_it_is_read(write, tmp_path, monkeypatch):
    from mmceph.evaluation.report import compare

    out = tmp_path / "report"
    write(out)
    read, count = compare.read_predictions, []

    def swapped(path, error):
        count.append(path)
        if len(count) == 1:
            write(out, "b")
        return read(path, error)

    monkeypatch.setattr(compare, "read_predictions", swapped)
    report, predictions = load_other(out)
    assert report["checkpoint_sha256"] == predictions["checkpoint_sha256"] == "b"
