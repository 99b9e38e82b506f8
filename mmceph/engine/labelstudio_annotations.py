"""A Label Studio export straight into a run: ``--annotations EXPORT.json``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

from mmceph.converters.case import Case
from mmceph.converters.coco import build_coco
from mmceph.converters.labelstudio_folder import read_labelstudio
from mmceph.converters.problems import ConversionError, Problems
from mmceph.converters.raw_data import ReadOptions
from mmceph.converters.split import split_cases
from mmceph.errors import MmcephError
from mmceph.fileio import write_json_atomic
from mmceph.landmarks import LandmarkSet, as_landmark_set
from mmceph.registry import DATASETS

_SHARES = (0.8, 0.2, 0.0)
_TOOL = "tools/dataset_converters/labelstudio.py converts it with more options"


def is_labelstudio_export(path: str | Path) -> bool:
    """Whether a JSON file holds a list, as an export does, and no object, as COCO files do."""
    with open(path, "rb") as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["


def use_labelstudio_export(
    cfg: Config, datasets: dict[str, dict[str, Any]], loader: str, path: str
) -> None:
    """Convert an export and let the loaders read the result.

    The canonical files are written to ``WORK_DIR/annotations``, so that what was trained on can be
    looked at. Images are found under the data root, or beside the export where that is not there;
    their sizes are read from the files. For training, a fifth of the subjects validates, unless
    the config's own validation file is there.

    Args:
        cfg: The config with its ``work_dir``; changed in place.
        datasets: The innermost data set of each loader that the config has.
        loader: The loader the export is for.
        path: The export.

    Raises:
        MmcephError: The export, a task or an image is not in order; the message names them.
    """
    dataset = datasets[loader]
    landmarks = _landmark_set(dataset)
    root = Path(dataset.get("data_root") or ".")
    root = root if root.is_dir() else Path(path).resolve().parent
    folder = root / (dataset.get("data_prefix") or {}).get("img", "")
    problems = Problems()
    options = ReadOptions(landmark_set=landmarks, images=folder)
    try:
        found = read_labelstudio(Path(path), folder, options, problems)
    except ConversionError as error:
        text = str(error).replace(
            "--images DIR", "--data-root DIR"
        )  # what this flag is called here
        raise MmcephError(f"--annotations {path}: {text} ({_TOOL})") from error
    for problem in problems.warnings:
        print_log(f"{path}: {problem}", "current", logging.WARNING)
    splits = {loader: list(found.cases)}
    if loader == "train_dataloader" and not _has_file(datasets.get("val_dataloader")):
        parts = split_cases(found.cases, _SHARES, seed=0)
        splits = {loader: parts["train"], "val_dataloader": parts["val"]}
        if not _has_file(datasets.get("test_dataloader")):
            splits["test_dataloader"] = parts["val"]
    for name, cases in splits.items():
        if name in datasets:
            file = _write(cfg, name, cases, landmarks, path)
            datasets[name].update(data_root=str(root.resolve()), ann_file=str(file))
            print_log(f"{path}: {len(cases)} images for {name}, in {file}", "current")


def _landmark_set(dataset: dict[str, Any]) -> LandmarkSet:
    kind = dataset.get("type")
    cls = DATASETS.get(kind) if isinstance(kind, str) else kind
    own = getattr(cls, "LANDMARK_SET", None)
    if own is None:
        raise MmcephError(
            f"--annotations: the data set {kind} reads no Label Studio export; use CephDataset or "
            "RulerDataset"
        )
    return as_landmark_set(dataset.get("landmark_set") or own)


def _has_file(dataset: dict[str, Any] | None) -> bool:
    if dataset is None:
        return True  # nothing to fill
    return Path(dataset.get("data_root") or "", dataset.get("ann_file") or "").is_file()


def _write(
    cfg: Config, loader: str, cases: Sequence[Case], landmarks: LandmarkSet, source: str
) -> Path:
    split = loader.removesuffix("_dataloader")
    content = build_coco(cases, landmarks, {"split": split, "converted_from": Path(source).name})
    path = Path(cfg.work_dir, "annotations", f"{split}.json").resolve()
    return write_json_atomic(path, content)
