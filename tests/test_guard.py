from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmceph import guard

REPOSITORY = Path(__file__).resolve().parents[1]
HEAVY = {"torch", "torchvision", "numpy", "cv2", "mmengine", "mmcv", "mmdet", "mmpose"}


def run(program: str, **variables: str) -> str:
    environment = {**os.environ, **variables}
    paths = [str(REPOSITORY), environment.get("PYTHONPATH", "")]
    # What blocks MMPose in the second run of the suite must stay in front.
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, reversed(paths)))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", ["mmceph", "mmceph.guard"])
def test_import_is_light(module):
    loaded = json.loads(run(f"import json, sys, {module}; print(json.dumps(list(sys.modules)))"))
    assert module in loaded
    assert not HEAVY & set(loaded)


TOOLS = sorted(
    str(path.relative_to(REPOSITORY))
    for path in (REPOSITORY / "tools").rglob("*.py")
    if "__main__" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("tool", TOOLS)
def test_help_of_every_tool_is_light(tool):
    program = f"""
import json, os, runpy, sys
sys.argv = [{tool!r}, "--help"]
sys.path.insert(0, os.path.dirname({tool!r}))
os.chdir({str(REPOSITORY)!r})
try:
    runpy.run_path({tool!r}, run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
print("\\n" + json.dumps(list(sys.modules)))
"""
    output = run(program)
    assert "usage:" in output
    assert not (HEAVY - {"numpy"}) & set(json.loads(output.splitlines()[-1]))


def test_disabling_variable_needs_no_probe(monkeypatch):
    monkeypatch.setenv("MMCEPH_DISABLE_MMPOSE", "1")
    monkeypatch.setattr(guard, "check", lambda refresh=False: pytest.fail("it probed"))
    assert guard.mmpose_usable() is False


@pytest.mark.parametrize("value", ["", "0", "false", "no"])
def test_disabling_variable_can_say_no(monkeypatch, value):
    monkeypatch.setenv("MMCEPH_DISABLE_MMPOSE", value)
    monkeypatch.setitem(sys.modules, "mmpose.models", sys)
    monkeypatch.setitem(sys.modules, "mmpose.datasets", sys)
    assert guard.mmpose_usable() is True
    assert guard.fallback_warning() == ""


def test_environment_has_every_field():
    facts = guard.environment()
    fields = "python platform torch torchvision numpy opencv mmengine mmcv mmdet mmpose mode"
    assert set(fields.split()) <= set(facts)
    assert facts["mode"] in ("mmpose", "fallback")
    assert facts["python"] == ".".join(map(str, sys.version_info[:3]))


def test_warning_names_cause_and_commands(monkeypatch):
    from mmceph.environment import causes, remedies, report

    way = remedies.pip_install("numpy<2")
    cause = causes.Cause("numpy-2", "xtcocotools was built for numpy 1.", (way,))
    made = report.Report({}, "lite", report.EXIT_FALLBACK, cause, False)
    monkeypatch.setattr(guard, "check", lambda refresh=False: made)
    for name in ("mmpose.models", "mmpose.datasets"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    text = guard.fallback_warning()
    assert "\n" not in text
    assert "built for numpy 1" in text
    assert '`pip install "numpy<2"`' in text


def test_text_report_reads_as_a_table(capsys):
    code = guard.main([])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["package", "installed", "wanted", "tested"]
    assert any(line.startswith("mmcv") for line in lines)
    assert any(line.startswith("Verdict: ") for line in lines)
    assert code in (0, 3)


@pytest.mark.mmpose
def test_usable_means_that_mmpose_imports_here():
    program = """
import mmceph.guard
assert mmceph.guard.mmpose_usable()
import mmpose.datasets, mmpose.models
from mmpose.registry import MODELS
print(MODELS.get("HRNet").__name__)
"""
    assert run(program).splitlines()[-1] == "HRNet"
