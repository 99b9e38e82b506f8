from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1">
</testsuite></testsuites>"""


@pytest.fixture
def runtests(monkeypatch):
    """The tool, with set-up left out and one 3.11 environment pretended."""
    monkeypatch.syspath_prepend(str(TOOLS))
    for name in ("step_runner", "venv_setup", "runtests"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    tool = importlib.import_module("runtests")
    setup = sys.modules["venv_setup"]
    monkeypatch.setattr(setup, "ensure_venv", lambda *_: (3, 11, 7))
    monkeypatch.setattr(setup, "install", lambda *_: None)
    yield tool
    for name in ("step_runner", "venv_setup", "runtests"):
        sys.modules.pop(name, None)


def test_counts_from_junit(runtests, tmp_path):
    (tmp_path / "x.xml").write_text(JUNIT)
    assert runtests.read_counts(tmp_path / "x.xml") == (4, 3, 3)
    assert runtests.read_counts(tmp_path / "absent.xml") is None


def fake_pytest(monkeypatch, runtests, failing=()):
    """Replace running by notes of what would be run; ``failing`` names commands by a word."""
    calls = []

    def run(command, environment=None, **_options):
        words = [str(word) for word in command]
        calls.append((words, environment or {}))
        code = int(any(word in words for word in failing))
        for word in words:
            if word.startswith("--junitxml="):
                bad = 'failures="1"' if code else 'failures="0"'
                text = f'<testsuite errors="0" {bad} skipped="2" tests="7"/>'
                Path(word.split("=", 1)[1]).write_text(text)
        return code, []

    monkeypatch.setattr(runtests, "run", run)
    return calls


def test_both_modes_and_one_closing_line(runtests, monkeypatch, capsys):
    calls = fake_pytest(monkeypatch, runtests)
    monkeypatch.setattr(sys, "argv", ["runtests.py", "-k", "radial", "--venv", "v"])
    assert runtests.main() == 0
    suites = [(words, env) for words, env in calls if "pytest" in words]
    assert len(suites) == 2
    assert all(words[-2:] == ["-k", "radial"] for words, _ in suites)
    assert "PYTHONPATH" not in suites[0][1]
    assert Path(suites[1][1]["PYTHONPATH"]).name == "without_mmpose"
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == [
        "with MMPose:    5 passed, 0 failed, 2 skipped",
        "without MMPose: 5 passed, 0 failed, 2 skipped",
        "10 passed, 0 failed, 4 skipped",
    ]


@pytest.mark.parametrize("failing", ["mypy", "format", "pytest", "mmceph.guard"])
def test_any_failure_fails_the_run(runtests, monkeypatch, capsys, failing):
    fake_pytest(monkeypatch, runtests, failing=[failing])
    monkeypatch.setattr(sys, "argv", ["runtests.py"])
    assert runtests.main() == 1
    closing = capsys.readouterr().out.splitlines()[-1]
    expected = "8 passed, 2 failed" if failing == "pytest" else "10 passed, 0 failed"
    assert closing == f"{expected}, 4 skipped"


def test_pythons_without_mmpose_run_the_fallback_alone(runtests, monkeypatch, capsys):
    monkeypatch.setattr(sys.modules["venv_setup"], "ensure_venv", lambda *_: (3, 14, 0))
    calls = fake_pytest(monkeypatch, runtests)
    monkeypatch.setattr(sys, "argv", ["runtests.py"])
    assert runtests.main() == 0
    assert len([words for words, _ in calls if "pytest" in words]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "5 passed, 0 failed, 2 skipped"


def test_cores_are_shared_out_unless_the_user_says_how(runtests):
    assert runtests.parallel_options(["-k", "name"])[0] == "-n"
    for argument in ("-n0", "--dist=no", "--pdb"):
        assert runtests.parallel_options([argument]) == []
