"""Key points -> what the head is trained on."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from mmceph.pose.standin.base_transform import BaseTransform
from mmceph.registry import KEYPOINT_CODECS


class GenerateTarget(BaseTransform):
    """Encode ``transformed_keypoints`` (else ``keypoints``) with one codec.

    Args:
        encoder: Config of the codec; a list of codecs needs MMPose.
        target_type: Only None (MMPose ignores it, too).
        multilevel: Only False.
        use_dataset_keypoint_weights: Multiply the weights by the dataset's ``joint_weights``.

    Raises:
        ValueError: For an argument value the stand-in does not support.
        KeyError: If a sample has no key points.
    """

    def __init__(
        self,
        encoder: dict[str, Any],
        target_type: None = None,
        multilevel: bool = False,
        use_dataset_keypoint_weights: bool = False,
    ) -> None:
        if isinstance(encoder, (list, tuple)) or multilevel:
            raise ValueError(
                "GenerateTarget without MMPose takes one encoder: encoder must be a dict and "
                "multilevel False"
            )
        if target_type is not None:
            raise ValueError("GenerateTarget: target_type has no effect any more; remove it")
        self.encoder_cfg = deepcopy(encoder)
        self.use_dataset_keypoint_weights = use_dataset_keypoint_weights
        self.encoder = KEYPOINT_CODECS.build(self.encoder_cfg)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add what the codec makes (heat-maps, weights) and how it is to be packed."""
        points = results.get("transformed_keypoints")
        if points is None:
            points = results.get("keypoints")
        if points is None:
            raise KeyError(f"GenerateTarget: no keypoints in sample {results.get('img_path')}")
        visible = results["keypoints_visible"]
        if visible.ndim == 3 and visible.shape[2] == 2:
            results["keypoints_visible_weights"] = visible[..., 1]
            results["keypoints_visible"] = visible = visible[..., 0]

        extra = {key: results.get(key) for key in self.encoder.auxiliary_encode_keys}
        encoded = self.encoder.encode(keypoints=points, keypoints_visible=visible, **extra)
        for table in ("field_mapping_table", "instance_mapping_table", "label_mapping_table"):
            if getattr(self.encoder, table):
                encoded[table] = getattr(self.encoder, table)
        if self.use_dataset_keypoint_weights and "keypoint_weights" in encoded:
            encoded["keypoint_weights"] = (
                encoded["keypoint_weights"] * results["dataset_keypoint_weights"]
            )
        results.update(encoded)
        return results

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(encoder={self.encoder_cfg}, "
            f"use_dataset_keypoint_weights={self.use_dataset_keypoint_weights})"
        )
