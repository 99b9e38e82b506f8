"""The version guard: can MMPose be used here, why not, and how to mend it.

Importing this module is cheap (standard library only). The question is answered by importing
``mmpose.models`` and ``mmpose.datasets`` in a child process, where a failure cannot poison this
one; the answer is remembered per environment.

On the command line::

    python -m mmceph.guard [--json] [--fix [--yes]] [--refresh]

Exit code: 0 MMPose can be used, 3 the fallback will be used, 1 not even the fallback can run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .environment.report import Report

DISABLE_VARIABLE = "MMCEPH_DISABLE_MMPOSE"

_report: Report | None = None


def check(refresh: bool = False) -> Report:
    """Look at the environment.

    Args:
        refresh: Probe anew instead of taking the remembered answer.

    Returns:
        The report; it is kept for the life of the process.
    """
    global _report
    if _report is not None and not refresh and _disabled() == _is_disabled_report(_report):
        return _report
    from .environment import causes, installed, report
    from .environment.probe import probe

    found = installed.find_all()
    answer = probe(refresh=refresh)
    cause = causes.first_cause(answer, found)
    # A child that died before it could say anything died of torch or the like.
    if answer.get("fallback") or (answer.get("failure") == "crash" and "fallback" not in answer):
        code = report.EXIT_BROKEN
    elif _disabled():
        code, cause = report.EXIT_FALLBACK, causes.disabled()
    else:
        code = report.EXIT_MMPOSE if cause is None else report.EXIT_FALLBACK
    kind = answer.get("mmcv", installed.mmcv_kind())
    if answer.get("ops_error"):
        kind = "full, ops do not load"
    _report = report.Report(
        installed=found,
        mmcv=kind,
        exit_code=code,
        cause=cause,
        standin=bool(answer.get("standin")),
        coco_standin=bool(answer.get("coco_standin")),
        notes=report.find_notes(found, answer),
    )
    return _report


def mmpose_usable() -> bool:
    """Whether ``mmpose.models`` and ``mmpose.datasets`` can really be imported.

    When they can, the stand-ins they need here (for mmcv's compiled ops, for xtcocotools) have been
    put in place in this process afterwards, so that importing them is all that is left to do. With
    the environment variable ``MMCEPH_DISABLE_MMPOSE=1`` the answer is no.

    Returns:
        True when MMPose is to be used.
    """
    if _disabled():
        return False
    if "mmpose.models" in sys.modules and "mmpose.datasets" in sys.modules:
        return True
    report = check()
    if report.usable and (report.standin or report.coco_standin):
        from .environment import coco_standin, ops_standin

        ops_standin.install()
        coco_standin.install()
    return report.usable


def fallback_warning() -> str:
    """Why MMPose cannot be used and how to get it back, as one paragraph.

    Returns:
        The text, or an empty text when MMPose can be used.
    """
    if not _disabled() and "mmpose.models" in sys.modules and "mmpose.datasets" in sys.modules:
        return ""
    cause = check().cause
    if cause is None:
        return ""
    text = f"MMPose cannot be used, so mmceph's own stand-ins run instead. {cause.text}"
    if cause.remedies:
        ways = " or ".join(f"`{remedy.as_text()}`" for remedy in cause.remedies)
        text += f" To mend it: {ways}. `python -m mmceph.guard` tells more."
    return text


def environment() -> dict[str, Any]:
    """Versions and mode for result files.

    Returns:
        ``{"mmceph", "python", "platform", "torch", "torchvision", "numpy", "opencv",
        "mmengine", "mmcv", "mmdet", "mmpose", "mode"}``; a missing package is None, ``mode`` is
        ``"mmpose"`` or ``"fallback"``.
    """
    return check().versions()


def _disabled() -> bool:
    return os.environ.get(DISABLE_VARIABLE, "").strip().lower() not in ("", "0", "false", "no")


def _is_disabled_report(report: Report) -> bool:
    return report.cause is not None and report.cause.code == "disabled"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    from mmceph.arguments import ToolParser

    parser = ToolParser(
        prog="python -m mmceph.guard",
        description="Say whether MMPose can be used here, why not, and how to mend it.",
        epilog="Exit code: 0 MMPose can be used, 3 fallback, 1 not even the fallback can run.",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--fix", action="store_true", help="show the plan, run it after a yes")
    parser.add_argument("--yes", action="store_true", help="with --fix: do not ask")
    parser.add_argument("--refresh", action="store_true", help="do not use a remembered answer")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    from .cli import run_command

    return run_command(_parse, _run, arguments)


def _run(options: argparse.Namespace) -> int:
    report = check(refresh=options.refresh)
    if options.json:
        import json

        print(json.dumps(report.as_dict(), indent=2))
    else:
        print(report.as_text())
    if options.fix and report.cause is not None:
        from .environment.fix import mend

        # With --json, stdout belongs to the report.
        if mend(report.cause, ask=not options.yes, stream=sys.stderr if options.json else None):
            report = check(refresh=True)
            print(report.as_text(), file=sys.stderr if options.json else sys.stdout)
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
