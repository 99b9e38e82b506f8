"""The last step of a pipeline: tensors for the model, the rest in a data sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData

from mmceph.pose.standin.base_transform import BaseTransform
from mmceph.pose.standin.data_sample import PoseDataSample

_META_KEYS = (
    "id", "img_id", "img_path", "category_id", "crowd_index", "ori_shape", "img_shape",
    "input_size", "input_center", "input_scale", "flip", "flip_direction", "flip_indices",
    "raw_ann_info", "dataset_name",
)  # fmt: skip


class PackPoseInputs(BaseTransform):
    """Pack a sample into ``inputs`` (C, h, w) and ``data_samples``, a :class:`PoseDataSample`.

    A codec may bring its own mapping tables in the results; they replace the class's.

    Args:
        meta_keys: Keys kept as meta information where present.
        pack_transformed: Keep the key points in input px, too, for drawing.
    """

    instance_mapping_table = {
        "bbox": "bboxes",
        "bbox_score": "bbox_scores",
        "keypoints": "keypoints",
        "keypoints_visible": "keypoints_visible",
        "bbox_scale": "bbox_scales",
    }
    field_mapping_table = {"heatmaps": "heatmaps"}
    label_mapping_table = {
        "keypoint_labels": "keypoint_labels",
        "keypoint_weights": "keypoint_weights",
        "keypoints_visible_weights": "keypoints_visible_weights",
    }

    def __init__(
        self, meta_keys: Sequence[str] = _META_KEYS, pack_transformed: bool = False
    ) -> None:
        self.meta_keys = meta_keys
        self.pack_transformed = pack_transformed

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Give ``{"inputs": Tensor, "data_samples": PoseDataSample}``."""
        sample = PoseDataSample()
        instances = InstanceData()
        for name, value in self._pick(results, "instance_mapping_table"):
            instances.set_field(value, name)
        if self.pack_transformed and "transformed_keypoints" in results:
            instances.set_field(results["transformed_keypoints"], "transformed_keypoints")
        sample.gt_instances = instances

        labels = InstanceData()
        for name, value in self._pick(results, "label_mapping_table"):
            labels.set_field(value, name)
        sample.gt_instance_labels = labels.to_tensor()

        fields = PixelData()
        for name, value in self._pick(results, "field_mapping_table"):
            fields.set_field(value, name)
        if fields.keys():
            sample.gt_fields = fields.to_tensor()

        sample.set_metainfo({key: results[key] for key in self.meta_keys if key in results})
        return {"inputs": _to_tensor(results["img"]), "data_samples": sample}

    def _pick(self, results: dict[str, Any], table: str) -> list[tuple[str, Any]]:
        """The (packed name, value) pairs of one mapping table that are in ``results``."""
        mapping = results.get(table, getattr(self, table))
        return [(name, results[key]) for key, name in mapping.items() if key in results]

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(meta_keys={self.meta_keys}, "
            f"pack_transformed={self.pack_transformed})"
        )


def _to_tensor(image: np.ndarray) -> torch.Tensor:
    """(h, w) or (h, w, C) -> (C, h, w), copied only where the memory order demands it."""
    if image.ndim == 2:
        image = image[..., None]
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
