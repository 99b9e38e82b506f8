"""Starting a run from the command line, with one clear line where something is wrong."""

from __future__ import annotations

import os
import pickle
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.config import Config
from mmengine.runner import Runner

from mmceph.engine.checkpoint import explain_refusal
from mmceph.engine.overrides import ConfigError
from mmceph.errors import MmcephError
from mmceph.pose import USING_MMPOSE


def trust_checkpoints(trust: bool) -> None:
    """Let torch unpickle anything in this process, by its own switch, when ``trust`` is set."""
    if trust:
        os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"


def build_runner(cfg: Config) -> Runner:
    """Build mmengine's Runner.

    Raises:
        ConfigError: The config names a part that neither mmceph nor, where it can be imported,
            MMPose has.
    """
    with clear_missing_parts():
        return Runner.from_cfg(cfg)


@contextmanager
def clear_missing_parts() -> Iterator[None]:
    """Say what to do where a config names a part that no registry has.

    Raises:
        ConfigError: In the place of the registry's KeyError.
    """
    try:
        yield
    except KeyError as error:
        text = str(error.args[0]) if error.args else str(error)
        if "is not in the" not in text:
            raise
        hint = (
            "is its name right, and is the module that defines it in custom_imports?"
            if USING_MMPOSE
            else "MMPose has it perhaps, but cannot be imported here (python -m mmceph.guard says "
            "why); a fallback=dict(...) block in the config can name a replacement"
        )
        raise ConfigError(f"{text.split('. Please')[0]}: {hint}") from error


@contextmanager
def clear_errors(after_interrupt: str = "") -> Iterator[None]:
    """Turn what a user can mend into one line on stderr and exit status 1.

    Ctrl-C ends with status 130 and ``after_interrupt``, the way to go on.
    """
    try:
        yield
    except pickle.UnpicklingError as error:
        _fail(explain_refusal("the checkpoint", error))
    except (MmcephError, FileNotFoundError) as error:
        # mmengine's registries put the class they were building before the message.
        _fail(re.sub(r"^(class `\w+` in [\w/.]+: )+", "", str(error)))
    except KeyboardInterrupt:
        print(f"\nInterrupted. {after_interrupt}".rstrip(), file=sys.stderr)
        raise SystemExit(130) from None


def _fail(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(1)
