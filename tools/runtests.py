"""Set up a virtual environment and run the whole suite, with MMPose and without it.

    python tools/runtests.py [--venv PATH] [--python EXE] [pytest arguments]

Standard library only, on any OS. The last line is ``N passed, N failed, N skipped``, summed over
both runs; the exit code is 0 only when everything passed, the linters included.
"""

from __future__ import annotations

import collections
import os
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import venv_setup
from step_runner import ROOT, Steps, child_environment, finish, run, show
from venv_setup import MMPOSE, RUNTIME, TESTS, venv_python

BLOCKERS = ROOT / "tests" / "without_mmpose"
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy", "mmceph"),
)
Counts = collections.namedtuple("Counts", "passed failed skipped")


def read_counts(path):
    """The counts in one of pytest's JUnit files, or None when pytest wrote none."""
    try:
        root = ElementTree.parse(str(path)).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    suites = list(root.iter("testsuite"))

    def total(name):
        return sum(int(suite.get(name, 0)) for suite in suites)

    failed, skipped = total("failures") + total("errors"), total("skipped")
    return Counts(max(total("tests") - failed - skipped, 0), failed, skipped)


def as_text(counts):
    return f"{counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped"


def parallel_options(arguments):
    """Options that spread the tests over the processor's cores, unless the user has a say."""
    if any(argument.startswith(("-n", "--dist", "--pdb", "--trace")) for argument in arguments):
        return []
    # Each worker imports torch, about a gigabyte. A file's tests stay together: they share data.
    return ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"]


def run_suite(python, arguments, environment, folder, name):
    """Run pytest once.

    Args:
        python: The environment's interpreter.
        arguments: pytest arguments of the user.
        environment: The environment variables.
        folder: Where the counts may be written.
        name: A name for this run.

    Returns:
        pytest's exit code and the counts.
    """
    result = Path(folder) / (name + ".xml")
    # -ra prints the reason of every skip; a skipped test is to be seen.
    options = ["-ra", f"--junitxml={result}", "-o", "junit_logging=no"]
    options += parallel_options(arguments)
    command = [python, "-m", "pytest", *options, *arguments]
    print("    " + show(command), flush=True)
    code, _ = run(command, environment=environment)
    counts = read_counts(result)
    if counts is None:  # pytest itself died: that is one failure, not none
        counts = Counts(0, 1 if code else 0, 0)
    return code, counts


def run_checks(python, steps):
    """Run the linters and the type checker; gives the names of those that failed."""
    failed = []
    for check in CHECKS:
        steps.begin(" ".join(check))
        code, _ = run([python, "-m", *check])
        if code:
            failed.append(" ".join(check))
    return failed


def main():
    parser = venv_setup.parser(__doc__.split("\n")[0])
    parser.epilog = "All other arguments go to pytest, in both runs."
    options, pytest_arguments = parser.parse_known_args()
    steps = Steps(total=4 + len(CHECKS))

    steps.begin("Virtual environment")
    version = venv_setup.ensure_venv(options.venv, options.python, options.adopt, steps)
    with_mmpose = venv_setup.wants_mmpose(version, steps)
    python = venv_python(options.venv)
    steps.begin("Pinned requirements")
    venv_setup.install(options.venv, RUNTIME + (MMPOSE if with_mmpose else ()) + TESTS, steps)
    failed = run_checks(python, steps)

    summaries = []
    with tempfile.TemporaryDirectory() as folder:
        steps.begin("Tests with MMPose")
        if with_mmpose:
            code, _ = run([python, "-m", "mmceph.guard"])
            if code:  # every test that needs MMPose would be skipped unseen
                failed.append("python -m mmceph.guard")
            suite = run_suite(python, pytest_arguments, child_environment(), folder, "with")
            summaries.append(("with MMPose", *suite))
        else:
            steps.say("left out: MMPose cannot be installed on this Python")
        steps.begin("Tests without MMPose")
        blocked = child_environment(PYTHONPATH=BLOCKERS)
        suite = run_suite(python, pytest_arguments, blocked, folder, "without")
        summaries.append(("without MMPose", *suite))

    print()
    for name, code, counts in summaries:
        print(f"{name + ':':<16}{as_text(counts)}")
        if code and not counts.failed:
            failed.append(f"pytest {name} (exit code {code})")
    for name in failed:
        print(f"failed: {name}")
    every = [counts for _, _, counts in summaries]
    print(as_text(Counts(*(sum(counts[column] for counts in every) for column in range(3)))))
    return 1 if failed or any(code for _, code, _ in summaries) else 0


if __name__ == "__main__":
    finish(main)
