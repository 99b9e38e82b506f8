"""Ask a child process whether MMPose can be imported, and remember the answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from . import cache
from .child import MARKER

# Importing torch from a cold, slow disk takes a minute or more; this only ends real hangs.
TIMEOUT_S = 300.0
_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.read()); "
    "from mmceph.environment.child import main; main()"
)


def probe(refresh: bool = False) -> dict[str, Any]:
    """The probe's result, from the cache where the environment has not changed.

    Args:
        refresh: Ask anew even if an answer is remembered.

    Returns:
        What :func:`mmceph.environment.child.run` returns; after a child that died or hung what
        it had said so far, and ``{"failure": "crash" or "timeout", "message": text}``.
    """
    key = cache.fingerprint()
    if not refresh:
        remembered = cache.load(key)
        if remembered is not None:
            return remembered
    result = ask_child()
    if "failure" not in result:  # a hang or a crash may not happen again
        cache.store(key, result)
    return result


def ask_child(standin: bool = True, timeout: float = TIMEOUT_S) -> dict[str, Any]:
    """Run the probe in a child process with this process's ``sys.path``.

    Args:
        standin: Whether the child may use the import stand-ins.
        timeout: Seconds after which the child is ended.

    Returns:
        As :func:`probe`.
    """
    command = [sys.executable, "-c", _CODE] + ([] if standin else ["no-standin"])
    # '' stands for the working folder; the child must not run files that lie there by chance,
    # but it must see them where this process sees them.
    paths = [entry or os.getcwd() for entry in sys.path]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    try:
        child = subprocess.run(
            command,
            input=json.dumps(paths),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        said = expired.stdout or b""
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        message = f"no answer within {timeout:.0f} s"
        return {**_last_answer(text), "failure": "timeout", "message": message}
    except OSError as error:
        return {"failure": "crash", "message": f"{sys.executable!r} cannot be started: {error}"}
    answer = _last_answer(child.stdout)
    if "mmpose" in answer:
        return answer
    last = "\n".join(child.stderr.strip().splitlines()[-5:])
    return {**answer, "failure": "crash", "message": f"exit code {child.returncode}: {last}"}


def _last_answer(output: str) -> dict[str, Any]:
    for line in reversed(output.splitlines()):
        if line.startswith(MARKER):
            answer: dict[str, Any] = json.loads(line[len(MARKER) :])
            return answer
    return {}
