"""Predict landmarks, scale and measurements on new pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmceph.apis.pictures import Picture

ROOT = Path(__file__).resolve().parents[1]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

_EPILOG = """\
--out gets json/ (a file per picture), labelme/ (to correct in labelme), overlays/ (to look at),
predictions.csv (a row per picture) and, where pictures could not be used, failed.csv.
Without --spacing the scale is read from the ruler in the picture, by the model that ships with
mmceph or one you name, else from DICOM; with none of them there are no millimetres, only angles and
ratios. Exit status: 0 all pictures done, 1 an error or some failed.
Research use only; not a medical device.

examples:
  python tools/predict.py images/ --config CONFIG.py --checkpoint best.pth --out results
  python tools/predict.py --from-labelme results/labelme --out corrected
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    from mmceph.arguments import ToolParser

    parser = ToolParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="pictures and folders")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the results")
    parser.add_argument("--config", metavar="FILE", help="config of the landmark model")
    parser.add_argument("--checkpoint", metavar="FILE", help="its weights")
    parser.add_argument(
        "--from-labelme", metavar="DIR", help="measure corrected labelme files anew; no INPUT"
    )
    parser.add_argument(
        "--images",
        metavar="DIR",
        help="with --from-labelme: where the pictures are [where the files say, beside them]",
    )
    parser.add_argument("--recursive", action="store_true", help="also look into subfolders")
    _add_scale(parser)
    _add_model(parser)
    group = parser.add_argument_group("results")
    group.add_argument("--analysis", nargs="+", metavar="NAME", help="which analyses [all]")
    group.add_argument("--sex", choices=["female", "male"], help="for norms that differ")
    group.add_argument("--no-labelme", action="store_true", help="no labelme files")
    group.add_argument("--no-overlays", action="store_true", help="no pictures with the points")
    group.add_argument(
        "--anonymise",
        action="store_true",
        help="call pictures image_0001 ... and copy neither names nor metadata",
    )
    group.add_argument("--key", metavar="CSV", help="with --anonymise: which number is which")
    group.add_argument("--resume", action="store_true", help="make what is not there yet")
    group.add_argument(
        "--overwrite",
        action="store_true",
        help="make our own results there anew; what a hand has changed is kept beside",
    )
    args = parser.parse_args(argv)
    _check(parser, args)
    return args


