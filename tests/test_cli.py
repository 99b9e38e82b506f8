"""The one door: how commands end, and how what cannot be spelt is."""

from __future__ import annotations

import argparse
import builtins
import contextlib
import errno
import io
import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mmceph import cli
from mmceph.errors import MmcephError

ROOT = Path(__file__).resolve().parents[1]


def parse(argv=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=int)
    return parser.parse_args(argv)


def ending(capsys, monkeypatch, tmp_path, work, **more):
    """The status and what is said of a command that does ``work``."""
    monkeypatch.chdir(tmp_path)
    status = cli.run_command(parse, lambda args: work(), [], **more)
    return status, capsys.readouterr().err


def raising(error):
    def work():
        raise error

    return work


def test_statuses(capsys, monkeypatch, tmp_path):
    assert ending(capsys, monkeypatch, tmp_path, lambda: None) == (0, "")
    assert ending(capsys, monkeypatch, tmp_path, lambda: 3) == (3, "")
    with pytest.raises(SystemExit) as stop:
        cli.run_command(parse, print, ["--number", "x"])
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MmcephError("a.json: is empty"), "error: a.json: is empty\n"),
        (
            MmcephError("class `A` in mmceph/a.py: class `B` in b/c.py: x.json: bad"),
            "error: x.json: bad\n",
        ),
        (PermissionError(13, "Permission denied", "a.csv"), "error: a.csv: Permission denied\n"),
        (FileNotFoundError("the file a.py is not there"), "error: the file a.py is not there\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "out/a.json"),
            "error: out/a.json: No space left on device; make room there, then run the command "
            "again\n",
        ),
        (
            ModuleNotFoundError("No module named 'onnxruntime'", name="onnxruntime"),
            "error: No module named 'onnxruntime'; python -m mmceph.guard says",
        ),
        (RuntimeError("Symlink loop from '/a/b'"), "error: '/a/b': is a link to itself"),
        (MemoryError(), "error: not enough memory (it is full)"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "error: not enough memory"),
        (MmcephError("caf\udce9.png\x1b[2J: gone"), "error: caf\\udce9.png\\x1b[2J: gone\n"),
    ],
)  # fmt: skip
def test_what_a_user_can_mend_is_one_line(capsys, monkeypatch, tmp_path, error, line):
    status, said = ending(capsys, monkeypatch, tmp_path, raising(error))
    assert status == 1
    assert said.startswith(line)
    assert len(said.splitlines()) == 1
    assert os.listdir(tmp_path) == []


def test_a_registry_that_builds_the_error_anew_does_not_lose_the_file(
    capsys, monkeypatch, tmp_path
):
    def work():
        try:
            raise OSError(errno.EACCES, "Permission denied", "data/train.json")
        except OSError as error:
            raise type(error)(f"class `CephDataset` in mmceph/datasets.py: {error}")  # noqa: B904

    status, said = ending(capsys, monkeypatch, tmp_path, work)
    assert (status, said) == (1, "error: data/train.json: Permission denied\n")


