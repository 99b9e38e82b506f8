"""A stand-in for ``mmcv._ext``, the compiled ops that mmcv-lite does not have.

``import mmpose.models`` loads mmcv ops for a few detectors (EDPose, DEKR, RTMO) that no
heat-map model uses. With mmcv-lite that import fails on ``mmcv._ext``. The stand-in lets the
names be looked up and raises a clear error when one of the ops is CALLED, so a model that
needs them still cannot run unnoticed.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.metadata
import sys
import types
from typing import Any, NoReturn

from .bounds import MMCV_COMPILES_WITH, MMCV_SPEC
from .installed import mmcv_ops_file, module_file
from .remedies import full_mmcv

NAME = "mmcv._ext"
# mmcv.utils.collect_env calls these two to describe the build; it must get an answer.
_BUILD_FACTS = ("get_compiler_version", "get_compiling_cuda_version")


class OpsStandin(types.ModuleType):
    """The module put in the place of ``mmcv._ext``."""

    def __getattr__(self, name: str) -> Any:
        # Code that inspects modules asks for __file__, __path__ and the like: it must be told
        # that they are not there. Every other name is taken for an op.
        if name.startswith("__"):
            raise AttributeError(f"module {NAME!r} (stand-in) has no attribute {name!r}")
        value = _build_fact if name in _BUILD_FACTS else _missing_op(name)
        setattr(self, name, value)
        return value


def _build_fact() -> str:
    return "n/a (mmcv without compiled ops)"


def _missing_op(name: str) -> Any:
    def op(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise RuntimeError(
            f"mmcv's compiled op {name!r} was called, but the installed mmcv has no compiled ops. "
            f"Heat-map models do not need them; a model that does needs full mmcv: {_way()}"
        )

    op.__name__ = op.__qualname__ = name
    return op


def _way() -> str:
    """How to get compiled ops."""
    torch = importlib.metadata.version("torch")
    ways = full_mmcv(torch, ("mmcv-lite",))
    if ways:
        return ways[0].as_text()
    return f"mmcv {MMCV_SPEC} compiles with torch {MMCV_COMPILES_WITH}, and {torch} is installed"


def is_standin() -> bool:
    """True when the stand-in is in place in this process."""
    return isinstance(sys.modules.get(NAME), OpsStandin)


def install() -> bool:
    """Put the stand-in into ``sys.modules`` where mmcv has no compiled ops that load.

    Nothing happens when the real ops are loaded or can be loaded, or when there is no mmcv at
    all. Compiled ops that are there but do not load (built for another torch) are replaced
    too; the guard reports them.

    Returns:
        True when the stand-in is in place afterwards.
    """
    if NAME in sys.modules:
        return is_standin()
    if module_file("mmcv") is None:
        return False
    if mmcv_ops_file() is not None and ops_error() is None:
        return False
    module = OpsStandin(NAME, "mmceph's stand-in for mmcv's compiled ops.")
    # A real spec, for importlib.util.find_spec() raises on a module without one. No loader in
    # it: mmcv and mmengine take a loader (pkgutil.find_loader) for "the compiled ops exist".
    module.__spec__ = importlib.machinery.ModuleSpec(NAME, None, origin="mmceph stand-in")
    module.__package__ = "mmcv"
    sys.modules[NAME] = module
    if "mmcv" in sys.modules:
        sys.modules["mmcv"]._ext = module  # type: ignore[attr-defined]
    return True


def ops_error() -> str | None:
    """Import mmcv's real ops and say why that fails, or None when they load."""
    try:
        importlib.import_module(NAME)
    except Exception as error:  # noqa: BLE001 - a wrong build fails in many ways, all mean "no ops"
        sys.modules.pop(NAME, None)
        return f"{type(error).__name__}: {error}"
    return None
