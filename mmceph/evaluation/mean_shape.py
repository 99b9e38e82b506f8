"""The mean shape of the training annotations: the baseline every report and log compares with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..functional.baselines import mean_shape_fractions
from .errors import EvaluationError


class MeanShapeError(EvaluationError):
    """The training annotations cannot be read; the message says why, in one line."""


def training_mean_shape(dataset_cfg: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
    """Mean shape of the data set a config trains on, in fractions of the image.

    Only annotations are read, no image. Wrappers (RepeatDataset, ConcatDataset,
    CombinedDataset) are looked through; landmarks are joined by name.

    Args:
        dataset_cfg: ``cfg.train_dataloader.dataset``.
        names: The landmarks wanted, in this order.

    Returns:
        Shape (K, 2): x / width, y / height; NaN for a landmark the training set has not got.

    Raises:
        MeanShapeError: A data set cannot be built, or knows no image sizes.

    """
    points, visible, sizes = [], [], []
    for leaf in _leaves(dataset_cfg):
        for keypoints, seen, size in _annotations(leaf, names):
            points.append(keypoints)
            visible.append(seen)
            sizes.append(size)
    if not points:
        raise MeanShapeError("the training set has no annotation")
    return mean_shape_fractions(np.stack(points), np.stack(visible), np.array(sizes))


def _leaves(cfg: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The data sets inside any wrappers, set up to read annotations only."""
    inner = cfg.get("datasets") or ([cfg["dataset"]] if cfg.get("dataset") else None)
    if inner is None:
        leaf = {**cfg, "pipeline": [], "lazy_init": False}
        if str(cfg.get("type")).split(".")[-1] == "CephDataset":
            leaf["check_images"] = False  # who only tests need not have the training images
        yield leaf
        return
    for item in inner:
        yield from _leaves(item)


def _annotations(
    cfg: dict[str, Any], names: Sequence[str]
) -> Iterator[tuple[np.ndarray, np.ndarray, tuple[float, float]]]:
    """Points (K, 2), visibility (K,) and image size of every annotation, in ``names`` order."""
    from ..registry import DATASETS

    try:
        dataset = DATASETS.build(cfg)
    except (OSError, KeyError, ValueError, TypeError, AssertionError) as error:
        # What third-party data sets raise for a missing or foreign file; the report goes on.
        raise MeanShapeError(f"{cfg.get('type')}: {_one_line(error)}") from error
    by_index = dataset.metainfo.get("keypoint_id2name") or {}
    index = {name: position for position, name in by_index.items()}
    known = [index.get(name) for name in names]
    for number in range(len(dataset)):
        info = dataset.get_data_info(number)
        here = np.asarray(info["keypoints"], np.float64)[0, :, :2]
        seen = np.asarray(info["keypoints_visible"])[0]
        seen = seen if seen.ndim == 1 else seen[:, 0]
        points, visible = np.zeros((len(names), 2)), np.zeros(len(names), bool)
        for place, position in enumerate(known):
            if position is not None:
                points[place], visible[place] = here[position], seen[position] > 0
        yield points, visible, _size(dataset, info)


def _size(dataset: Any, info: Mapping[str, Any]) -> tuple[float, float]:
    raw = info.get("raw_ann_info")
    if not isinstance(raw, Mapping) or not raw.get("width"):
        images = getattr(getattr(dataset, "coco", None), "imgs", {})
        raw = images.get(info.get("img_id"), {})
    if not raw.get("width") or not raw.get("height"):
        raise MeanShapeError(f"{info.get('img_path', 'an image')}: no width and height")
    return float(raw["width"]), float(raw["height"])


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
