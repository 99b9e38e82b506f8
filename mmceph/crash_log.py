"""The file that holds the traceback of an error that nobody foresaw."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback

from mmceph import __version__

_PACKAGES = ("torch", "mmengine", "mmpose", "numpy", "cv2", "onnxruntime")


def write_crash_log(error: BaseException) -> str:
    """Write an error's traceback to ``mmceph-error-TIME.log``.

    It lies in the current folder, else in the system's temporary one.

    Returns:
        Where it lies, or why it could not be written.
    """
    content = _content(error).encode("utf-8", "backslashreplace")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    reason = ""
    for folder in (os.curdir, tempfile.gettempdir()):
        for number in range(100):
            suffix = f"-{number + 1}" if number else ""
            path = os.path.join(folder, f"mmceph-error-{stamp}{suffix}.log")
            try:
                with open(path, "xb") as stream:
                    stream.write(content)
            except FileExistsError:
                continue
            except OSError as refused:
                reason = str(refused)
                break
            return os.path.abspath(path)
    return f"no file, for none can be written ({reason})"


def _content(error: BaseException) -> str:
    versions = [f"mmceph {__version__}", f"Python {platform.python_version()}"]
    for name in _PACKAGES:
        version = getattr(sys.modules.get(name), "__version__", None)
        if version is not None:
            versions.append(f"{name} {version}")
    lines = [
        f"Command: {sys.argv}",
        f"Versions: {', '.join(versions)}; {platform.platform()}",
        "",
        *traceback.format_exception(type(error), error, error.__traceback__),
    ]
    return "\n".join(lines)
