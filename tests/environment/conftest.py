"""A folder of fake packages, in which every known breakage can be played through for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


class FakeSite:
    """Fake packages with metadata, seen by interpreters that see no real ones (``-S``)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        self.folder.mkdir()
        self.cache = folder / "cache"
        self.variables: dict[str, str] = {}

    def add(self, name: str, version: str, source: str = "", distribution: str = "") -> None:
        """Write package ``name``; ``version`` goes into its metadata and its ``__version__``."""
        self.remove(name)
        distribution = distribution or name
        text = f'__version__ = "{version}"\n' + textwrap.dedent(source)
        self.write(f"{name}/__init__.py", text)
        folder = f"{distribution.replace('-', '_')}-{version}.dist-info"
        self.write(f"{folder}/METADATA", f"Name: {distribution}\nVersion: {version}\n")

    def remove(self, name: str) -> None:
        """Delete package ``name`` and its metadata."""
        prefixes = (name, "opencv") if name == "cv2" else (name,)
        for path in list(self.folder.rglob("*")):
            top = path.relative_to(self.folder).parts[0]
            named = any(top.startswith((f"{p}-", f"{p}_")) for p in prefixes)
            if path.is_file() and (top == name or (named and top.endswith(".dist-info"))):
                path.unlink()
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()

    def write(self, path: str, source: str) -> Path:
        """Write one file."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(source), encoding="utf-8")
        return target

    def python(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run an interpreter that sees the fakes and mmceph and nothing else."""
        environment = {**os.environ, "PYTHONPATH": f"{self.folder}{os.pathsep}{REPOSITORY}"}
        environment.pop("MMCEPH_DISABLE_MMPOSE", None)
        environment["MMCEPH_CACHE_DIR"] = str(self.cache)
        environment["PYTHONDONTWRITEBYTECODE"] = "1"  # edits within a second must be seen
        environment.update(self.variables)
        return subprocess.run(
            [sys.executable, "-S", *arguments],
            input=stdin,
            env=environment,
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def guard(self, *options: str) -> tuple[int, dict]:
        """Run the guard; its exit code and its JSON report."""
        done = self.python("-m", "mmceph.guard", "--json", *options)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


MMDET = """
    import mmcv
    assert tuple(map(int, mmcv.__version__.split(".")[:2])) < (2, 2), (
        f"MMCV=={mmcv.__version__} is used but incompatible. "
        "Please install mmcv>=2.0.0rc4, <2.2.0."
    )
"""
MMPOSE_MODELS = """
    import mmdet
    import importlib
    ext = importlib.import_module("mmcv._ext")
    for op in ("nms", "roi_align_forward"):
        assert hasattr(ext, op)
"""


@pytest.fixture
def site(tmp_path: Path) -> FakeSite:
    """A complete fake set: MMPose with mmcv-lite, as quickstart installs it."""
    site = FakeSite(tmp_path)
    site.add("numpy", "1.26.4")
    site.add("torch", "2.14.1")
    site.add("torchvision", "0.29.1", "import torch")
    site.add("cv2", "4.11.0.86", distribution="opencv-python")
    site.add("mmengine", "0.10.7")
    site.add("mmcv", "2.1.0", distribution="mmcv-lite")
    site.add("mmdet", "3.3.0", MMDET)
    site.add("xtcocotools", "1.14.3")
    site.add("mmpose", "1.3.2", "import mmcv")
    site.write("mmpose/models/__init__.py", MMPOSE_MODELS)
    site.write("mmpose/datasets/__init__.py", "import xtcocotools")
    return site
