"""What a conversion tells: on the screen, and in a report beside the annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mmceph.analysis.plausibility import scales_by_device
from mmceph.formats.annotation_set import REPORT

from .case import Case
from .collect import sella_nasion
from .problems import Problems
from .raw_data import RawData

_WARNINGS_SHOWN = 20


def print_problems(problems: Problems) -> None:
    """Print what was left out in full, and the first notes."""
    if problems.errors:
        print(f"left out ({len(problems.errors)}):")
        for entry in problems.errors:
            print(f"  {entry}")
    if problems.warnings:
        print(f"notes ({len(problems.warnings)}):")
        for entry in problems.warnings[:_WARNINGS_SHOWN]:
            print(f"  {entry}")
        more = len(problems.warnings) - _WARNINGS_SHOWN
        if more > 0:
            print(f"  ... and {more} more, all in {REPORT}")


def summary(
    format_name: str, found: RawData, splits: Mapping[str, Sequence[Case]], problems: Problems
) -> str:
    """Return the lines a conversion ends with."""
    counts = _counts(found)
    files = ", ".join(f"{name} {n}" for name, n in found.num_files.items())
    parts = ", ".join(f"{name} {len(cases)}" for name, cases in splits.items())
    lines = [
        f"images converted: {counts['images_converted']} of {counts['images_found']} ({parts})",
        f"{format_name + ' files:':<17} {files}",
        f"landmarks:        {len(counts['landmarks'])} ({counts['landmark_set']}); "
        f"{counts['points_converted']} points, {counts['points_missing']} missing",
        f"mm per px:        {_spacings(found.cases)}",
    ]
    lines += [
        f"S-N distance:     {scale.median_mm:.1f} mm median of {scale.count} ({scale.device})"
        + ("" if scale.plausible else ": not plausible, see the notes")
        for scale in scales_by_device(sella_nasion(found.cases))
    ]
    return "\n".join([*lines, f"left out: {len(problems.errors)}, notes: {len(problems.warnings)}"])


def report(
    found: RawData, splits: Mapping[str, Sequence[Case]], problems: Problems
) -> dict[str, Any]:
    """Return the same as plain JSON data, with every problem."""
    return {
        **_counts(found),
        "splits": {name: len(cases) for name, cases in splits.items()},
        "sella_nasion_mm": {
            scale.device: {"n": scale.count, "median": round(scale.median_mm, 2)}
            for scale in scales_by_device(sella_nasion(found.cases))
        },
        "left_out": [entry.as_dict() for entry in problems.errors],
        "notes": [entry.as_dict() for entry in problems.warnings],
    }


def _counts(found: RawData) -> dict[str, Any]:
    names = found.landmark_set.names
    given = sum(c.consensus(n) is not None for c in found.cases for n in names)
    return {
        "images_found": found.num_images,
        "images_converted": len(found.cases),
        "files_by_observer": found.num_files,
        "landmark_set": found.landmark_set.name,
        "landmarks": list(names),
        "points_converted": given,
        "points_missing": len(found.cases) * len(names) - given,
    }


def _spacings(cases: Sequence[Case]) -> str:
    counts = Counter(case.spacing for case in cases)
    texts = [
        ("unknown, errors in px only" if spacing is None else f"{spacing[0]:g} x {spacing[1]:g}")
        + (f" ({count} images)" if len(counts) > 1 else "")
        for spacing, count in counts.most_common(8)
    ]
    return "; ".join(texts) + ("; ..." if len(counts) > 8 else "")
