"""Where the probe's answer is remembered, and what makes it out of date.

The fingerprint changes with the interpreter, with any install or uninstall (the time stamps of
the folders packages are installed in), and with what ``sys.path`` and ``PYTHONPATH`` make of the
packages concerned. A wrong guess costs one probe of a few seconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import sys
from pathlib import Path
from typing import Any

import mmceph
from mmceph.io import write_json_atomic

from .bounds import BOUNDS
from .installed import module_file

_KEPT = 32  # answers kept on disk; a user has a handful of environments
_FORMAT = 2
_MODULES = (
    *("torch", "torchvision", "numpy", "cv2", "mmengine"),
    *("mmcv", "mmdet", "mmpose", "xtcocotools", "pycocotools", "chumpy", "pkg_resources"),
)


def folder() -> Path:
    """The user's cache folder for mmceph; ``MMCEPH_CACHE_DIR`` overrides it."""
    chosen = os.environ.get("MMCEPH_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    if not base and sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "mmceph"


def fingerprint() -> str:
    """A short text that stays the same as long as the probe's answer does."""
    facts: list[Any] = [_FORMAT, mmceph.__version__, sys.executable, sys.version]
    facts.append(os.environ.get("PYTHONPATH", ""))
    for entry in dict.fromkeys(sys.path):
        path = Path(entry or ".").resolve()
        # Only folders with installed packages: a script's own folder changes from tool to tool
        # and matters only where one of the packages below is found in it.
        if path.is_dir() and next(path.glob("*.dist-info"), None) is not None:
            facts.append((str(path), path.stat().st_mtime_ns))
    for module in _MODULES:
        origin = module_file(module)
        facts.append((module, origin, _changed(origin)))
    for bound in BOUNDS:
        facts.extend(_metadata(name) for name in bound.distributions)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def load(key: str) -> dict[str, Any] | None:
    """The remembered answer for ``key``, or None."""
    try:
        content = json.loads((folder() / f"probe-{key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "mmpose" in content else None


def store(key: str, answer: dict[str, Any]) -> None:
    """Remember ``answer``; a cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        write_json_atomic(folder() / f"probe-{key}.json", answer)
        files = sorted(folder().glob("probe-*.json"), key=lambda file: file.stat().st_mtime)
        for file in files[:-_KEPT]:
            file.unlink(missing_ok=True)


def _changed(path: str | None) -> int:
    try:
        return os.stat(path).st_mtime_ns if path else 0
    except OSError:  # "built-in" and "frozen" are no files
        return 0


def _metadata(distribution: str) -> tuple[str, str, int] | None:
    try:
        found = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    location = getattr(found, "_path", None)
    return distribution, str(found.version), _changed(str(location) if location else None)
