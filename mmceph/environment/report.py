"""The guard's report as data and as text."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Any

import mmceph

from .bounds import BOUNDS
from .causes import Cause
from .installed import Installed, status
from .remedies import pip_install

EXIT_MMPOSE = 0
EXIT_BROKEN = 1
EXIT_FALLBACK = 3

_VERDICTS = {
    EXIT_MMPOSE: "MMPose can be used.",
    EXIT_FALLBACK: "MMPose cannot be used; mmceph runs on its own stand-ins (fallback).",
    EXIT_BROKEN: "Not even the fallback can run.",
}


@dataclass(frozen=True)
class Report:
    """Everything the guard found out.

    Attributes:
        installed: The packages of the bounds table.
        mmcv: ``"full"``, ``"full, ops do not load"``, ``"lite"`` or ``"missing"``.
        exit_code: 0 MMPose usable, 3 fallback, 1 not even the fallback.
        cause: The first cause, or None when all is well.
        standin: Whether MMPose needs the ops stand-in here.
        coco_standin: Whether MMPose needs the stand-in for xtcocotools here.
        notes: Further findings that do not decide the verdict.
    """

    installed: dict[str, Installed]
    mmcv: str
    exit_code: int
    cause: Cause | None
    standin: bool
    coco_standin: bool = False
    notes: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether MMPose can be used."""
        return self.exit_code == EXIT_MMPOSE

    @property
    def verdict(self) -> str:
        """The verdict in one sentence."""
        return _VERDICTS[self.exit_code]

    def versions(self) -> dict[str, Any]:
        """The installed versions for result files (:func:`mmceph.guard.environment`)."""
        found = {name: one.version for name, one in self.installed.items()}
        if found["mmcv"] is not None:
            found["mmcv"] = f"{found['mmcv']} ({self.mmcv})"
        names = ("torch", "torchvision", "numpy", "opencv", "mmengine", "mmcv", "mmdet", "mmpose")
        return {
            "mmceph": mmceph.__version__,
            "python": found["python"],
            "platform": platform.platform(),
            **{name: found[name] for name in names},
            "mode": "mmpose" if self.usable else "fallback",
        }

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data for ``--json``."""
        packages = {}
        for bound in BOUNDS:
            found = self.installed[bound.name]
            packages[bound.name] = {
                "installed": found.version,
                "distribution": found.distribution,
                "bound": bound.spec,
                "tested": bound.tested,
                "needed_by": bound.need,
                "status": status(bound, found),
            }
        cause = None
        if self.cause is not None:
            cause = {
                "code": self.cause.code,
                "text": self.cause.text,
                "detail": self.cause.detail,
                "commands": [remedy.as_text() for remedy in self.cause.remedies],
            }
        return {
            "environment": self.versions(),
            "packages": packages,
            "mmcv": self.mmcv,
            "ops_standin": self.standin,
            "coco_standin": self.coco_standin,
            "usable": self.usable,
            "exit_code": self.exit_code,
            "verdict": self.verdict,
            "cause": cause,
            "notes": list(self.notes),
        }

    def as_text(self) -> str:
        """The report as a table with the verdict, the first cause and the commands."""
        rows = [("package", "installed", "wanted", "tested", "")]
        for bound in BOUNDS:
            found = self.installed[bound.name]
            if found.missing and bound.need in ("tooling", "optional"):
                continue  # mmceph does without it
            version = found.version or "-"
            if bound.name == "mmcv" and not found.missing:
                version += f" ({self.mmcv})"
            state = status(bound, found)
            if state == "outside" and status(bound, found, fallback=True) == "ok":
                state = "outside (fine without MMPose)"
            rows.append((bound.name, version, bound.spec, bound.tested, state))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True))
            for row in rows
        ]
        lines.insert(1, "-" * max(map(len, lines)))
        lines = [line.rstrip() for line in lines]
        lines += ["", f"Verdict: {self.verdict}"]
        if self.cause is not None:
            lines += cause_lines(self.cause)
        lines += [f"Note: {note}" for note in self.notes]
        return "\n".join(lines)


def cause_lines(cause: Cause) -> list[str]:
    """A cause and its commands as lines of text."""
    lines = [f"First cause: {cause.text}"]
    if cause.detail:
        detail = cause.detail.strip().splitlines()
        lines += [f"    {line}" for line in detail[:3]]
    for number, remedy in enumerate(cause.remedies, 1):
        title = f" ({remedy.title})" if remedy.title else ""
        label = "To mend it" if number == 1 else "or"
        lines += [f"{label}{title}:", f"    {remedy.as_text()}"]
    return lines


def find_notes(installed: dict[str, Installed], answer: dict[str, Any]) -> tuple[str, ...]:
    """What is worth saying beside the verdict.

    Args:
        installed: The installed packages.
        answer: The probe's answer.

    Returns:
        One sentence each, possibly none.
    """
    notes = []
    usable = answer.get("mmpose", {}).get("ok", False)
    for bound in BOUNDS:
        found = installed[bound.name]
        if status(bound, found) != "outside":
            continue
        if bound.need == "tooling":
            notes.append(f"{bound.name} {found.version}: {bound.reason}.")
        elif bound.need == "fallback" and bound.distributions and usable:
            wanted = f"{found.distribution or bound.distributions[0]}{bound.mmpose}"
            way = pip_install(wanted).as_text()
            notes.append(f"{bound.name} {found.version}: {bound.reason}: {way}")
    if answer.get("ops_error"):
        notes.append(
            f"mmcv's compiled ops are there but do not load ({answer['ops_error']}); heat-map "
            "models run without them."
        )
    return tuple(notes)
