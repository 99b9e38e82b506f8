"""Looking over converted cases: what is missing, doubtful or twice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from mmceph.landmarks import LandmarkSet

from .case import Case, Point
from .problems import Problems

# Two observers of one landmark rarely part by more; beyond it one of them has likely slipped.
_DOUBTFUL_SHARE_OF_HEIGHT = 0.05


def review_cases(
    cases: Sequence[Case],
    landmark_set: LandmarkSet,
    digests: Mapping[str, str],
    shown: Mapping[str, str],
    problems: Problems,
) -> list[Case]:
    """Report gaps and doubts, leave out cases without a point, and join twin images.

    Images with the same bytes become one subject, so that a split cannot part them.

    Args:
        cases: The cases to look over.
        landmark_set: The landmarks wanted.
        digests: Digest of the image's bytes by ``file_name``.
        shown: How to call each image in messages, by ``file_name``.
        problems: Where the findings are noted.

    Returns:
        The cases that hold at least one point.
    """
    kept = [case for case in cases if _has_points(case)]
    for case in cases:
        if not _has_points(case):
            problems.error(shown[case.file_name], "", "", "no landmark is left; image left out")
    everywhere = {n for case in kept for points in _all_points(case) for n in points}
    never = [name for name in landmark_set.names if name not in everywhere]
    if never and kept:
        problems.warning(
            "all files",
            "",
            "",
            f"no file gives {', '.join(never)}; written as missing (0, 0, 0)",
        )
    wanted = [name for name in landmark_set.names if name in everywhere]
    observers = sorted({observer for case in kept for observer in case.observers})
    for case in kept:
        _report_missing(case, wanted, observers, shown[case.file_name], problems)
        _report_disagreement(case, shown[case.file_name], problems)
    return _join_twins(kept, digests, shown, problems)


def _all_points(case: Case) -> list[Mapping[str, Point]]:
    return [*case.observers.values(), *([] if case.truth is None else [case.truth])]


def _has_points(case: Case) -> bool:
    return any(_all_points(case)) and (case.truth is None or bool(case.truth))


def _report_missing(
    case: Case, wanted: Sequence[str], observers: Sequence[str], shown: str, problems: Problems
) -> None:
    absent = [name for name in observers if name not in case.observers]
    for observer in absent:
        others = ", ".join(case.observers)
        problems.warning(shown, f"observer {observer}", "", f"has no points; {others} alone taken")
    for observer, points in case.observers.items():
        missing = [name for name in wanted if name not in points]
        alone = [name for name in missing if case.consensus(name) is not None]
        lost = [name for name in missing if case.consensus(name) is None]
        if alone:
            others = ", ".join(name for name in case.observers if name != observer)
            problems.warning(
                shown, f"observer {observer}", "", f"lacks {', '.join(alone)}; {others} alone taken"
            )
        if lost:
            problems.warning(
                shown,
                f"observer {observer}",
                "",
                f"lacks {', '.join(lost)}; written as missing (0, 0, 0)",
            )


def _report_disagreement(case: Case, shown: str, problems: Problems) -> None:
    limit = _DOUBTFUL_SHARE_OF_HEIGHT * case.height
    for (first, a), (second, b) in combinations(case.observers.items(), 2):
        for name in sorted(a.keys() & b.keys()):
            apart = math.dist(a[name], b[name])
            if apart > limit:
                problems.warning(
                    shown,
                    name,
                    "",
                    f"{first} and {second} are {apart:.0f} px apart; mean taken, look at it",
                )


def _join_twins(
    cases: Sequence[Case],
    digests: Mapping[str, str],
    shown: Mapping[str, str],
    problems: Problems,
) -> list[Case]:
    first: dict[str, Case] = {}
    joined: dict[str, str] = {}  # subject by subject it became one with

    def root(subject: str) -> str:
        while subject in joined:
            subject = joined[subject]
        return subject

    for case in cases:
        twin = first.setdefault(digests[case.file_name], case)
        if twin is not case:
            text = f"is the same image as {shown[twin.file_name]}; taken as one subject"
            problems.warning(shown[case.file_name], "", "", text)
            mine, other = (root(c.subject or c.file_name) for c in (case, twin))
            if mine != other:
                joined[mine] = other
    return [replace(case, subject=root(case.subject or case.file_name)) for case in cases]


def report_leaks(
    cases: Sequence[Case],
    home: Mapping[str, str],
    shown: Mapping[str, str],
    problems: Problems,
) -> None:
    """Report subjects (and so identical images) that the organisers have in two splits.

    Args:
        cases: The cases, twin images joined to one subject.
        home: The organisers' split by ``file_name``.
        shown: How to call each image in messages, by ``file_name``.
        problems: Where the findings are noted.
    """
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.subject or case.file_name, []).append(case)
    for group in groups.values():
        splits = {home[case.file_name] for case in group if case.file_name in home}
        if len(splits) > 1:
            names = ", ".join(f"{shown[c.file_name]} ({home[c.file_name]})" for c in group)
            text = f"one subject in two splits: {names}; --split divides anew without such leaks"
            problems.warning("all files", "", "split", text)
