"""The commands that mend a set-up, as data: shown to the user, run only after a yes."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from .bounds import (
    MMCV_COMPILES_WITH,
    MMCV_LITE,
    MMCV_SPEC,
    MMPOSE_DEPENDENCIES,
    MMPOSE_NO_DEPS,
    NUMPY_SPEC,
    OPENCV_SPEC,
    SETUPTOOLS_SPEC,
    XTCOCOTOOLS_SPEC,
)
from .installed import Installed
from .versions import satisfies

_MMCV_DISTRIBUTIONS = ("mmcv", "mmcv-lite", "mmcv-full")


@dataclass(frozen=True)
class Remedy:
    """One way to mend a set-up.

    Attributes:
        title: When to take this way, in a few words.
        commands: Command lines; the first word is ``pip``, the rest its arguments.
    """

    title: str
    commands: tuple[tuple[str, ...], ...]

    def as_text(self) -> str:
        """The commands as they are typed into a shell, joined by ``&&``.

        >>> Remedy("", (("pip", "install", "numpy<2"),)).as_text()
        'pip install "numpy<2"'
        """
        return " && ".join(" ".join(map(_quoted, command)) for command in self.commands)

    def as_arguments(self) -> list[list[str]]:
        """The commands as argument lists for this interpreter, to be run without a shell."""
        return [[sys.executable, "-m", *command] for command in self.commands]


def _quoted(word: str) -> str:
    return f'"{word}"' if any(sign in word for sign in "<>*! ") else word


def pip_install(*requirements: str, title: str = "", options: tuple[str, ...] = ()) -> Remedy:
    """A remedy of one ``pip install``."""
    return Remedy(title, (("pip", "install", *options, *requirements),))


def pure_python_mmcv(uninstall: tuple[str, ...] = ("mmcv",)) -> Remedy:
    """mmcv-lite, which mmceph's ops stand-in makes good enough for heat-map models."""
    first = (("pip", "uninstall", "-y", *uninstall),) if uninstall else ()
    keep = (NUMPY_SPEC, OPENCV_SPEC)  # else pip may bring what mmpose cannot use
    install = ("pip", "install", f"mmcv-lite=={MMCV_LITE}", *keep)
    return Remedy("pure Python, no compiler needed; runs all heat-map models", (*first, install))


def full_mmcv(torch: str | None, uninstall: tuple[str, ...] = ("mmcv",)) -> tuple[Remedy, ...]:
    """Full mmcv, compiled here; nothing where this torch cannot compile it.

    Without isolation: its setup.py imports torch, and pkg_resources, which is gone from the
    setuptools that pip would build it with.

    Args:
        torch: The installed version.
        uninstall: What has to go before.
    """
    if torch is not None and not satisfies(torch, MMCV_COMPILES_WITH):
        return ()
    first = (("pip", "uninstall", "-y", *uninstall),) if uninstall else ()
    keep = (NUMPY_SPEC, OPENCV_SPEC)
    remedy = Remedy(
        "with compiled ops; needs a C++ compiler and a quarter of an hour",
        (
            *first,
            ("pip", "install", SETUPTOOLS_SPEC),
            ("pip", "install", "--no-build-isolation", f"mmcv{MMCV_SPEC}", *keep),
        ),
    )
    return (remedy,)


def mmpose_set(installed: dict[str, Installed]) -> Remedy:
    """Everything MMPose needs, without chumpy; an installed full mmcv is left alone."""
    mmcv = installed["mmcv"]
    wanted = MMPOSE_DEPENDENCIES if mmcv.missing else MMPOSE_DEPENDENCIES[1:]
    if satisfies(installed["python"].version or "", "<3.12"):
        wanted += (XTCOCOTOOLS_SPEC,)
    return Remedy(
        "the tested set; --no-deps leaves out chumpy, which cannot be built and is not used",
        (("pip", "install", "--no-deps", *MMPOSE_NO_DEPS), ("pip", "install", *wanted)),
    )


def mmcv_distributions(installed: dict[str, Installed]) -> tuple[str, ...]:
    """What to uninstall of mmcv before another one goes in; ``("mmcv",)`` when unsure."""
    name = installed["mmcv"].distribution
    return (name,) if name in _MMCV_DISTRIBUTIONS else ("mmcv",)
