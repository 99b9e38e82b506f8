"""The pip command that brings what a feature needs, and leaves MMPose importable.

pip takes the newest release of everything it installs, and some of them want a numpy that MMPose
and the packages it imports do not work with. What is proposed anywhere in mmceph is made here.
"""

from __future__ import annotations

import importlib.metadata

from .bounds import BY_NAME, EXTRAS, NUMPY_SPEC
from .remedies import pip_install
from .versions import satisfies


def install_command(*requirements: str) -> str:
    """Return the pip command for these requirements in this environment.

    Args:
        requirements: As pip takes them. Where MMPose is installed, a bound on numpy is added.

    Example:
        >>> install_command("no-such-package").split('"')[0].strip()
        'pip install no-such-package'
    """
    return pip_install(*requirements, *_numpy_to_keep()).as_text()


def install_extra(name: str) -> str:
    """Return the pip command for one of the extras of ``setup.py``, for a checkout as well."""
    return install_command(*EXTRAS[name])


def _numpy_to_keep() -> tuple[str, ...]:
    """The numpy that MMPose works with here; empty where MMPose is not installed."""
    numpy = _version("numpy")
    if numpy is None or _version("mmpose") is None:
        return ()
    if satisfies(numpy, "<2"):
        return ("numpy<2",)  # what is compiled for numpy 1 stays as it is
    return (NUMPY_SPEC,) if satisfies(numpy, BY_NAME["numpy"].mmpose) else ()


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
