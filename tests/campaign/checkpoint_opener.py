"""Opens the checkpoints named on standard input; a line of JSON for each, on standard output.

As ``load_checkpoint`` does, as mmengine does to resume, and as the ruler reader does.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner import CheckpointLoader

from mmceph.apis.ruler_model import load_ruler_model
from mmceph.checkpoints import CheckpointError, load_checkpoint
from mmceph.checkpoints.for_mmengine import open_for_mmengine


def open_all(path: Path) -> dict[str, Any]:
    """What comes of a file."""
    try:
        content = load_checkpoint(path)
        again = CheckpointLoader.load_checkpoint(str(path), "cpu")
        if (program := (again.get("meta") or {}).get("config")) is not None:
            Config.fromstring(program, file_format=".py")  # as Runner.resume does
    except CheckpointError as error:
        return {"end": "refused", "text": str(error)}
    if "ruler_model" in content:
        try:
            load_ruler_model(None, path)
        except CheckpointError as error:
            return {"end": "refused as a ruler model", "text": str(error)}
    return {"end": "loaded", "text": ""}


def main() -> None:
    open_for_mmengine()
    out, sys.stdout = sys.stdout, sys.stderr  # mmengine prints
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        _forget_peak()
        try:
            answer = open_all(Path(line.rstrip("\n")))
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is counted
            answer = {"end": "another error", "text": f"{type(error).__name__}: {error}"[:300]}
        answer["mb"] = _peak()
        print(json.dumps(answer), file=out, flush=True)


def _forget_peak() -> None:
    with suppress(OSError):  # not on this system: the peak of all files is reported
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int:
    """Most memory held, in MB; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


if __name__ == "__main__":
    main()