def _add_scale(parser: argparse.ArgumentParser) -> None:
    from mmceph.arguments import POSITIVE

    group = parser.add_argument_group("scale")
    group.add_argument(
        "--spacing", nargs="+", type=POSITIVE, metavar="MM", help="mm per px, once or along x and y"
    )
    group.add_argument("--ruler-config", metavar="FILE", help="config of a ruler model of yours")
    group.add_argument(
        "--ruler-checkpoint",
        metavar="FILE",
        help="its weights, or a packed ruler model [the one that ships with mmceph]",
    )
    group.add_argument("--no-ruler", action="store_true", help="do not look for a ruler")
    group.add_argument(
        "--use-dpi", action="store_true", help="trust a picture's resolution as the last resort"
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    from mmceph.arguments import COUNT

    group = parser.add_argument_group("model")
    group.add_argument("--device", help="cpu, cuda:0 [a GPU where there is one]")
    group.add_argument(
        "--batch-size", type=COUNT, default=4, metavar="N", help="pictures a pass [4]"
    )
    group.add_argument(
        "--landmarks",
        "--landmark-set",
        dest="landmark_set",
        metavar="LIST",
        help="names of the points (S,N,A,..., a file of names or a set's name), where checkpoint "
        "and config lack them; with --from-labelme what labels l1, l2, ... count",
    )
    group.add_argument(
        "--names", metavar="L=NAME,...", help="with --from-labelme: landmark by label"
    )
    group.add_argument("--ignore", metavar="L,...", help="with --from-labelme: labels to pass over")
    group.add_argument(
        "--numbered-from",
        type=int,
        choices=[0, 1],
        help="with --from-labelme: the number of the set's first landmark",
    )
    group.add_argument(
        "--mirror",
        action="store_true",
        help="the patients face the other way than in the pictures the model was trained on",
    )
    group.add_argument("--require-mmpose", action="store_true", help="no fallback: fail instead")
    group.add_argument(
        "--trust-checkpoint",
        action="store_true",
        help="load checkpoints that hold more than tensors (they can run code)",
    )
    group.add_argument(
        "--cfg-options", nargs="+", metavar="KEY=VALUE", help="settings merged over the config"
    )


def _check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    from mmceph.arguments import check_spacing

    if args.from_labelme is not None:
        if args.inputs or args.config or args.checkpoint or args.anonymise:
            parser.error("--from-labelme needs no INPUT, --config, --checkpoint or --anonymise")
    elif not args.inputs or not args.config or not args.checkpoint:
        parser.error("give INPUT, --config and --checkpoint, or --from-labelme DIR")
    if args.resume and args.overwrite:
        parser.error("--resume keeps results, --overwrite does not: give one of them")
    if args.no_ruler and (args.ruler_config or args.ruler_checkpoint):
        parser.error("--no-ruler and a ruler model: give one of them")
    check_spacing(parser, args.spacing)
    if args.images is not None and args.from_labelme is None:
        parser.error("--images goes with --from-labelme")
    if args.names is not None and args.from_labelme is None:
        parser.error("--names goes with --from-labelme")
    if (args.ignore or args.numbered_from is not None) and not args.from_labelme:
        parser.error("--ignore and --numbered-from go with --from-labelme")
    if args.key is not None and not args.anonymise:
        parser.error("--key goes with --anonymise")


def run(args: argparse.Namespace) -> int:
    from mmceph.apis.closing import remarks
    from mmceph.apis.prediction import NOTICE, ReadingOptions
    from mmceph.apis.prediction_folder import locked_results

    options = ReadingOptions.of(args.spacing, args.use_dpi, args.analysis, args.sex)
    with locked_results(args.out):
        results, failures, folder = (from_labelme if args.from_labelme else predict)(args, options)
    print(f"{len(results)} done, {len(failures)} failed. {NOTICE}")
    for line in remarks(results):
        print(line)
    for path in folder.kept:
        print(f"Changed by hand and kept: {path}")
    if results:
        print(f"Table: {folder.table}")
    for name, reason in failures:
        text = reason if name in reason else f"{name}: {reason}"
        print(f"failed: {text}", file=sys.stderr)
    if failures:
        print(f"List of what failed: {folder.out / 'failed.csv'}", file=sys.stderr)
    return 1 if failures else 0


def predict(args: argparse.Namespace, options):
    from mmceph.apis.closing import Closing
    from mmceph.apis.inferencer import CephInferencer
    from mmceph.apis.prediction_folder import PredictionFolder
    from mmceph.engine.flags import parse_cfg_options

    pictures = find_pictures(args)
    files = list(pictures)
    inferencer = CephInferencer(
        args.config,
        args.checkpoint,
        device=args.device,
        ruler=None if args.no_ruler else build_ruler(args),
        landmark_set=args.landmark_set,
        mirror=args.mirror,
        cfg_options=parse_cfg_options(args.cfg_options),
        require_mmpose=args.require_mmpose,
        trust=args.trust_checkpoint,
    )
    folder = PredictionFolder(
        args.out,
        made_with=inferencer.settings(options),
        overwrite=args.overwrite,
        labelme=not args.no_labelme,
        overlays=not args.no_overlays,
        anonymise=args.anonymise,
    )
    todo = folder.plan(files, resume=args.resume)
    if len(todo) < len(files):
        print(f"{len(files) - len(todo)} of {len(files)} pictures are done already")
    if args.key is not None:
        write_key(args, folder)
    results, failures = [], []
    try:
        found = inferencer(
            [pictures[file] for file in todo],
            batch_size=args.batch_size,
            spacing=options.spacing,
            use_dpi=options.use_dpi,
            analysis=options.analysis,
            sex=options.sex,
            show_progress=True,
            on_bad=lambda name, reason: failures.append((name, reason)),
        )
        for prediction in found:
            folder.write(prediction)
            results.append(Closing.of(prediction))
    finally:
        folder.finish(failures)
    return results, failures, folder


def find_pictures(args: argparse.Namespace) -> dict[str, Picture]:
    """The pictures of all inputs by name, each once; says which files are passed over."""
    import os
    from glob import glob

    from mmceph.apis.pictures import Picture, pictures_in
    from mmceph.errors import MmcephError

    found: dict[Path, Picture] = {}
    for given in args.inputs:
        paths = [given]
        if not Path(given).exists():
            # A Windows command line does not expand wildcards. A link to nowhere finds itself.
            paths = [path for path in sorted(glob(given)) if path != given]
        if not paths:
            raise MmcephError(f"{given}: no such file or folder")
        for path in map(Path, paths):
            inside, others, folder = [path], [], None
            if path.is_dir():
                folder = path
                inside, others = pictures_in(
                    path, recursive=args.recursive, leave_out=Path(args.out)
                )
                if not inside:
                    more = "" if args.recursive else "; --recursive looks into its subfolders"
                    raise MmcephError(f"{path}: holds no picture{more}")
            if others:
                names = ", ".join(other.name for other in others[:3])
                more = ", ..." if len(others) > 3 else ""
                print(f"{path}: {len(others)} files are no pictures ({names}{more})")
            for picture in inside:
                # Not Path.resolve, which fails on a link to itself before Python 3.13.
                there = Path(os.path.realpath(picture))
                item = Picture(picture.as_posix(), picture, listed_in=folder)
                # What was named itself goes before what a folder's link leads to.
                if folder is None:
                    found[there] = item
                found.setdefault(there, item)
    return {picture.name: picture for picture in found.values()}


def build_ruler(args: argparse.Namespace):
    from mmceph.apis.device import choose_device
    from mmceph.apis.ruler import RulerReader

    device = str(choose_device(args.device))
    return RulerReader(
        args.ruler_config, args.ruler_checkpoint, device=device, trust=args.trust_checkpoint
    )


def from_labelme(args: argparse.Namespace, options):
    from mmceph.analysis.point_files import Labels
    from mmceph.apis.closing import Closing
    from mmceph.apis.corrections import read_corrected
    from mmceph.apis.prediction_folder import PredictionFolder
    from mmceph.converters.layout import files_with
    from mmceph.converters.progress import track
    from mmceph.errors import MmcephError

    source = Path(args.from_labelme)
    if not source.is_dir():
        raise MmcephError(f"{source}: no such folder")
    images = None if args.images is None else Path(args.images)
    if images is not None and not images.is_dir():
        raise MmcephError(f"--images {images}: no such folder")
    files = files_with(source, ".json")
    if not files:
        raise MmcephError(f"{source}: holds no labelme files (.json)")
    labels = Labels.of(args.landmark_set, args.names, args.ignore or "", args.numbered_from)
    there = [path for path in files if Path(args.out, "json", path.name).exists()]
    if there and not (args.resume or args.overwrite):
        raise MmcephError(
            f"{args.out}: holds results of {len(there)} of these {len(files)} files; give another "
            "--out, or --resume to make the others only, or --overwrite"
        )
    todo = [path for path in files if not (args.resume and path in there)]
    folder = PredictionFolder(
        args.out, overwrite=args.overwrite, labelme=False, overlays=not args.no_overlays
    )
    folder.require_free([path.stem for path in todo])
    results, failures, names = [], [], {}
    try:
        for path in track(todo, "Measuring"):
            try:
                prediction = read_corrected(path, options=options, labels=labels, images=images)
                if prediction.file in names:
                    raise MmcephError(
                        f"{path}: is of {prediction.file} like {names[prediction.file]}; keep one"
                    )
                names[prediction.file] = path.name
                folder.write(prediction, path.stem)
            except MmcephError as error:
                failures.append((path.as_posix(), str(error)))
            else:
                results.append(Closing.of(prediction))
    finally:
        folder.finish(failures)
    return results, failures, folder


def write_key(args: argparse.Namespace, folder) -> None:
    """Which picture has which number; not beside the results, which are given away."""
    from mmceph.apis.table import key_table
    from mmceph.errors import MmcephError
    from mmceph.io import write_own_file

    key = Path(args.key)
    if key.resolve().is_relative_to(Path(args.out).resolve()):
        raise MmcephError(f"{key}: lies in --out; keep the key apart from the results")
    if key.exists() and not args.overwrite:
        raise MmcephError(f"{key}: is there already; name another --key")
    write_own_file(key, key_table(folder.names), "a key of names")


def go_on(args: argparse.Namespace) -> str:
    return f"What is done lies in {args.out}; the same command with --resume goes on."


def main(argv: list[str] | None = None) -> int:
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv, go_on=go_on)


if __name__ == "__main__":
    sys.exit(main())
