"""Read the rulers of a data set: python tools/analysis_tools/eval_ruler.py ANNOTATIONS."""

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "mmceph" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed works too


def parse_args(argv=None):
    from mmceph.arguments import ToolParser

    parser = ToolParser(
        description="Read the rulers of a data set from coarse to fine and compare with its marks."
    )
    parser.add_argument("annotations", help="canonical annotation file with P1 and P2")
    parser.add_argument("--config", help="ruler config [the model that ships]")
    parser.add_argument("--checkpoint", metavar="CKPT", help="its weights, or a packed model")
    parser.add_argument(
        "--data-root", metavar="DIR", help="folder of the images [ANNOTATIONS/../..]"
    )
    parser.add_argument(
        "--train", metavar="FILE", help="training annotations, for the constant answer"
    )
    parser.add_argument(
        "--painted-out", action="store_true", help="also read each picture with its ruler inpainted"
    )
    parser.add_argument("--out", metavar="FILE", help="write figures and readings as JSON")
    parser.add_argument("--device", default="cpu", help="where the network runs [cpu]")
    parser.add_argument(
        "--trust-checkpoint",
        action="store_true",
        help="load checkpoints that hold more than tensors (they can run code)",
    )
    return parser.parse_args(argv)


def run(args):
    from mmceph.apis import RulerReader
    from mmceph.converters.progress import track
    from mmceph.evaluation.ruler import (
        format_ruler_table,
        require_ruler_report,
        ruler_figures,
        write_ruler_report,
    )
    from mmceph.evaluation.ruler_reading import constant_figures, read_rulers, ruler_annotations

    if args.out is not None:
        require_ruler_report(args.out)
    path = Path(args.annotations)
    root = args.data_root or path.resolve().parent.parent
    annotations = list(ruler_annotations(str(path), str(root)))
    reader = RulerReader(
        args.config, args.checkpoint, device=args.device, trust=args.trust_checkpoint
    )
    start = time.perf_counter()
    records = read_rulers(reader, annotations, progress=track)
    seconds = (time.perf_counter() - start) / max(len(records), 1)
    columns = {"reader": ruler_figures(records)}
    if args.train is not None:
        columns["constant"] = constant_figures(records, args.train)
    print(f"\n{format_ruler_table(columns)}")
    for record in records:
        if record.marks is not None and not record.reading.accepted:
            print(f"{record.file}: {record.reading.reason}")
    print(f"{1000 * seconds:.0f} ms a picture, file reading included")
    if args.painted_out:
        painted = read_rulers(reader, annotations, painted_out=True, progress=track)
        columns["painted out"] = ruler_figures(painted)
        kept = sum(not record.reading.accepted for record in painted)
        print(f"Painted out: {kept} of {len(painted)} abstain")
        for record in painted:
            if record.reading.accepted:
                print(f"{record.file}: read {record.reading.mm_per_px:.4f} mm per px")
    if args.out is not None:
        print(f"Wrote {write_ruler_report(args.out, columns, records)}")


def main(argv=None):
    from mmceph.cli import run_command

    return run_command(parse_args, run, argv)


if __name__ == "__main__":
    sys.exit(main())
