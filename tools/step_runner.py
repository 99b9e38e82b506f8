"""Numbered steps and the commands they run, for quickstart.py and runtests.py.

Standard library only, and the syntax of Python 3.8; no command goes through a shell.
"""

from __future__ import annotations

import collections
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # for the parts of mmceph that need the standard library only
TAIL_LINES = 25


class StepFailed(Exception):
    """A step could not be done; the message is for the user."""


class Steps:
    """Numbered steps with the seconds since the start."""

    def __init__(self, total):
        self.total = total
        self.number = 0
        self.start = time.monotonic()

    def begin(self, title):
        self.number += 1
        elapsed = time.monotonic() - self.start
        print(f"\n[{self.number}/{self.total}, {elapsed:.0f} s] {title}", flush=True)

    def say(self, text):
        print(f"    {text}", flush=True)


def show(command):
    """A command as the user would type it."""
    return subprocess.list2cmdline([str(part) for part in command])


def child_environment(**changes):
    """The environment for the commands run in the virtual environment."""
    environment = dict(os.environ)
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"):
        environment.pop(name, None)
    environment["PYTHONUNBUFFERED"] = "1"
    environment["PYTHONIOENCODING"] = "utf-8"
    environment.update({key: str(value) for key, value in changes.items()})
    return environment


def failure(command, code, tail):
    """The error for a command that failed: the command itself and its last lines."""
    lines = [f"This command failed with exit code {code}:", "", "    " + show(command), ""]
    if tail:
        lines.append("Its last lines:")
        lines += ["    | " + line.rstrip() for line in tail]
    else:
        lines.append("Its output is above.")
    return StepFailed("\n".join(lines))


def run(command, cwd=ROOT, environment=None, telling=None):
    """Run a command and give its last lines.

    Args:
        command: The argument list; no shell is involved.
        cwd: The folder to run it in.
        environment: Its environment variables.
        telling: None shows all its output; else only lines that begin with one of these texts.

    Returns:
        The exit code and the last lines of what it wrote (none when it wrote to a terminal).
    """
    environment = environment or child_environment()
    command = [str(part) for part in command]
    try:
        if telling is None and sys.stdout.isatty() and sys.stderr.isatty():
            # Progress bars need the terminal itself; a failure's last lines are on it then.
            return subprocess.call(command, cwd=str(cwd), env=environment), []
        process = subprocess.Popen(
            command,
            cwd=str(cwd),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise failure(command, "none", [str(error)]) from error
    tail = collections.deque(maxlen=TAIL_LINES)
    with process:
        try:
            for raw in process.stdout:
                line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
                tail.append(line)
                if telling is None:
                    print(_printable(line), flush=True)
                elif line.strip().startswith(telling):
                    print("    " + _printable(line.strip())[:96], flush=True)
        except KeyboardInterrupt:
            process.terminate()
            raise
    return process.returncode, list(tail)


def run_checked(command, **options):
    """As :func:`run`, and a failing command is an error."""
    code, tail = run(command, **options)
    if code != 0:
        raise failure(command, code, tail)


def _printable(line):
    encoding = sys.stdout.encoding or "ascii"
    return line.encode(encoding, errors="replace").decode(encoding)


def finish(main):
    """Run a command's ``main`` and turn failures into one clear message and an exit code."""
    from mmceph.cli import guarded, say, show_every_name

    def run():
        try:
            return main()
        except StepFailed as error:
            say(f"\n{error}")
            return 1

    show_every_name()
    sys.exit(guarded(run, lambda: "Run the same command again to go on."))
