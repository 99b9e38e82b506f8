"""Metadata and extras; also puts configs, tools and the index files where mim looks for them."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
MIM_ITEMS = ("configs", "tools", "model-index.yml", "dataset-index.yml")
EDITABLE_COMMANDS = {"develop", "editable_wheel"}
COPYING_COMMANDS = {"sdist", "bdist_wheel", "bdist", "build", "build_py", "install"}


def read_requirements(name: str) -> list[str]:
    """The requirement lines of a file in ``requirements/``."""
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def read_sections(name: str) -> dict[str, list[str]]:
    """The ``# [section]`` parts of a requirement file, by section."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r"# \[(\w+)\]", line.strip())
        if heading:
            current = sections.setdefault(heading[1], [])
        elif line.strip() and not line.startswith("#"):
            current.append(line.strip())
    return sections


def read_version() -> str:
    """``__version__`` without importing the package."""
    text = (ROOT / "mmceph" / "__init__.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if match is None:
        raise RuntimeError("mmceph/__init__.py holds no __version__")
    return match[1]


def is_editable() -> bool:
    """Whether this is an editable install, of the old kind or the new."""
    return bool(set(sys.argv[1:]) & EDITABLE_COMMANDS)


def fill_mim_folder() -> None:
    """Put what mim reads under ``mmceph/.mim``: links for an editable install, else copies."""
    if not set(sys.argv[1:]) & (EDITABLE_COMMANDS | COPYING_COMMANDS):
        return
    target = ROOT / "mmceph" / ".mim"
    for name in MIM_ITEMS:
        source, place = ROOT / name, target / name
        if not source.exists():  # built from an sdist that holds the filled folder already
            continue
        target.mkdir(exist_ok=True)
        # Building a wheel must not turn the links of an editable install of the same checkout
        # into copies that grow old; what is packed is the same.
        if place.is_symlink() and place.resolve() == source:
            continue
        _remove(place)
        if is_editable() and _link(source, place):
            continue
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(source, place, ignore=ignore)
        else:
            shutil.copyfile(source, place)


def _remove(place: Path) -> None:
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)


def _link(source: Path, place: Path) -> bool:
    try:
        # Relative, so that a moved checkout still works.
        place.symlink_to(os.path.relpath(source, place.parent), source.is_dir())
    except OSError:  # Windows allows links only to some users
        return False
    return True


def extras() -> dict[str, list[str]]:
    """The optional requirements by name."""
    optional = read_sections("optional.txt")
    found = {"mmpose": read_requirements("mmpose.txt"), "tests": read_requirements("tests.txt")}
    found.update(optional)
    found["all"] = sorted({line for lines in found.values() for line in lines})
    return found


def read_readme() -> str:
    """The README, which a checkout in the making may lack."""
    path = ROOT / "README.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    # Only here: the functions above are tested in processes that must not load setuptools late.
    from setuptools import find_packages, setup

    fill_mim_folder()
    setup(
        name="mmceph",
        version=read_version(),
        description="Cephalometric landmarks for MMPose, and without it",
        long_description=read_readme(),
        long_description_content_type="text/markdown",
        author="The mmceph authors",
        url="https://github.com/mmceph/mmceph",
        license="Apache-2.0",
        keywords="cephalometry, landmark detection, pose estimation, OpenMMLab, MMPose",
        classifiers=[
            "Development Status :: 4 - Beta",
            "Intended Audience :: Science/Research",
            "Programming Language :: Python :: 3",
            "Programming Language :: Python :: 3.10",
            "Programming Language :: Python :: 3.11",
            "Programming Language :: Python :: 3.12",
            "Programming Language :: Python :: 3.13",
            "Topic :: Scientific/Engineering :: Medical Science Apps.",
        ],
        packages=find_packages(include=["mmceph", "mmceph.*"]),
        # Named, so that an editable install is a plain path file and not an import hook; a wheel
        # would lose its data files by it.
        package_dir={"": "."} if is_editable() else {},
        include_package_data=True,
        python_requires=">=3.10",
        install_requires=[
            "numpy>=1.23",
            "torch>=2.0",
            "torchvision>=0.15",
            "mmengine>=0.10,<1",
            "opencv-python>=4.5",
        ],
        extras_require=extras(),
        zip_safe=False,
    )
