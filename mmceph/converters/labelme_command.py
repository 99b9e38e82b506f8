"""The labelme conversion from end to end: read, split, copy, write, and tell what was done."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mmceph import __version__
from mmceph.fileio import write_json_atomic
from mmceph.landmarks import get_landmark_set

from .case import Case
from .copying import copy_images
from .labelme_folder import LabelmeOptions, LabelmeResult, convert_labelme
from .labels import make_label_map, parse_names
from .problems import ConversionError, Problems
from .split import refuse_overwriting, split_cases, write_splits

REPORT = "conversion_report.json"
_WARNINGS_SHOWN = 20


def convert(args: Namespace) -> None:
    """Run the conversion that ``tools/dataset_converters/labelme.py`` was asked for.

    Args:
        args: The tool's parsed arguments.

    Raises:
        ConversionError: Something is wrong with the raw data, the arguments or the output folder.
    """
    if not args.dry_run:
        refuse_overwriting(args.out, args.force)
    problems = Problems(skip_bad=args.skip_bad)
    try:
        result = convert_labelme(args.raw, args.out, _options(args), problems, track)
    except ConversionError as error:
        hint = "" if args.skip_bad or not problems.errors else (
            "\nMend these, or give --skip-bad to leave them out and convert the rest."
        )  # fmt: skip
        raise ConversionError(f"{error}{hint}") from error
    cases = result.cases
    splits = split_cases(cases, args.split, args.seed)
    _print_problems(problems)
    if args.dry_run:
        print(_summary(result, splits, problems))
        print("dry run: nothing was written")
        return
    if args.copy_images:
        renamed = copy_images(result.sources, args.out, args.force, track)
        cases = [replace(case, file_name=renamed[case.file_name]) for case in cases]
        splits = split_cases(cases, args.split, args.seed)
    info = {
        "converter": "labelme",
        "mmceph": __version__,
        "split_seed": args.seed,
        "split_shares": list(args.split),
    }
    written = write_splits(args.out, splits, result.labels.landmark_set, info, args.force)
    report = args.out / "annotations" / REPORT
    write_json_atomic(report, _report(result, splits, problems))
    print(_summary(result, splits, problems))
    for split, path in written.items():
        note = " (the same images as val: no test share)" if not splits[split] else ""
        print(f"wrote {path}{note}")
    print(f"wrote {report}")


def track(items: Sequence[Any], text: str) -> Iterable[Any]:
    """Show progress over ``items``: a bar where rich is there and someone watches."""
    try:
        from rich.console import Console
        from rich.progress import track as rich_track
    except ImportError:
        print(f"{text} ({len(items)}) ...")
        return items
    console = Console(stderr=True)
    return rich_track(items, text, console=console, disable=not console.is_terminal)


def _options(args: Namespace) -> LabelmeOptions:
    try:
        wanted = get_landmark_set(args.landmark_set) if args.landmark_set else None
    except ValueError as error:
        raise ConversionError(f"--landmark-set: {error}") from error
    names = parse_names(args.names) if args.names else None
    ignore = [label.strip() for label in args.ignore.split(",") if label.strip()]
    return LabelmeOptions(
        make_labels=partial(make_label_map, landmark_set=wanted, names=names, ignore=ignore),
        spacing=args.spacing,
        device=args.device,
        on_duplicate=args.on_duplicate,
        tolerance=args.duplicate_tolerance,
    )


def _print_problems(problems: Problems) -> None:
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


def _counts(result: LabelmeResult) -> dict[str, Any]:
    names = result.labels.landmark_set.names
    given = sum(c.consensus(n) is not None for c in result.cases for n in names)
    return {
        "images_found": result.num_images,
        "images_converted": len(result.cases),
        "files_by_observer": result.num_files,
        "landmark_set": result.labels.landmark_set.name,
        "landmarks": list(names),
        "points_converted": given,
        "points_missing": len(result.cases) * len(names) - given,
    }


def _summary(result: LabelmeResult, splits: dict[str, list[Case]], problems: Problems) -> str:
    counts = _counts(result)
    files = ", ".join(f"{name} {n}" for name, n in result.num_files.items())
    parts = ", ".join(f"{name} {len(cases)}" for name, cases in splits.items())
    spacing = result.cases[0].spacing
    scale = "unknown: errors in px only" if spacing is None else f"{spacing[0]:g} x {spacing[1]:g}"
    return "\n".join(
        [
            f"images converted: {counts['images_converted']} of {counts['images_found']} ({parts})",
            f"labelme files:    {files}",
            f"landmarks:        {len(counts['landmarks'])} ({counts['landmark_set']}); "
            f"{counts['points_converted']} points, {counts['points_missing']} missing",
            f"mm per px:        {scale}",
            f"left out: {len(problems.errors)}, notes: {len(problems.warnings)}",
        ]
    )


def _report(
    result: LabelmeResult, splits: dict[str, list[Case]], problems: Problems
) -> dict[str, Any]:
    return {
        **_counts(result),
        "splits": {name: len(cases) for name, cases in splits.items()},
        "left_out": [entry.as_dict() for entry in problems.errors],
        "notes": [entry.as_dict() for entry in problems.warnings],
    }
