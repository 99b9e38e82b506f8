"""Two reports to choose from and to compare."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from mmceph.evaluation.records import CephRecord
from mmceph.evaluation.report import write_report

TOOLS = Path(__file__).resolve().parents[3] / "tools" / "analysis_tools"
NAMES = ("S", "N", "Po")


@pytest.fixture
def load_tool():
    """A tool as a module, by its name."""

    def load(name):
        spec = spec_from_file_location(f"mmceph_tools_{name}", TOOLS / f"{name}.py")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def reports(tmp_path):
    """Two runs on eight images at 0.5 mm; the second halves the error of Po."""
    generator = np.random.default_rng(0)
    truth = np.array([[10.0, 20.0], [50.0, 100.0], [90.0, 180.0]])
    errors = generator.normal(0, 1, (8, 3, 2)) * [[1], [1], [6]]
    for name, factor in (("before", 1.0), ("after", 0.5)):
        records = [
            CephRecord(
                file=f"{number}.png",
                image_size=(100, 200),
                predicted=truth + error * [[1.0], [1.0], [factor]],
                scores=np.ones(3),
                truth=truth,
                visible=np.ones(3, bool),
                spacing=(0.5, 0.5),
            )
            for number, error in enumerate(errors)
        ]
        about = {"dataset": "d", "config": "c", "checkpoint": "w", "environment": {}}
        out = tmp_path / name
        write_report(records, names=NAMES, out_dir=out, difficult=["Po"], plots=False, **about)
    return tmp_path
