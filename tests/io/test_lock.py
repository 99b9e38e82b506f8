from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmceph.io.lock import LOCK, FolderLockedError, folder_lock

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from mmceph.io.lock import folder_lock
with folder_lock(sys.argv[1], "a training"):
    print("held", flush=True)
    {more}
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Starts a process that holds the lock of ``tmp_path / "runs"``."""
    started = []

    def hold(more: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD.format(more=more), str(tmp_path / "runs")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_the_second_process_is_told_of_the_first(holder, tmp_path):
    first = holder()
    with pytest.raises(FolderLockedError) as refused, folder_lock(tmp_path / "runs", "a test"):
        pass
    message = str(refused.value)
    assert f"process {first.pid} on " in message
    assert "a training" in message
    assert f"started {time.strftime('%Y-')}" in message
    assert len(message.splitlines()) == 1


def test_a_lock_dies_with_its_process(holder, tmp_path):
    first = holder()
    first.kill()
    first.wait()
    assert (tmp_path / "runs" / LOCK).is_file()
    with folder_lock(tmp_path / "runs", "a test"):
        pass
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_worker_that_outlives_its_parent_does_not_hold_it(holder, tmp_path):
    first = holder("import os; child = os.fork(); os.write(1, b'%d\\n' % child)")
    assert first.stdout is not None
    child = sum(int(first.stdout.readline()) for _ in range(2))  # the child's own line says 0
    try:
        first.kill()
        first.wait()
        with folder_lock(tmp_path / "runs", "a test"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)


def test_the_lock_says_nothing_of_the_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tools/predict.py", "patients/Smith.png"])
    with folder_lock(tmp_path, "a prediction"):
        text = (tmp_path / LOCK).read_text(encoding="utf-8")
        assert "predict.py" in text
        assert "Smith" not in text
        with pytest.raises(FolderLockedError, match=f"process {os.getpid()}"):
            folder_lock(tmp_path, "a test").__enter__()
    assert not (tmp_path / LOCK).exists()
    with folder_lock(tmp_path, "a test"):
        pass
    assert tmp_path.is_dir()


def test_a_folder_made_for_nothing_goes_again(tmp_path):
    with folder_lock(tmp_path / "a" / "b", "a test"):
        pass
    assert not (tmp_path / "a").exists()
    with folder_lock(tmp_path / "c", "a test"):
        (tmp_path / "c" / "x").touch()
    assert (tmp_path / "c" / "x").is_file()
