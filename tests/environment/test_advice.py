from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path

import pytest

from mmceph.environment import advice
from mmceph.environment.bounds import EXTRAS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("installed", "bound"),
    [
        ({"mmpose": "1.3.2", "numpy": "1.26.4"}, ' "numpy<2"'),
        ({"mmpose": "1.3.2", "numpy": "2.2.6"}, ' "numpy<2.3"'),
        ({"mmpose": "1.3.2", "numpy": "2.4.6"}, ""),  # no downgrade in passing
        ({"numpy": "1.26.4"}, ""),
        ({"mmpose": "1.3.2"}, ""),
    ],
)
def test_a_bound_on_numpy_goes_along_where_mmpose_is(
    monkeypatch: pytest.MonkeyPatch, installed: dict[str, str], bound: str
) -> None:
    def version(name: str) -> str:
        if name not in installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert advice.install_command("onnxruntime") == f"pip install onnxruntime{bound}"
    assert advice.install_extra("dicom") == f'pip install "pydicom>=2.4"{bound}'


def test_the_table_and_the_extras_of_the_package_name_the_same_packages() -> None:
    spec = importlib.util.spec_from_file_location("setup_of_mmceph", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    extras = setup.extras()
    for name, requirements in EXTRAS.items():
        lines = [line.split(";")[0].strip() for line in extras[name]]
        for requirement in requirements:
            # An extra may have narrower bounds for an old Python.
            assert any(line.startswith(requirement) for line in lines), requirement
        assert len({line.split(">")[0].split("<")[0] for line in lines}) == len(requirements)
