"""What a before/after comparison comes to, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import some_names

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
    overall, unit = part["overall"], part["unit"]
    every = [*part["landmarks"], *part["landmarks_only_there"]]
    hard, healthy = (part["groups"][name] for name in ("difficult", "healthy"))
    if overall["changed"] == 0 and (hard is None or hard["changed"] == 0):
        sentences = [_NOTHING]
    elif hard is None:  # no landmark is difficult, or the other run's points are not known
        sentences = [_gain(_both("All landmarks", every, part), overall, unit)]
        if not part["difficult"]:
            sentences.append(_NO_GROUPS)
        elif part["healthy"]:
            sentences.append(_COST_UNKNOWN)
    else:
        who = _both("The difficult landmarks", part["difficult"], part)
        sentences = [_gain(who, hard, unit)]
        if part["healthy"]:
            sentences.append(_cost(part))
        if healthy["changed"] and hard["changed"] is not None:
            sentences.append(_gain(_both("All landmarks", every, part), overall, unit))
    return " ".join([*sentences, *_not_compared(part)])


_NOTHING = "Nothing changed: every prediction that both runs have is the same to the last bit."
_NO_GROUPS = "No landmark of this run is marked difficult, so there are no groups to tell apart."
_COST_UNKNOWN = "Whether the healthy landmarks changed is not known."


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
        return _COST_UNKNOWN
    if row["changed"] == 0:
        return f"None of the {row['predictions']} healthy predictions changed, not by a single bit."
    counts = [part["landmarks"][name]["changed"] for name in part["healthy"]]
    known = [count for count in counts if count is not None]
    said = (
        f"{row['changed']} of the {row['predictions']} healthy predictions changed, at "
        f"{sum(map(bool, known))} of {len(known)} healthy landmarks"
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


def _both(who: str, names: Sequence[str], part: Mapping[str, Any]) -> str:
    """Says so where only some of these landmarks could be compared."""
    lacking = {*part["landmarks_only_here"], *part["landmarks_only_there"]}
    partly = not lacking.isdisjoint(names) and not lacking.issuperset(names)
    return f"{who} that both runs predict" if partly else who


def _not_compared(part: Mapping[str, Any]) -> list[str]:
    sides = (("The other run", "landmarks_only_here"), ("This run", "landmarks_only_there"))
    return [
        f"{who} has no predictions of {some_names(part[key], shown=6)}."
        for who, key in sides
        if part[key]
    ]


def _lower(who: str) -> str:
    return who[0].lower() + who[1:]
