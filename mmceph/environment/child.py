"""What runs in the probing child process: try the imports and print what came of them.

A failed import of MMPose can leave half-imported modules and half-filled registries behind;
in a child process they harm nobody.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from typing import Any

from . import coco_standin, ops_standin
from .installed import mmcv_kind

# The result is one marked line, since imported packages may print to stdout themselves.
MARKER = "mmceph-probe:"
FALLBACK_NEEDS = ("numpy", "torch", "torchvision", "cv2", "mmengine")
MMPOSE_NEEDS = ("mmpose", "mmpose.models", "mmpose.datasets")


def describe(error: BaseException) -> list[dict[str, Any]]:
    """An exception and those it came from, outermost first, as plain data."""
    chain: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 8:
        frames = traceback.extract_tb(current.__traceback__)
        chain.append(
            {
                "type": type(current).__name__,
                "message": str(current)[:2000],
                "name": getattr(current, "name", None),
                "files": [frame.filename for frame in frames[-4:]],
            }
        )
        follow = current.__cause__
        if follow is None and not current.__suppress_context__:
            follow = current.__context__
        current = follow
    return chain


def try_import(module: str) -> list[dict[str, Any]] | None:
    """Import ``module``; None when it went well, else :func:`describe` of the error."""
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - AssertionError, ValueError, OSError were all seen
        return describe(error)
    return None


def run(standin: bool = True) -> dict[str, Any]:
    """Probe this process's environment.

    Args:
        standin: Whether the import stand-ins may be used, as mmceph does.

    Returns:
        ``{"fallback": {module: errors}, "mmcv": kind, "ops_error": text or None,
        "standin": bool, "coco_standin": bool,
        "mmpose": {"ok": bool, "step": module, "errors": [...]}}``.
    """
    failures = {}
    for module in FALLBACK_NEEDS:
        errors = try_import(module)
        if errors is not None:
            failures[module] = errors
    result: dict[str, Any] = {"fallback": failures, "mmcv": mmcv_kind(), "ops_error": None}
    result["standin"] = result["coco_standin"] = False
    # Said before MMPose is tried: should that kill the process, this much is known.
    print(f"\n{MARKER}{json.dumps(result)}", flush=True)
    if result["mmcv"] == "full" and try_import("mmcv") is None:
        result["ops_error"] = ops_standin.ops_error()
    if standin:
        result["standin"] = ops_standin.install()
        result["coco_standin"] = coco_standin.install()
    result["mmpose"] = {"ok": True, "step": None, "errors": []}
    for module in MMPOSE_NEEDS:
        errors = try_import(module)
        if errors is not None:
            result["mmpose"] = {"ok": False, "step": module, "errors": errors}
            break
    return result


def main() -> None:
    """Print the marked result line; the first argument ``no-standin`` leaves the stand-in out."""
    result = run(standin="no-standin" not in sys.argv[1:])
    print(f"\n{MARKER}{json.dumps(result)}", flush=True)
