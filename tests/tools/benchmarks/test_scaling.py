"""The benchmark of reports runs; its seconds and megabytes are the machine's."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "tools" / "benchmarks"


def test_a_small_report(capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = spec_from_file_location("scaling", FOLDER / "scaling.py")
    assert spec is not None
    assert spec.loader is not None
    scaling = module_from_spec(spec)
    spec.loader.exec_module(scaling)
    assert scaling.main(["report", "--one", "--records", "3"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(found["busy"]) == {"metric", "report"}
    assert 0 < found["records_mb"] <= found["peak_mb"]
    assert found["folder_mb"] > 0
