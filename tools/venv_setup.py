"""A virtual environment with the pinned requirements, for quickstart.py and runtests.py.

Standard library only, and the syntax of Python 3.8, so that an old Python gets a clear message
instead of a syntax error.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from step_runner import ROOT, StepFailed, run_checked

MINIMUM_PYTHON = (3, 10)
MMPOSE_PYTHONS = ((3, 10), (3, 11), (3, 12), (3, 13))  # what MMPose imports has wheels for these
STAMP = "mmceph-setup.json"
RUNTIME = ("runtime.txt",)
MMPOSE = ("mmpose.txt", "mmpose_nodeps.txt")
TESTS = ("tests.txt",)
# pip's own words that show that something is going on.
_TELLING = ("Downloading ", "Building wheel", "Installing collected packages")
# Measured on Linux, where PyPI's torch brings CUDA's libraries along; elsewhere it is less.
ENVIRONMENT_GB = 6.9
_DISK_FULL = ("No space left on device", "not enough space on the disk", "Disk quota exceeded")


def folder_argument(text):
    """A folder from the command line; commands are run elsewhere, so it is made absolute."""
    return Path(text).expanduser().absolute()


def add_arguments(parser):
    """Add the options both commands have."""
    parser.add_argument(
        "--venv",
        type=folder_argument,
        default=ROOT / ".venv",
        help="virtual environment to make or reuse (default: .venv in the repository)",
    )
    parser.add_argument(
        "--python",
        default=None,
        metavar="EXE",
        help="Python 3.10 or later to make it with (default: the one running this)",
    )
    parser.add_argument(
        "--adopt",
        action="store_true",
        help="install into --venv even if this command did not make it",
    )


def dotted(version):
    """A version as text.

    >>> dotted((3, 11, 7))
    '3.11.7'
    """
    return ".".join(map(str, version))


def venv_python(venv):
    """The interpreter inside a virtual environment."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def python_version(executable):
    """The version of an interpreter as ``(major, minor, micro)``.

    Raises:
        StepFailed: It cannot be run.
    """
    command = [str(executable), "-c", "import sys; print(*sys.version_info[:3])"]
    try:
        output = subprocess.check_output(command, stderr=subprocess.STDOUT)
        return tuple(int(part) for part in output.decode().split())
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise StepFailed(f"{executable} cannot be run as a Python interpreter ({error})") from error


def require_version(version, executable):
    """Refuse a Python that is too old, in words."""
    if tuple(version[:2]) < MINIMUM_PYTHON:
        raise StepFailed(
            f"mmceph needs Python {dotted(MINIMUM_PYTHON)} or later, and {executable} is Python "
            f"{dotted(version)}.\nGive a newer one with --python, for example --python python3.11 "
            "(on Windows the full path, which `py -0p` lists)."
        )


