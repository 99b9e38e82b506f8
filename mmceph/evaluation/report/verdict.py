"""What a before/after comparison comes to, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

ROUNDING_PX = 0.01
"""Single precision on a picture of some thousand px differs by less between threads or devices."""


def verdict(part: Mapping[str, Any]) -> str:
    """Say in a few sentences whether anything was gained, and at whose cost.

    "Better" and "worse" are only said where the paired interval leaves zero out.

    Args:
        part: What :func:`mmceph.evaluation.report.compare_runs` returns.

    Returns:
        One line.
    """
    overall, groups, unit = part["overall"], part["groups"], part["unit"]
    if overall["changed"] == 0:
        return "Nothing changed: every prediction is the same to the last bit."
    if part.get("difficult") and groups["difficult"] is None:
        return _gain("All landmarks", overall, unit)  # the other run's points are not known
    if groups["difficult"] is None:
        return f"{_gain('All landmarks', overall, unit)} {_NO_GROUPS}"
    sentences = [_gain("The difficult landmarks", groups["difficult"], unit)]
    if groups["healthy"]["n"] or groups["healthy"]["predictions"]:
        sentences.append(_cost(part))
    if len(sentences) == 2 and groups["healthy"]["changed"] != 0:
        sentences.append(_gain("All together", overall, unit))
    return " ".join(sentences)


_NO_GROUPS = "No landmark is marked difficult, so there are no groups to tell apart."


def direction(row: Row) -> str:
    """ "better", "worse", "unclear" (the interval holds zero) or "unknown" (there is none)."""
    ends = row["ci95"]
    if ends is None:
        return "unknown"
    if ends[1] < 0:
        return "better"
    return "worse" if ends[0] > 0 else "unclear"


def _gain(who: str, row: Row, unit: str) -> str:
    if row["changed"] == 0:
        return f"Nothing was gained: {_lower(who)} are predicted exactly as before."
    if not row["n"]:
        return f"Cannot tell: {_lower(who)} have no error that both runs know."
    step = f"from {row['before']:.2f} to {row['after']:.2f} {unit}"
    share = abs(row["difference"]) / row["before"] * 100 if row["before"] else 0.0
    way = direction(row)
    if way == "unknown":
        return f"Cannot tell: {_lower(who)} went {step}, on too few images for an interval."
    low, high = row["ci95"]
    interval = f"95 % interval of the change {low:+.2f} to {high:+.2f} {unit}"
    if way == "unclear":
        return f"Nothing was gained: {_lower(who)} went {step}, within chance ({interval})."
    return f"{who} got {way} by {share:.1f} %: {step} ({interval})."


def _cost(part: Mapping[str, Any]) -> str:
    row, unit = part["groups"]["healthy"], part["unit"]
    if row["changed"] is None:
        return "Whether the healthy landmarks changed is not known."
    if row["changed"] == 0:
        return f"None of the {row['predictions']} healthy predictions changed, not by a single bit."
    names = [name for name in part["healthy"] if part["landmarks"][name]["changed"]]
    said = (
        f"{row['changed']} of the {row['predictions']} healthy predictions changed, at "
        f"{len(names)} of {len(part['healthy'])} healthy landmarks"
    )
    if row["max_shift_px"] < ROUNDING_PX:
        return (
            f"{said}, by at most {row['max_shift_px']:.1g} px: rounding, as one and the same model "
            "shows on another number of threads or another device."
        )
    way = direction(row)
    if way in ("unclear", "unknown") or not row["n"]:
        return f"{said}; their error did not change beyond chance."
    low, high = row["ci95"]
    return (
        f"{said}; they got {way}: from {row['before']:.2f} to {row['after']:.2f} {unit} "
        f"({low:+.2f} to {high:+.2f})."
    )


def _lower(who: str) -> str:
    return who[0].lower() + who[1:]
