"""A conversion from end to end: read, split, copy, write, and tell what was done."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmceph import __version__
from mmceph.formats.annotation_set import REPORT, WHAT, AnnotationSet, data_root, was_stopped
from mmceph.io import folder_lock, json_bytes, remove_drafts
from mmceph.landmarks import LandmarkError, as_config, landmarks_flag, parse_landmarks

from .case import Case
from .copying import copy_images
from .embedded import write_embedded
from .formats import FORMATS
from .labels import parse_names
from .labelstudio_pictures import parse_image_field
from .own_pictures import OwnPictures
from .problems import ConversionError, Problems
from .progress import track
from .raw_data import RawData, ReadOptions
from .split import SPLITS, annotation_paths, split_cases, split_contents
from .subjects import read_subjects
from .summary import print_problems, report, summary

DEFAULTS: dict[str, Any] = {
    "images": None, "pair_by": "both", "image_field": None, "skip_bad": False,
    "copy_images": False, "dry_run": False, "force": False, "split": None, "seed": 0,
    "subjects": None, "landmark_set": None, "names": None, "ignore": "", "numbered_from": None,
    "spacing": None, "device": None, "on_duplicate": "error", "duplicate_tolerance": 3.0,
    "command": "",
}  # fmt: skip
"""The tools' options where they are not given; ``command`` runs the conversion again."""


def convert(format_name: str, args: Namespace) -> int:
    """Run the conversion that a tool of ``tools/dataset_converters`` was asked for.

    Args:
        format_name: One of :data:`FORMATS`.
        args: The tool's parsed arguments: ``raw`` and ``out``, and of :data:`DEFAULTS` what shall
            be otherwise.

    Returns:
        The exit code: 1 where a dry run found what a strict conversion refuses, else 0.

    Raises:
        ConversionError: Something is wrong with the raw data, the arguments or the output folder.
    """
    args = Namespace(**{**DEFAULTS, **vars(args)})
    if args.dry_run:
        return _convert(format_name, args, None)
    with folder_lock(args.out, WHAT):
        for folder in ("annotations", "images"):
            remove_drafts(args.out / folder)
        own = data_root(args.out)
        status = _convert(format_name, args, AnnotationSet(own, args.command))
    for kept in own.kept:
        print(f"kept: {kept}, which was changed since it was written, or is of an earlier version")
    return status


def _convert(format_name: str, args: Namespace, target: AnnotationSet | None) -> int:
    """Run a conversion; without a target a dry run."""
    pictures = None
    if target is not None:
        target.require_writable(SPLITS, args.force)
        force = args.force or was_stopped(args.out / "annotations")
        pictures = OwnPictures(target.own, force, target.open)
    # A dry run tells everything that is wrong instead of stopping at the first kind of it.
    problems = Problems(skip_bad=args.skip_bad or args.dry_run)
    read = FORMATS[format_name].read
    try:
        found = read(args.raw, args.out, read_options(args, pictures), problems, track)
    except ConversionError as error:
        if problems.skip_bad:
            print_problems(problems)
        hint = "" if problems.skip_bad or not problems.errors else (
            "\nMend these, or give --skip-bad to leave them out and convert the rest."
        )  # fmt: skip
        raise ConversionError(f"{error}{hint}") from error
    shares = tuple(args.split) if args.split else None
    splits = _divide(found.cases, found, shares, FORMATS[format_name].shares, args.seed)
    print_problems(problems)
    if target is None or pictures is None:
        print(summary(format_name, found, splits, problems))
        print("dry run: nothing was written")
        return 1 if problems.errors and not args.skip_bad else 0
    _protect_originals(found, args.out)
    if args.copy_images:
        renamed = copy_images(found.sources, pictures, track)
        splits = {
            name: [replace(c, file_name=renamed.get(c.file_name, c.file_name)) for c in cases]
            for name, cases in splits.items()
        }
    write_embedded(found.embedded, pictures, track)
    info: dict[str, Any] = {"converter": format_name, "mmceph": __version__}
    if found.home and shares is None:
        info["split_by"] = "organisers"
    else:
        info["split_seed"] = args.seed
        info["split_shares"] = list(shares or FORMATS[format_name].shares)
    contents = split_contents(splits, found.landmark_set, info)
    written = target.write(contents, SPLITS, {REPORT: json_bytes(report(found, splits, problems))})
    print(summary(format_name, found, splits, problems))
    for split, path in written.items():
        note = " (the same images as val: no test share)" if not splits[split] else ""
        print(f"wrote {path}{note}")
    print(f"wrote {args.out / 'annotations' / REPORT}")
    if isinstance(as_config(found.landmark_set), dict):
        flag = landmarks_flag(found.landmark_set, next(iter(written.values())))
        print(f"a list of your own: give train.py and test.py {flag}")
    return 0


def read_options(args: Namespace, pictures: OwnPictures | None = None) -> ReadOptions:
    """Return the reader's options from a tool's parsed arguments.

    Args:
        args: The arguments.
        pictures: Writes pictures that have to be unpacked.

    Raises:
        ConversionError: One of them cannot be understood.
    """
    try:
        wanted = parse_landmarks(args.landmark_set) if args.landmark_set else None
    except LandmarkError as error:
        raise ConversionError(str(error)) from error
    return ReadOptions(
        landmark_set=wanted,
        names=parse_names(args.names) if args.names else {},
        ignore=tuple(label.strip() for label in args.ignore.split(",") if label.strip()),
        numbered_from=args.numbered_from,
        spacing=args.spacing,
        device=args.device,
        subjects=read_subjects(args.subjects) if args.subjects else {},
        images=args.images,
        pair_by=args.pair_by,
        image_field=parse_image_field(args.image_field) if args.image_field else {},
        on_duplicate=args.on_duplicate,
        tolerance=args.duplicate_tolerance,
        pictures=pictures,
    )


def _divide(
    cases: Sequence[Case],
    found: RawData,
    shares: tuple[float, ...] | None,
    default: tuple[float, ...],
    seed: int,
) -> dict[str, list[Case]]:
    """Keep the organisers' splits unless the user divides anew."""
    if shares is not None or not found.home:
        return split_cases(cases, shares or default, seed)
    ordered = sorted(cases, key=lambda case: case.file_name)
    return {name: [c for c in ordered if found.home.get(c.file_name) == name] for name in SPLITS}


def _protect_originals(found: RawData, out: Path) -> None:
    targets = {path.resolve() for path in annotation_paths(out).values()}
    for path in found.originals:
        if path.resolve() in targets:
            raise ConversionError(
                f"{path}: would be overwritten by its own conversion; give another --out"
            )
