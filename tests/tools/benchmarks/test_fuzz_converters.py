from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[3] / "tools" / "benchmarks"


@pytest.fixture
def fuzzer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    # The program sets these for itself; they must not outlive it here.
    for name in ("MMCEPH_DISABLE_MMPOSE", "OPENCV_LOG_LEVEL"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    spec = importlib.util.spec_from_file_location("fuzz_converters", TOOLS / "fuzz_converters.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["labelme", "labelstudio", "isbi2015", "aariz", "cldetection2023", "coco"]
)
def test_damaged_files_end_in_a_message(
    fuzzer: ModuleType,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mmceph.converters import command

    monkeypatch.setattr(command, "track", command.track)  # the program replaces it
    before = signal.getsignal(signal.SIGALRM) if hasattr(signal, "SIGALRM") else None
    log = tmp_path / "fuzz.log"
    # The memory of the whole test run counts, so its limit is left to the program's own runs.
    code = fuzzer.main(
        ["--number", "100", "--formats", name, "--log", str(log), "--gigabytes", "64"]
    )
    if before is not None:
        signal.signal(signal.SIGALRM, before)
    assert code == 0, log.read_text()
    assert f"{name}: 100 cases: " in capsys.readouterr().out
