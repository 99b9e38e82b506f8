"""Learn from validation predictions how far a model's landmarks may be off."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too

_EPILOG = """\
PREDICTIONS is the predictions.json of tools/test.py on images the model was not trained on.
uncertainty.json is written beside CHECKPOINT, where prediction finds it: radii that hold 90 % of
the real errors, for landmarks and for measurements. docs/uncertainty.md says what it can promise.

example:
  python tools/test.py CONFIG CHECKPOINT --annotations data/mine/annotations/val.json --out VAL
  python tools/analysis_tools/calibrate_uncertainty.py VAL/predictions.json CHECKPOINT
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    from mmceph.arguments import Number, ToolParser, Whole

    parser = ToolParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("predictions", help="predictions.json of tools/test.py")
    parser.add_argument("checkpoint", help="the weights that were tested")
    parser.add_argument("--out", metavar="FILE", help="[uncertainty.json beside the checkpoint]")
    parser.add_argument(
        "--level", type=Number(0.5, below=1), default=0.9, help="share of errors to hold [0.9]"
    )
    parser.add_argument(
        "--splits", type=Whole(2), default=200, help="of the cross-validation [200]"
    )
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    from dataclasses import replace

    from mmceph.analysis.calibrate_error import HeldOut, learn
    from mmceph.analysis.error_model import (
        ErrorModelError,
        error_model_path,
        require_error_model,
        write_error_model,
    )
    from mmceph.formats import read_predictions
    from mmceph.io import sha256_of
    from mmceph.io.swap import heal

    checkpoint = Path(args.checkpoint)
    if not checkpoint.is_file():
        raise ErrorModelError(f"{checkpoint}: no such checkpoint")
    out = args.out or error_model_path(checkpoint)
    require_error_model(out)
    heal(Path(args.predictions).parent)
    content = read_predictions(args.predictions, ErrorModelError)
    data = HeldOut.from_predictions(content, args.predictions)
    checksum = sha256_of(checkpoint)
    require_same(content, Path(args.predictions), checkpoint, checksum)
    found = replace(
        learn(data, args.level, args.splits),
        checkpoint=checkpoint.name,
        checkpoint_sha256=checksum,
        source=Path(args.predictions).name,
    )
    out = write_error_model(out, found)
    print("\n".join(summary(found)))
    print(f"Written: {out}")


def require_same(content, predictions: Path, checkpoint: Path, checksum: str) -> None:
    """See that the predictions are of this checkpoint.

    By the checksum in the file, else in the report beside it; files from before there was one, and
    tests of weights at a URL, are compared by the checkpoint's name.
    """
    from mmceph.analysis.error_model import ErrorModelError
    from mmceph.formats import open_json

    beside, known = predictions.with_name("report.json"), {}
    if beside.is_file():
        report = open_json(beside, ErrorModelError)
        entries = {key: report.get(key) for key in ("checkpoint", "checkpoint_sha256")}
        known = {key: entry.text() for key, entry in entries.items() if entry is not None}
    tested = Path(known["checkpoint"]).name if known.get("checkpoint") else None
    stated = content.get("checkpoint_sha256") or known.get("checkpoint_sha256")
    if stated is not None and stated != checksum:
        other = f"weights called {tested}" if tested else "weights"
        raise ErrorModelError(
            f"{predictions}: is of {other} with another content than {checkpoint} (SHA-256 "
            f"{str(stated)[:12]}..., not {checksum[:12]}...); test this checkpoint first"
        )
    if stated is None and tested is not None and tested != checkpoint.name:
        raise ErrorModelError(
            f"{predictions}: the report beside it is of {tested}, not of {checkpoint.name}; test "
            "this checkpoint first"
        )


def summary(found) -> list[str]:
    """What was learnt, in a few lines."""
    use, unit, times = found.diagonal, "% of the diagonal", 100.0
    if found.mm is not None:
        use, unit, times = found.mm, "mm", 1.0
    lines = [
        f"{use.errors} errors on {use.images} images; {found.level:.0%} radius at score 0.9:",
    ]
    width = max(map(len, found.landmark_names))
    for name, scale in zip(found.landmark_names, use.scale, strict=True):
        radius = scale * 0.1**use.exponent * use.quantile * times
        lines.append(f"  {name:{width}} {radius:6.2f} {unit}")
    checked = found.checked
    if not checked.get("splits"):
        return [*lines, f"Not cross-validated: {checked.get('reason')}"]
    lines.append(
        f"On images it was not learnt from ({checked['splits']} random halves), the radii held "
        f"{checked['landmarks_held']:.1%} of the errors (SD between halves "
        f"{checked['landmarks_held_sd']:.1%}); mean radius {checked['mean_radius'] * times:.2f} "
        f"{unit}"
    )
    if checked["measurements_held"] is not None:
        lines.append(
            f"and the intervals of measurements {checked['measurements_held']:.1%} (SD "
            f"{checked['measurements_held_sd']:.1%}), with the factor {use.measurement_factor:.2f}"
        )
    return lines


def main(argv: list[str] | None = None) -> int:
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv, go_on="Nothing was written.")


if __name__ == "__main__":
    sys.exit(main())
