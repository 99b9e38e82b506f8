from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[3] / "tools" / "dataset_converters"


@pytest.fixture
def run_tool(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Run a converter by its format's name; returns exit code, output and errors."""
    monkeypatch.syspath_prepend(str(TOOLS))  # as Python does for a script

    def call(name: str, *arguments: str | Path) -> tuple[int, str, str]:
        spec = importlib.util.spec_from_file_location(f"{name}_tool", TOOLS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        code = tool.main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return call
