"""A Label Studio export straight into a run: ``--annotations EXPORT.json``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

from mmceph.converters.coco import build_coco
from mmceph.converters.json_file import read_json
from mmceph.converters.labelstudio_entries import TABLES
from mmceph.converters.labelstudio_folder import read_labelstudio
from mmceph.converters.problems import ConversionError, Problems
from mmceph.converters.raw_data import ReadOptions
from mmceph.converters.split import split_cases
from mmceph.errors import MmcephError
from mmceph.io import Standing, json_bytes, sha256_of, write_own_file
from mmceph.landmarks import LandmarkSet, as_landmark_set
from mmceph.registry import DATASETS

_SHARES = (0.8, 0.2, 0.0)
_KIND = "annotations made of a Label Studio export"
_TOOL = "tools/dataset_converters/labelstudio.py converts it with more options"


def is_labelstudio_export(path: str | Path) -> bool:
    """Whether a file is a table or a JSON list, as exports are, and no object as a COCO file."""
    if Path(path).suffix.lower() in TABLES:
        return True
    with open(path, "rb") as stream:
        head = stream.read(64).replace(b"\0", b"")  # of UTF-16
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] == b"["


def use_labelstudio_export(
    cfg: Config, datasets: dict[str, dict[str, Any]], loader: str, path: str
) -> None:
    """Convert an export and let the loaders read the result.

    The canonical files are written to ``WORK_DIR/annotations``, so that what was trained on can be
    looked at. Images are found under the data root, or beside the export where that is not there;
    their sizes are read from the files. For training, a fifth of the subjects validates, unless
    the config's own validation file is there. For testing with the export that the work folder's
    model was trained with, what training held back is tested on; any other export is taken whole.

    Args:
        cfg: The config with its ``work_dir``; changed in place.
        datasets: The innermost data set of each loader that the config has.
        loader: The loader the export is for.
        path: The export.

    Raises:
        MmcephError: The export, a task or an image is not in order; the message names them.
    """
    dataset = datasets[loader]
    if loader == "test_dataloader" and _use_held_back(cfg, datasets, path):
        return
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
    info = {"converted_from": Path(path).name, "sha256": sha256_of(path)}
    info["data_root"] = str(root.resolve())
    for name, cases in splits.items():
        if name in datasets:
            # The work folder's own test.json belongs to its training.
            split = "tested" if name == loader == "test_dataloader" else name.split("_")[0]
            content = build_coco(cases, landmarks, {"split": split, **info})
            file = write_own_file(
                _file(cfg, split), json_bytes(content), _KIND, recognise=_whose, say=_say
            )
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


def _whose(path: Path) -> Standing:
    """Whose a file is that is in no record: an earlier version's says what it was made of."""
    try:
        info = read_json(path).get("info")
    except (ConversionError, AttributeError):
        return Standing.FOREIGN
    made = isinstance(info, dict) and {"converted_from", "sha256", "data_root"} <= info.keys()
    return Standing.OURS if made else Standing.FOREIGN


def _say(text: str) -> None:
    print_log(text, "current")


def _file(cfg: Config, split: str) -> Path:
    return Path(cfg.work_dir, "annotations", f"{split}.json").resolve()


def _use_held_back(cfg: Config, datasets: dict[str, dict[str, Any]], export: str) -> bool:
    """Test, and compare with constant answers, by the files of the training with this very export.

    Returns:
        Whether there are such files.
    """
    infos, checksum = {}, sha256_of(export)
    for split in ("train", "test"):
        path = _file(cfg, split)
        info = read_json(path).get("info", {}) if path.is_file() else {}
        if info.get("sha256") == checksum:
            infos[split] = info
    if "train" in infos and "test" not in infos:
        text = f"{export}: holds the images that the model of {cfg.work_dir} was trained on"
        print_log(text, "current", logging.WARNING)
    if "test" not in infos:
        return False
    for split, info in infos.items():
        if f"{split}_dataloader" in datasets:
            changes = {"data_root": info["data_root"], "ann_file": str(_file(cfg, split))}
            datasets[f"{split}_dataloader"].update(changes)
    text = f"{export}: was trained with; tested on what training held back, {_file(cfg, 'test')}"
    print_log(text, "current")
    return True
