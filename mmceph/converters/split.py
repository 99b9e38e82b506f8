"""Seeded splits by subject, and writing them without overwriting anything."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmceph.formats.annotation_set import AnnotationSet, data_root
from mmceph.landmarks import LandmarkSet

from .case import Case
from .coco import build_coco
from .problems import ConversionError

SPLITS = ("train", "val", "test")


_NAMES = {
    "train": ("train", "training", "trainingdata"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}


def named_split(name: str) -> str | None:
    """Return the split that a folder or file is named after, or None.

    Example:
        >>> named_split("Valid"), named_split("person_keypoints_train2017"), named_split("siteA")
        ('val', 'train', None)
    """
    words = re.findall(r"[a-z]+", name.casefold())
    found = [split for split, names in _NAMES.items() if any(word in names for word in words)]
    return found[0] if len(found) == 1 else None


def split_cases(
    cases: Sequence[Case], fractions: Sequence[float] = (0.8, 0.2, 0.0), seed: int = 0
) -> dict[str, list[Case]]:
    """Divide cases into train, val and test; a subject's images stay together.

    The same cases and seed give the same split on every machine, whatever the order of ``cases``.

    Args:
        cases: What to divide.
        fractions: Shares of the subjects for train, val and test; they add up to 1.
        seed: Seed of the shuffle.

    Raises:
        ConversionError: The fractions do not add up to 1, or a split with a share gets no subject.
    """
    if (
        len(fractions) != 3
        or any(not math.isfinite(f) or f < 0 for f in fractions)
        or abs(sum(fractions) - 1) > 1e-6
    ):
        raise ConversionError(
            f"split {' '.join(f'{f:g}' for f in fractions)}: give three shares (train val test), "
            "none negative, that add up to 1"
        )
    subjects = sorted({case.subject or case.file_name for case in cases})
    random.Random(seed).shuffle(subjects)
    counts = _shares(len(subjects), fractions)
    for name, fraction, count in zip(SPLITS, fractions, counts, strict=True):
        if fraction > 0 and count == 0:
            raise ConversionError(
                f"{len(subjects)} subject(s) are too few for {name}'s share of {fraction:g}; "
                "add data, change the split, or say with --subjects whose head each image shows"
            )
    home: dict[str, str] = {}
    start = 0
    for name, count in zip(SPLITS, counts, strict=True):
        home.update(dict.fromkeys(subjects[start : start + count], name))
        start += count
    result: dict[str, list[Case]] = {name: [] for name in SPLITS}
    for case in sorted(cases, key=lambda c: c.file_name):
        result[home[case.subject or case.file_name]].append(case)
    return result


def _shares(total: int, fractions: Sequence[float]) -> list[int]:
    """Divide ``total`` by largest remainder, so that the counts add up."""
    exact = [total * f for f in fractions]
    counts = [math.floor(e + 1e-9) for e in exact]
    order = sorted(range(3), key=lambda i: (counts[i] - exact[i], i))
    for i in order[: total - sum(counts)]:
        counts[i] += 1
    return counts


def annotation_paths(out: Path) -> dict[str, Path]:
    """Return where each split's file lies under ``out``."""
    return {name: out / "annotations" / f"{name}.json" for name in SPLITS}


def write_splits(
    out: Path,
    splits: Mapping[str, Sequence[Case]],
    landmark_set: LandmarkSet,
    info: Mapping[str, Any] | None = None,
    force: bool = False,
) -> dict[str, Path]:
    """Write ``OUT/annotations/{train,val,test}.json`` as one set; see :class:`AnnotationSet`.

    Without test cases test.json holds val's, and its ``info.split`` says so. A split that stays
    empty gets no file; with ``force`` an old file of that name is removed, so that no two
    conversions mix.

    Args:
        out: The data root to write to.
        splits: Cases by split, as from :func:`split_cases`.
        landmark_set: Which landmarks to write.
        info: More entries for each file's ``info`` block.
        force: Replace files of an earlier conversion.

    Returns:
        The written files by split.

    Raises:
        MmcephError: A file exists already and ``force`` is off, or mmceph did not write it.
    """
    written = AnnotationSet(data_root(out))
    written.require_writable(SPLITS, force)
    return written.write(split_contents(splits, landmark_set, info), SPLITS)


def split_contents(
    splits: Mapping[str, Sequence[Case]],
    landmark_set: LandmarkSet,
    info: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return what :func:`write_splits` writes, as COCO dicts by split."""
    names = sorted(case.file_name for cases in splits.values() for case in cases)
    ids = {name: i for i, name in enumerate(names, 1)}
    contents: dict[str, dict[str, Any]] = {}
    for split in SPLITS:
        cases, source = splits.get(split, ()), split
        if split == "test" and not cases:
            cases, source = splits.get("val", ()), "val (no test share was given)"
        if cases:
            contents[split] = build_coco(
                cases, landmark_set, {**(info or {}), "split": source}, ids
            )
    return contents
