"""Run the commands that mend a set-up, and only after a yes."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TextIO

from .causes import Cause


def mend(cause: Cause, ask: bool = True, stream: TextIO | None = None) -> bool:
    """Show the plan and run it when the user agrees.

    Args:
        cause: What is to be mended; its first remedy is taken.
        ask: Whether to wait for a yes on standard input; without one nothing is run.
        stream: Where to print; standard output by default.

    Returns:
        True when all commands were run and succeeded.
    """
    out = stream or sys.stdout
    if not cause.remedies:
        print("There is no known command that mends this.", file=out)
        return False
    commands = cause.remedies[0].as_arguments()
    print("\nThe plan, for the Python running this:", file=out)
    for command in commands:
        print(f"    {subprocess.list2cmdline(command)}", file=out)
    if ask and not _agreed(out):
        print("Nothing was changed.", file=out)
        return False
    for command in commands:
        print(f"Running: {subprocess.list2cmdline(command)}", file=out, flush=True)
        code = subprocess.run(command, check=False, stdout=stream).returncode
        if code != 0:
            print(f"It failed with exit code {code}; the steps after it were not run.", file=out)
            return False
    importlib.invalidate_caches()
    return True


def _agreed(out: TextIO) -> bool:
    print("Run it? [y/N] ", end="", file=out, flush=True)
    try:
        return input().strip().lower() in ("y", "yes")
    except EOFError:  # nobody is there to answer
        print(file=out)
        return False
