"""Which versions are installed, read from package metadata without importing any package."""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import importlib.util
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from .bounds import BOUNDS, Bound
from .versions import satisfies

_VERSION_LINE = re.compile(r"^__version__\s*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_MODULES = {"opencv": "cv2"}


@dataclass(frozen=True)
class Installed:
    """What was found of one package.

    Attributes:
        name: The name in the bounds table.
        version: The version, or None when the package is missing or does not tell.
        distribution: The name it is installed under, or None (a source checkout, say).
        location: The file that ``import`` would load, or None.
    """

    name: str
    version: str | None
    distribution: str | None
    location: str | None

    @property
    def missing(self) -> bool:
        """True when neither metadata nor an importable module was found."""
        return self.version is None and self.location is None


def module_file(module: str) -> str | None:
    """The file a top-level module would be loaded from, without importing it.

    Args:
        module: A top-level module name such as ``"mmcv"``.

    Returns:
        The path, or None when there is no such module on ``sys.path``.

    >>> module_file("json").endswith("__init__.py")
    True
    >>> module_file("no_such_module_at_all") is None
    True
    """
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):  # ValueError: it is in sys.modules without a spec
        return None
    return spec.origin if spec is not None else None


def find_installed(bound: Bound) -> Installed:
    """Find one package of the table."""
    if bound.name == "python":
        return Installed("python", platform.python_version(), "python", None)
    location = module_file(_MODULES.get(bound.name, bound.name))
    version = distribution = None
    for name in bound.distributions:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        distribution = name
        break
    # With both mmcv and mmcv-lite installed, metadata does not tell whose files lie on the
    # disk, and a source checkout has no metadata: there the module's own version decides.
    if location is not None and (version is None or bound.name == "mmcv"):
        version = _version_in_source(Path(location)) or version
    return Installed(bound.name, version, distribution, location)


def find_all() -> dict[str, Installed]:
    """Find every package of the table, in the table's order."""
    return {bound.name: find_installed(bound) for bound in BOUNDS}


def status(bound: Bound, found: Installed, fallback: bool = False) -> str:
    """Say how an installed package stands to its bound.

    Args:
        bound: The bound.
        found: What was found.
        fallback: Judge by what the fallback needs instead of the MMPose set.

    Returns:
        ``"ok"``, ``"outside"`` (of the bound), ``"missing"``, or ``"unknown"`` when the
        package is there but tells no readable version.

    >>> from mmceph.environment.bounds import BY_NAME
    >>> status(BY_NAME["mmcv"], Installed("mmcv", "2.2.0", "mmcv", None))
    'outside'
    """
    if found.missing:
        return "missing"
    if found.version is None:
        return "unknown"
    try:
        spec = bound.required if fallback else bound.spec
        return "ok" if satisfies(found.version, spec) else "outside"
    except ValueError:
        return "unknown"


def mmcv_ops_file() -> str | None:
    """The compiled ops (``mmcv/_ext.*``) beside the installed mmcv, or None.

    mmcv-lite has none; neither has an mmcv that was built without its ops.
    """
    location = module_file("mmcv")
    if location is None:
        return None
    folder = Path(location).parent
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        if (folder / f"_ext{suffix}").is_file():
            return str(folder / f"_ext{suffix}")
    return None


def mmcv_kind() -> str:
    """``"full"``, ``"lite"`` or ``"missing"``, judged by the files alone."""
    if module_file("mmcv") is None:
        return "missing"
    return "full" if mmcv_ops_file() else "lite"


def _version_in_source(module: Path) -> str | None:
    for candidate in (module.with_name("version.py"), module):
        try:
            match = _VERSION_LINE.search(candidate.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if match:
            return match[1]
    return None