def test_a_full_disk_is_named_by_the_file_that_is_open(capsys, monkeypatch, tmp_path):
    class Full(io.FileIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    def work():
        with Full(tmp_path / "scalars.json", "w") as stream:
            stream.write(b"x")

    _, said = ending(capsys, monkeypatch, tmp_path, work)
    assert said.startswith(f"error: {tmp_path / 'scalars.json'}: No space left on device")


def test_what_nobody_foresaw_is_one_line_and_a_file(capsys, monkeypatch, tmp_path):
    status, said = ending(capsys, monkeypatch, tmp_path, lambda: {}["two\nlines"])
    assert status == 1
    (file,) = tmp_path.iterdir()
    assert re.fullmatch(r"mmceph-error-\d{8}-\d{6}\.log", file.name)
    assert said == f"unexpected error: KeyError: 'two\\nlines'; the traceback is in {file}\n"
    content = file.read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in content
    assert "Command: [" in content
    assert "Versions: mmceph " in content


def test_a_known_error_may_keep_its_traceback(capsys, monkeypatch, tmp_path):
    class OwnError(MmcephError):
        keep_traceback = True

    status, said = ending(capsys, monkeypatch, tmp_path, raising(OwnError("c.py: is wrong")))
    (file,) = tmp_path.iterdir()
    assert (status, said) == (1, f"error: c.py: is wrong; the traceback is in {file}\n")


def test_the_file_lies_in_the_temporary_folder_where_the_current_one_is_closed(
    capsys, monkeypatch, tmp_path
):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    real = builtins.open

    def closed(path, *args, **kwargs):
        if str(path).startswith(os.curdir + os.sep):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", closed)
    _, said = ending(capsys, monkeypatch, tmp_path, lambda: 1 / 0)
    (file,) = (tmp_path / "temporary").iterdir()
    assert said.endswith(f"the traceback is in {file}\n")


def test_two_errors_in_one_second_are_two_files(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("time.strftime", lambda form: "20250101-000000")
    for _ in range(2):
        ending(capsys, monkeypatch, tmp_path, lambda: 1 / 0)
    assert sorted(os.listdir(tmp_path)) == [
        "mmceph-error-20250101-000000-2.log",
        "mmceph-error-20250101-000000.log",
    ]


def test_ctrl_c_says_how_to_go_on(capsys, monkeypatch, tmp_path):
    stop = raising(KeyboardInterrupt())
    told = ending(capsys, monkeypatch, tmp_path, stop, go_on=lambda args: f"n is {args.number}")
    assert told == (130, "\nInterrupted. n is None\n")
    assert ending(capsys, monkeypatch, tmp_path, stop) == (130, "\nInterrupted.\n")


def test_an_interrupt_that_a_library_takes_for_an_error_of_the_file_is_one(
    capsys, monkeypatch, tmp_path
):
    def work():
        try:
            raise KeyboardInterrupt
        except BaseException:  # noqa: BLE001 - as mmengine does while it formats a config
            raise SyntaxError("the config cannot be formatted")  # noqa: B904

    assert ending(capsys, monkeypatch, tmp_path, work) == (130, "\nInterrupted.\n")
    assert os.listdir(tmp_path) == []


def test_what_fails_while_an_interrupt_is_minded_is_told_too(capsys, monkeypatch, tmp_path):
    def work():
        try:
            raise KeyboardInterrupt
        finally:
            raise MmcephError("t.csv: cannot be written")

    told = ending(capsys, monkeypatch, tmp_path, work)
    assert told == (130, "error: t.csv: cannot be written\n\nInterrupted.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a signal cannot be sent there")
def test_sigterm_ends_as_ctrl_c_does(capsys, monkeypatch, tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    assert before == signal.SIG_DFL
    done = []

    def work():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            done.append("tidied up")

    told = ending(capsys, monkeypatch, tmp_path, work, go_on="Go on with --resume.")
    assert told == (143, "\nTerminated. Go on with --resume.\n")
    assert done == ["tidied up"]
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_worker_just_ends(capsys, monkeypatch, tmp_path):
    def work():
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(7)
        return -os.WTERMSIG(os.waitpid(child, 0)[1])

    assert ending(capsys, monkeypatch, tmp_path, work) == (-signal.SIGTERM, "")


def in_a_shell(tail: str, body: str) -> tuple[int, str]:
    """Run a command with its output redirected by ``tail``."""
    code = f"import sys; from mmceph import cli; sys.exit(cli.guarded(lambda: {body}))"
    command = f"{sys.executable} -c '{code}' {tail}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_standard_output_is_named():
    line = "error: standard output: No space left on device\n"
    assert in_a_shell("> /dev/full", 'print("x")') == (1, line)
    assert in_a_shell("> /dev/full", 'print("x" * 99999)') == (1, line)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_log_that_cannot_be_written_is_told_once(capsys, monkeypatch, tmp_path):
    log = logging.getLogger("mmceph.test_cli")
    before = logging.Handler.handleError

    def work():
        handler = logging.FileHandler("/dev/full")
        log.addHandler(handler)
        try:
            for _ in range(3):
                log.warning("x")
        finally:
            log.removeHandler(handler)
            with contextlib.suppress(OSError):
                handler.close()

    status, said = ending(capsys, monkeypatch, tmp_path, work)
    assert status == 0
    line = "warning: /dev/full: cannot be written ([Errno 28] No space left on device); it has gaps"
    assert [text for text in said.splitlines() if text != "x"] == [line]
    assert logging.Handler.handleError is before


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such shell")
def test_a_reader_that_has_gone_is_one_line():
    status, said = in_a_shell("| true", 'print("x" * 999999)')
    assert status == 1
    assert said == "error: what reads the output has gone away, so the work was stopped\n"


def test_no_name_ends_a_run_because_a_stream_cannot_spell_it(monkeypatch, tmp_path):
    for stream in ("stdout", "stderr"):
        raw = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
        monkeypatch.setattr(sys, stream, raw)
    names = "علی caf\udce9"

    def work():
        print(names)
        raise MmcephError(names)

    assert cli.run_command(parse, lambda args: work(), []) == 1
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.flush()
    assert sys.stdout.buffer.getvalue().strip() == rb"\u0639\u0644\u06cc caf\udce9"  # type: ignore[attr-defined]
    assert sys.stderr.buffer.getvalue().strip() == rb"error: \u0639\u0644\u06cc caf\udce9"  # type: ignore[attr-defined]


TOOLS = sorted(
    path
    for path in (ROOT / "tools").rglob("*.py")
    if "__main__" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("path", TOOLS, ids=[path.stem for path in TOOLS])
def test_every_tool_goes_through_the_door(path):
    text = path.read_text(encoding="utf-8")
    assert re.search(r"\b(run_command|run_tool|finish)\(", text)
    assert "sys.exit(main())" in text or "finish(main)" in text
