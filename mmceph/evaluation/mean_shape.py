"""The mean shape of the training annotations: the baseline every report and log compares with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..functional.baselines import mean_shape_fractions, mean_shape_points
from .errors import EvaluationError
from .records import CephRecord, ErrorTable, annotated_points, error_table


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
    marks = [mark for leaf in _leaves(dataset_cfg) for mark in _annotations(leaf, names)]
    if not marks:
        raise MeanShapeError("the training set has no annotation")
    points, visible, sizes = (
        np.stack([getattr(mark, field) for mark in marks])
        for field in ("points", "visible", "size")
    )
    return mean_shape_fractions(points, visible, sizes)


def mean_shape_errors(
    dataset_cfg: Mapping[str, Any], fractions: np.ndarray, names: Sequence[str]
) -> ErrorTable:
    """Radial errors of answering every image with the mean shape.

    Args:
        dataset_cfg: The data set to score on, e.g. ``cfg.val_dataloader.dataset``. Only its
            annotations are read.
        fractions: The mean shape, shape (K, 2); see :func:`training_mean_shape`.
        names: The landmarks, in this order.

    Returns:
        The errors; NaN where a landmark is invisible or has no mean, mm also without spacing.

    Raises:
        MeanShapeError: The data set cannot be built, knows no image sizes or has no annotation.
    """
    marks = [mark for leaf in _leaves(dataset_cfg) for mark in _annotations(leaf, names)]
    if not marks:
        raise MeanShapeError("the data set has no annotation")
    records = [
        CephRecord(
            file=str(number),
            image_size=(int(mark.size[0]), int(mark.size[1])),
            predicted=mean_shape_points(fractions, mark.size[None])[0],
            scores=np.ones(len(names)),
            truth=mark.points,
            visible=mark.visible,
            spacing=mark.spacing,
        )
        for number, mark in enumerate(marks)
    ]
    return error_table(records)


@dataclass(frozen=True)
class _Annotation:
    """One image's points (K, 2) in px, which of them exist (K,), its size and its spacing."""

    points: np.ndarray
    visible: np.ndarray
    size: np.ndarray
    spacing: tuple[float, float] | None


def _leaves(cfg: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The data sets inside any wrappers, set up to read annotations only."""
    inner = cfg.get("datasets") or ([cfg["dataset"]] if cfg.get("dataset") else None)
    if inner is None:
        leaf = {**cfg, "pipeline": [], "lazy_init": False}
        if _is_ours(cfg.get("type")):
            leaf["check_images"] = False  # who only tests need not have the training images
        yield leaf
        return
    for item in inner:
        yield from _leaves(item)


def _is_ours(kind: Any) -> bool:
    from ..datasets import CephDataset
    from ..registry import DATASETS

    cls = DATASETS.get(kind) if isinstance(kind, str) else kind
    return isinstance(cls, type) and issubclass(cls, CephDataset)


def _annotations(cfg: dict[str, Any], names: Sequence[str]) -> Iterator[_Annotation]:
    """Every annotation, landmarks in the order of ``names``."""
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
        here = annotated_points(info.get("raw_ann_info"), here)
        seen = np.asarray(info["keypoints_visible"])[0]
        seen = seen if seen.ndim == 1 else seen[:, 0]
        points, visible = np.zeros((len(names), 2)), np.zeros(len(names), bool)
        for place, position in enumerate(known):
            if position is not None:
                points[place], visible[place] = here[position], seen[position] > 0
        size, spacing = _size_and_spacing(dataset, info)
        yield _Annotation(points, visible, size, spacing)


def _size_and_spacing(
    dataset: Any, info: Mapping[str, Any]
) -> tuple[np.ndarray, tuple[float, float] | None]:
    raw = info.get("raw_ann_info")
    if not isinstance(raw, Mapping) or not raw.get("width"):
        images = getattr(getattr(dataset, "coco", None), "imgs", {})
        raw = images.get(info.get("img_id"), {})
    if not raw.get("width") or not raw.get("height"):
        raise MeanShapeError(f"{info.get('img_path', 'an image')}: no width and height")
    spacing = raw.get("spacing")
    size = np.array([raw["width"], raw["height"]], np.float64)
    return size, None if not spacing else (float(spacing[0]), float(spacing[1]))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
