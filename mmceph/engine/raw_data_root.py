"""``--data-root`` on a public data set as published: converted first, into the work folder."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.logging import print_log

from mmceph.converters.command import convert
from mmceph.converters.formats import published_format
from mmceph.converters.problems import ConversionError
from mmceph.errors import MmcephError


def usable_data_root(cfg: Config, data_root: str) -> str:
    """Give the folder the data sets can read: the given one, or its conversion.

    Only a folder that holds CL-Detection2023, Aariz or ISBI 2015 as it was published, and no
    annotations of ours, is converted. The images stay where they are; those that CL-Detection2023
    has in one stack are unpacked beside the annotations.

    Args:
        cfg: The config with its work_dir.
        data_root: What the user gave.

    Returns:
        ``data_root``, or WORK_DIR/data.

    Raises:
        MmcephError: Something in the folder is wrong; the message tells how to leave it out.
    """
    raw = Path(data_root)
    if (raw / "annotations").is_dir() or not raw.is_dir():
        return data_root
    name = published_format(raw)
    if name is None:
        return data_root
    out = Path(cfg.work_dir) / "data"
    by_hand = f"python tools/dataset_converters/{name}.py {data_root} --out DIR"
    if (out / "annotations" / "train.json").is_file():
        print_log(f"{data_root}: read from its conversion in {out}", logger="current")
        return str(out)
    if not is_main_process():
        raise MmcephError(f"{data_root}: convert it first: {by_hand}")
    print_log(f"{data_root}: {name} as published; converted to {out}", logger="current")
    try:
        convert(name, _options(raw, out))
    except ConversionError as error:
        raise MmcephError(f"{error}\n(or: {by_hand} --skip-bad, and --data-root DIR)") from error
    return str(out)


def _options(raw: Path, out: Path) -> Namespace:
    """What the converter's tool has by default."""
    return Namespace(
        raw=raw, out=out, images=None, skip_bad=False, copy_images=False, dry_run=False,
        force=False, split=None, seed=0, subjects=None, landmark_set=None, names=None, ignore="",
        spacing=None, device=None, on_duplicate="error", duplicate_tolerance=3.0,
    )  # fmt: skip