def read_stamp(venv):
    """What an earlier run noted about the environment, or None when it did not make it."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None


def write_stamp(venv, stamp):
    temporary = venv / (STAMP + ".tmp")
    temporary.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    os.replace(str(temporary), str(venv / STAMP))


def ensure_venv(venv, python, adopt, steps):
    """Make the environment or take the one that is there.

    Args:
        venv: Its folder.
        python: The interpreter the user asked for, or None.
        adopt: Whether an environment made by someone else may be used.
        steps: To say what happens.

    Returns:
        The version of the environment's Python.

    Raises:
        StepFailed: The folder holds something else, or the interpreter is too old.
    """
    executable = venv_python(venv)
    stamp = read_stamp(venv)
    base = python or sys.executable
    if (venv / "pyvenv.cfg").is_file() and stamp is None and not adopt:
        raise StepFailed(
            f"{venv} is a virtual environment that this command did not make. Choose another one "
            "with --venv, or allow it to install the pinned requirements there with --adopt."
        )
    foreign = stamp is None and not (venv / "pyvenv.cfg").is_file()
    if foreign and venv.exists() and not (venv.is_dir() and not any(venv.iterdir())):
        raise StepFailed(f"{venv} is there and is no virtual environment; choose another.")
    if executable.exists() and _has_pip(executable):
        version = python_version(executable)
        if python is None or version == python_version(python) or stamp is None:
            require_version(version, executable)
            steps.say(f"reusing {venv} (Python {dotted(version)})")
            return version
        steps.say(f"it was made with Python {dotted(version)}; making it anew")
    version = python_version(base)
    require_version(version, base)
    steps.say(f"making {venv} with Python {dotted(version)}")
    venv.mkdir(parents=True, exist_ok=True)
    # Noted before it is whole, so that a run after an interrupted one may make it anew.
    write_stamp(venv, {"installed": {}})
    clear = ["--clear"] if (venv / "pyvenv.cfg").is_file() else []
    run_checked([base, "-m", "venv", *clear, venv], telling=_TELLING)
    write_stamp(venv, {"installed": {}})
    return version


def _has_pip(executable):
    command = [str(executable), "-m", "pip", "--version"]
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return done.returncode == 0


def hashes(names):
    """Name -> SHA-256 of each requirement file and of what the package is installed from."""
    files = {name: ROOT / "requirements" / name for name in names}
    files.update({name: ROOT / name for name in ("setup.py", "pyproject.toml")})
    # Line ends differ between checkouts of the same commit on Windows and elsewhere.
    return {
        name: hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        for name, path in files.items()
    }


def free_gb(folder):
    """Free space in GB on the disk of a folder."""
    return shutil.disk_usage(str(folder)).free / 1e9


def space_advice(venv):
    """How much space is needed, how much there is, and how to use another disk."""
    temporary = tempfile.gettempdir()
    return (
        f"The environment takes up to {ENVIRONMENT_GB} GB, and pip unpacks what it downloads in "
        f"the temporary folder.\nFree: {free_gb(venv):.1f} GB for {venv}, {free_gb(temporary):.1f} "
        f"GB for {temporary}.\nMake room, or name a folder on another disk with --venv and set "
        "TMPDIR (TEMP on Windows)."
    )


def run_pip(command, venv):
    """Run pip; when a disk filled up, the error says what to do about it."""
    try:
        run_checked(command, telling=_TELLING)
    except StepFailed as error:
        if any(words in str(error) for words in _DISK_FULL):
            raise StepFailed(f"{error}\n\nThe disk is full. {space_advice(venv)}") from error
        raise


def install(venv, names, steps):
    """Install requirement files and mmceph itself, unless nothing has changed since.

    Args:
        venv: The environment.
        names: Files in ``requirements/``; those with ``nodeps`` in the name go without
            dependencies.
        steps: To say what happens.

    Raises:
        StepFailed: pip failed.
    """
    stamp = read_stamp(venv) or {"installed": {}}
    wanted = hashes(names)
    if all(stamp["installed"].get(name) == value for name, value in wanted.items()):
        steps.say("the pinned requirements are installed already")
        return
    # All files at once: pip then sees every pin when it chooses the rest.
    known = [name for name in stamp["installed"] if (ROOT / "requirements" / name).is_file()]
    every = list(dict.fromkeys([*names, *known]))
    pip = [venv_python(venv), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    plain = [name for name in every if "nodeps" not in name]
    noted = hashes(every)  # before the install: a file changed during it is not installed
    steps.say(f"installing {', '.join(every)} (a few minutes the first time)")
    if not stamp["installed"] and free_gb(venv) < ENVIRONMENT_GB:
        steps.say("there may be too little space. " + space_advice(venv).replace("\n", "\n    "))
    command = [*pip, "install", "--progress-bar", "off"]
    for name in plain:
        command += ["-r", ROOT / "requirements" / name]
    run_pip(command, venv)
    for name in every:
        if "nodeps" in name:
            source = ["-r", ROOT / "requirements" / name]
            run_pip([*pip, "install", "--no-deps", *source], venv)
    # No isolation: setuptools is pinned in runtime.txt, nothing else is needed to build.
    options = ["--no-deps", "--no-build-isolation", "-e", ROOT]
    run_pip([*pip, "install", *options], venv)
    write_stamp(venv, {"installed": noted})


def wants_mmpose(version, steps):
    """Whether the MMPose set can be installed on this Python; says so when it cannot."""
    if tuple(version[:2]) in MMPOSE_PYTHONS:
        return True
    steps.say(
        f"Python {dotted(version[:2])}: packages that MMPose imports have wheels for Python 3.10 "
        "to 3.13 only, so mmceph runs without MMPose (--python can name a 3.11)"
    )
    return False


def parser(description):
    """An argument parser with the shared options."""
    from mmceph.arguments import ToolParser

    # No abbreviations: runtests hands what it does not know to pytest.
    made = ToolParser(description=description, allow_abbrev=False)
    add_arguments(made)
    return made
