from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

import pytest

from mmceph.formats.annotation_set import MANIFEST

TOOLS = Path(__file__).resolve().parents[2] / "tools"
NAMES = ("step_runner", "venv_setup", "quickstart")


@pytest.fixture
def quickstart(monkeypatch):
    """The tool, with set-up left out."""
    monkeypatch.syspath_prepend(str(TOOLS))
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    tool = importlib.import_module("quickstart")
    setup = sys.modules["venv_setup"]
    tool.sets = []
    monkeypatch.setattr(setup, "ensure_venv", lambda *_: (3, 11, 7))
    monkeypatch.setattr(setup, "install", lambda venv, names, steps: tool.sets.extend(names))
    yield tool
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.fixture
def commands(quickstart, monkeypatch):
    """What would be run; data and checkpoints appear as the real commands would write them."""
    noted = []

    def run_checked(command, environment=None, **_options):
        words = [str(word) for word in command]
        noted.append((words, environment))
        if "--out" in words and ("mmceph.phantom" in words or words[1].endswith("labelme.py")):
            folder = Path(words[words.index("--out") + 1], "annotations")
            folder.mkdir(parents=True, exist_ok=True)
            content = {
                "info": {"landmark_set": "isbi19"},
                "categories": [{"keypoints": ["S", "N", "Or"]}],
            }
            for name in ("train", "val", "test"):
                (folder / f"{name}.json").write_text(json.dumps(content))
        if words[1].endswith("train.py"):
            folder = Path(words[words.index("--work-dir") + 1])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "best_ceph_MRE_epoch_3.pth").touch()

    monkeypatch.setattr(quickstart, "run_checked", run_checked)
    return noted


def run(quickstart, monkeypatch, tmp_path, *arguments):
    work = tmp_path / "work"
    monkeypatch.setattr(sys, "argv", ["quickstart.py", "--work-dir", str(work), *arguments])
    assert quickstart.main() == 0
    return work


def test_phantom_train_test(quickstart, commands, monkeypatch, tmp_path, capsys):
    work = run(quickstart, monkeypatch, tmp_path, "--epochs", "2")
    (phantom, _), (train, environment), (test, _) = commands
    assert phantom[1:3] == ["-m", "mmceph.phantom"]
    assert train[2] == str(quickstart.CONFIG)
    assert train[-4:] == ["--data-root", str(work / "phantom"), "--epochs", "2"]
    assert test[3] == str(work / "model" / "best_ceph_MRE_epoch_3.pth")
    assert test[-2:] == ["--out", str(work / "report")]
    assert "MMCEPH_DISABLE_MMPOSE" not in environment
    assert "mmpose.txt" in quickstart.sets
    output = capsys.readouterr().out
    assert str(work / "report" / "index.html") in output
    assert "tools/quickstart.py --data FOLDER" in output
    assert quickstart.OWN_CONFIG.is_file()
    run(quickstart, monkeypatch, tmp_path)
    assert [words[1] for words, _ in commands].count("-m") == 1  # the phantom is there already


def test_without_mmpose(quickstart, commands, monkeypatch, tmp_path):
    run(quickstart, monkeypatch, tmp_path, "--no-mmpose")
    assert quickstart.sets == ["runtime.txt"]
    assert all(env["MMCEPH_DISABLE_MMPOSE"] == "1" for _, env in commands)


def test_own_labelme_folder(quickstart, commands, monkeypatch, tmp_path):
    options = ["--data", str(tmp_path), "--landmark-set", "isbi19", "--spacing", "0.127"]
    options += ["--skip-bad", "--ignore=-x,y"]
    converter = TOOLS / "dataset_converters" / "_converter_tool.py"
    for name in quickstart.LABELME_OPTIONS:  # all of them are the converter's
        assert f'"--{name}"' in converter.read_text(encoding="utf-8")
    work = run(quickstart, monkeypatch, tmp_path, *options)
    convert, train = commands[0][0], commands[1][0]
    assert convert[1].endswith("labelme.py")
    assert convert[2:] == [
        *(str(tmp_path), "--out", str(work / "data")),
        *("--landmarks", "isbi19", "--ignore=-x,y", "--spacing", "0.127", "--skip-bad"),
    ]
    written = work / "data" / "annotations" / "train.json"
    assert train[-2:] == ["--landmarks", str(written)]


def test_own_landmark_list(quickstart, commands, monkeypatch, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("S\near\n")
    monkeypatch.chdir(tmp_path)
    run(quickstart, monkeypatch, tmp_path, "--data", str(tmp_path), "--landmarks", "mine.txt")
    convert = commands[0][0]
    assert convert[-2:] == ["--landmarks", str(tmp_path / "mine.txt")]
    shown = capsys.readouterr().out.splitlines()[-2:]
    assert str(tmp_path / "mine.txt") in shown[0]
    assert shown[1].endswith(str(Path("mydata", "annotations", "train.json")))
    with pytest.raises(SystemExit):
        quickstart.parse_arguments(["--landmarks", "S,N"])


def test_newest_best_checkpoint_or_the_last(quickstart, tmp_path):
    with pytest.raises(quickstart.StepFailed, match="no checkpoint"):
        quickstart.best_checkpoint(tmp_path)
    (tmp_path / "last_checkpoint").write_text("epoch_4.pth")
    assert quickstart.best_checkpoint(tmp_path) == Path("epoch_4.pth")
    for name, age in (("best_a_epoch_9.pth", 100), ("best_a_epoch_10.pth", 0)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    assert quickstart.best_checkpoint(tmp_path).name == "best_a_epoch_10.pth"


def test_missing_data_folder_is_said_at_once(quickstart, capsys):
    with pytest.raises(SystemExit):
        quickstart.parse_arguments(["--data", "no/such/folder"])
    assert "no such folder" in capsys.readouterr().err


def test_phantoms_that_were_stopped_are_written_anew(quickstart, tmp_path):
    folder = tmp_path / "annotations"
    assert not quickstart.holds_whole_set(folder)
    folder.mkdir()
    (folder / "test.json").write_text("{}")
    assert quickstart.holds_whole_set(folder)  # of an earlier version
    for state in ("being written", "whole"):
        (folder / MANIFEST).write_text(json.dumps({"state": state}))
        assert quickstart.holds_whole_set(folder) is (state == "whole")
