"""From a failed import to its first cause in plain words and the commands that mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from . import remedies
from .bounds import (
    BY_NAME,
    MMCV_COMPILES_WITH,
    MMCV_SPEC,
    MMDET_TESTED,
    NUMPY_SPEC,
    OPENCV_SPEC,
    SETUPTOOLS_SPEC,
)
from .installed import Installed
from .remedies import Remedy
from .versions import satisfies

Errors = list[dict[str, Any]]
InstalledSet = dict[str, Installed]


@dataclass(frozen=True)
class Cause:
    """Why something cannot be used.

    Attributes:
        code: A short fixed name, for programs and tests.
        text: The cause in plain words.
        remedies: Ways to mend it; ``--fix`` takes the first.
        detail: The exception as it was raised.
    """

    code: str
    text: str
    remedies: tuple[Remedy, ...] = ()
    detail: str = ""


_DISTRIBUTION_OF = {
    "cv2": OPENCV_SPEC,
    "numpy": NUMPY_SPEC,
    "xtcocotools": "pycocotools",  # which mmceph puts in its place; it has wheels for all
    "PIL": "pillow",
    "yaml": "pyyaml",
}
_BLOCKED = "MMCEPH_DISABLE_MMPOSE"


def disabled() -> Cause:
    """MMPose is kept out by the environment variable."""
    return Cause("disabled", f"{_BLOCKED} is set, so MMPose is left alone; unset it to use MMPose.")


def first_cause(answer: dict[str, Any], installed: InstalledSet) -> Cause | None:
    """The first thing that is wrong, or None when MMPose can be used.

    Args:
        answer: What the probe said (:func:`mmceph.environment.child.run`).
        installed: The installed packages by name.

    Returns:
        The cause; failures that keep even the fallback from running come first.
    """
    for module, errors in answer.get("fallback", {}).items():
        return _classify(errors, module, installed)
    if answer.get("failure") == "timeout":
        return Cause("timeout", f"The import of MMPose gave {answer['message']}.")
    if answer.get("failure"):
        text = "The process that tried the imports died; a compiled package does not fit."
        return Cause("crash", text, detail=answer["message"])
    if not answer["mmpose"]["ok"]:
        return _classify(answer["mmpose"]["errors"], answer["mmpose"]["step"], installed)
    return None


def _classify(errors: Errors, step: str, installed: InstalledSet) -> Cause:
    for error in errors:
        for recognise in _RECOGNISERS:
            cause = recognise(error, installed)
            if cause is not None:
                return Cause(cause.code, cause.text, cause.remedies, _detail(error))
    # An unknown failure: the innermost exception is the one the others came from.
    error = errors[-1]
    text = f"`import {step}` fails with {error['type']}: {_first_line(error)}"
    return Cause("unknown", text, (), _detail(error))


def _mmcv_version(error: dict[str, Any], installed: InstalledSet) -> Cause | None:
    if "MMCV==" not in error["message"] or error["type"] != "AssertionError":
        return None
    names = remedies.mmcv_distributions(installed)
    version = installed["mmcv"].version
    return Cause(
        "mmcv-version",
        f"mmcv {version} is installed, but mmdet and mmpose need mmcv {MMCV_SPEC}.",
        (
            remedies.pure_python_mmcv(names),
            *remedies.full_mmcv(installed["torch"].version, names),
        ),
    )


def _mmcv_ops(error: dict[str, Any], installed: InstalledSet) -> Cause | None:
    if error["name"] != "mmcv._ext" and "mmcv._ext" not in error["message"]:
        return None
    names = remedies.mmcv_distributions(installed)
    return Cause(
        "mmcv-ops",
        "The installed mmcv has no compiled ops that load (mmcv-lite, or a build for another "
        "torch). mmceph's tools put a stand-in in their place; other programs need full mmcv, "
        f"which compiles with torch {MMCV_COMPILES_WITH}.",
        remedies.full_mmcv(installed["torch"].version, names),
    )


def _numpy_abi(error: dict[str, Any], installed: InstalledSet) -> Cause | None:
    text = error["message"]
    if "dtype size changed" not in text and "compiled using NumPy 1" not in text:
        return None
    version = installed["numpy"].version
    if any("xtcocotools" in PurePath(file).parts for file in error["files"]):
        return Cause(
            "numpy-2",
            f"xtcocotools was built for numpy 1, but numpy {version} is installed, and there is no "
            "pycocotools that mmceph could put in its place.",
            (remedies.pip_install("pycocotools", NUMPY_SPEC),),
        )
    return Cause(
        "numpy-2",
        f"A compiled package was built for numpy 1, but numpy {version} is installed.",
        (remedies.pip_install("numpy<2", "opencv-python<4.12", title="back to numpy 1"),),
    )


def _torch_builds(error: dict[str, Any], installed: InstalledSet) -> Cause | None:
    text = error["message"]
    in_torchvision = any("torchvision" in PurePath(file).parts for file in error["files"])
    different = "compiled with different CUDA" in text or "undefined symbol" in text
    if "torchvision::" not in text and not (in_torchvision and different):
        return None
    torch, vision = installed["torch"].version, installed["torchvision"].version
    return Cause(
        "torchvision-build",
        f"torchvision {vision} and torch {torch} are not of the same build (one for a GPU and "
        "one for the CPU, or versions that do not belong together).",
        (
            Remedy(
                "both from the same place",
                (
                    ("pip", "uninstall", "-y", "torch", "torchvision"),
                    ("pip", "install", "torch", "torchvision"),
                ),
            ),
        ),
    )


def _opencv_libraries(error: dict[str, Any], _installed: InstalledSet) -> Cause | None:
    if "libGL" not in error["message"] and "libgthread" not in error["message"]:
        return None
    swap = (
        ("pip", "uninstall", "-y", "opencv-python"),
        ("pip", "install", OPENCV_SPEC.replace("python", "python-headless")),
    )
    return Cause(
        "opencv-libraries",
        "opencv-python wants graphics libraries this machine does not have.",
        (Remedy("the build without windows", swap),),
    )


def _setuptools(error: dict[str, Any], installed: InstalledSet) -> Cause | None:
    if error["name"] != "pkg_resources" and "'pkg_resources'" not in error["message"]:
        return None
    version = installed["setuptools"].version or "missing"
    return Cause(
        "setuptools",
        f"pkg_resources is gone from setuptools 82 on (installed: {version}).",
        (remedies.pip_install(SETUPTOOLS_SPEC),),
    )


def _chumpy(error: dict[str, Any], installed: InstalledSet) -> Cause | None:
    inside = any("chumpy" in PurePath(file).parts for file in error["files"])
    if error["name"] != "chumpy" and not inside:
        return None
    return Cause(
        "chumpy",
        "chumpy, which mmpose declares but its 2D code does not need, is missing or broken (it "
        "cannot be imported on Python 3.11 at all). Something here imports it: mmpose "
        f"{installed['mmpose'].version} is not the tested release, or was changed.",
        (
            Remedy(
                "the tested mmpose, without chumpy",
                (
                    ("pip", "uninstall", "-y", "chumpy"),
                    *remedies.mmpose_set(installed).commands,
                ),
            ),
        ),
    )


def _python_too_new(installed: InstalledSet) -> bool:
    version = installed["python"].version
    return version is not None and not satisfies(version, BY_NAME["python"].mmpose)


def _missing_module(error: dict[str, Any], installed: InstalledSet) -> Cause | None:
    name = error["name"]
    if error["type"] != "ModuleNotFoundError" or not name:
        return None
    top = name.split(".")[0]
    if top in installed and not installed[top].missing and name == top:
        text = f"{top} {installed[top].version} is installed but cannot be imported here: "
        return Cause(f"{top}-blocked", text + _first_line(error))
    if top == "mmcv" and name == top:
        full = remedies.full_mmcv(installed["torch"].version, ())
        ways = (remedies.pure_python_mmcv(()), *full)
        return Cause("mmcv-missing", "mmcv is not installed.", ways)
    if top == "mmpose" and name == top and _python_too_new(installed):
        return Cause(
            "python-too-new",
            "mmpose is not installed, and on Python 3.14 and later it cannot be: packages it "
            "imports have no wheels there. Use Python 3.11 (tools/quickstart.py makes an "
            "environment with it: --python python3.11).",
        )
    if top == "mmpose" and name == top:
        text = (
            "mmpose is not installed (a plain `pip install mmpose` fails while building chumpy, "
            "which is not needed)."
        )
        return Cause("mmpose-missing", text, (remedies.mmpose_set(installed),))
    if top == "mmdet" and name == top:
        # --no-deps as for mmpose; its dependencies are named so that none is missing after it.
        way = remedies.mmpose_set(installed).commands[1]
        commands = (("pip", "install", "--no-deps", f"mmdet=={MMDET_TESTED}"), way)
        text = "mmdet is not installed; mmpose.models imports it."
        return Cause("mmdet-missing", text, (Remedy("the tested release", commands),))
    if name != top:
        return None  # a submodule missing from an installed package: versions that do not fit
    requirement = _DISTRIBUTION_OF.get(top, top)
    text = f"The Python package {top} is not installed."
    return Cause(f"{top}-missing", text, (remedies.pip_install(requirement),))


# From the most telling sign to the least: a missing module is looked at last, because some of
# the causes above also show as one.
_RECOGNISERS: tuple[Callable[[dict[str, Any], InstalledSet], Cause | None], ...] = (
    _mmcv_version,
    _mmcv_ops,
    _numpy_abi,
    _torch_builds,
    _opencv_libraries,
    _setuptools,
    _chumpy,
    _missing_module,
)


def _first_line(error: dict[str, Any]) -> str:
    lines = error["message"].strip().splitlines()
    return lines[0] if lines else "(no message)"


def _detail(error: dict[str, Any]) -> str:
    return f"{error['type']}: {error['message']}"
