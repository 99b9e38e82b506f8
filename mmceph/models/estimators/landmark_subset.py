"""Some of a data sample's landmarks, as a head of their own sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData

from mmceph.errors import MmcephError


def subset_samples(samples: Sequence[Any], index: Sequence[int], count: int) -> list[Any]:
    """Give copies of the samples that hold some of the landmarks only.

    Args:
        samples: Data samples with ``gt_instance_labels`` and ``gt_fields``, where they have any.
        index: The landmarks to keep, in the wanted order.
        count: Number of landmarks in the samples.

    Returns:
        New samples; labels, target maps and ``flip_indices`` are those of the subset. The
        samples given stay as they are.
    """
    subset = []
    for sample in samples:
        part = sample.new()
        labels = sample.get("gt_instance_labels")
        if labels is not None and len(labels.all_keys()):
            part.gt_instance_labels = InstanceData(
                **{key: _columns(value, index, count) for key, value in labels.items()}
            )
        fields = sample.get("gt_fields")
        if fields is not None and "heatmaps" in fields:
            maps = fields.heatmaps
            parts = len(maps) // count  # 3 for UDP's combined maps
            rows = [i * parts + p for i in index for p in range(parts)]
            part.gt_fields = PixelData(heatmaps=maps[rows])
        flips = sample.metainfo.get("flip_indices")
        if flips is not None:
            part.set_metainfo({"flip_indices": _flip_indices(flips, index)})
        subset.append(part)
    return subset


def _columns(value: Any, index: Sequence[int], count: int) -> Any:
    """Landmarks are the second dimension of every label, (1, K, ...)."""
    if isinstance(value, torch.Tensor) and value.ndim >= 2 and value.shape[1] == count:
        return value[:, list(index)]
    return value


def _flip_indices(flips: Sequence[int], index: Sequence[int]) -> list[int]:
    partners = [int(flips[i]) for i in index]
    if not set(partners) <= set(index):
        raise MmcephError(
            "DifficultLandmarkEstimator: a landmark and its mirror partner must both be chosen, or "
            "neither"
        )
    return [list(index).index(partner) for partner in partners]


def put_predictions(
    sample: Any,
    index: Sequence[int],
    points: np.ndarray,
    scores: np.ndarray,
    maps: torch.Tensor | None = None,
) -> None:
    """Replace the predictions of some landmarks, in place; nothing else of the sample is touched.

    Args:
        sample: A data sample with ``pred_instances`` and, for ``maps``, ``pred_fields``.
        index: The landmarks.
        points: Their points (n, 2), in px of the original image.
        scores: Their scores (n,).
        maps: Their heat-maps (n, H, W).
    """
    rows = list(index)
    instances = sample.pred_instances
    for key, value in (
        ("keypoints", points),
        ("keypoint_scores", scores),
        ("keypoints_visible", scores),
    ):
        if key in instances:
            changed = instances[key].copy()
            changed[0, rows] = value
            instances.set_field(changed, key)
    if maps is not None:
        replaced = sample.pred_fields.heatmaps.clone()
        replaced[rows] = maps
        sample.pred_fields.set_field(replaced, "heatmaps")
