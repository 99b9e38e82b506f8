"""Backbone, neck and head as one model."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from itertools import zip_longest
from typing import Any

import torch
from mmengine.dist import get_world_size
from mmengine.model import BaseModel
from mmengine.structures import InstanceData, PixelData
from torch import Tensor, nn

from mmceph.pose.standin.data_sample import PoseDataSample
from mmceph.pose.standin.metainfo import parse_pose_metainfo
from mmceph.registry import MODELS


class BasePoseEstimator(BaseModel, metaclass=ABCMeta):
    """A model built from configs; ``forward`` serves training, prediction and plain tensors.

    Args:
        backbone: Config of the backbone.
        neck: Config of the neck.
        head: Config of the head.
        train_cfg: Handed to the head's ``loss``.
        test_cfg: Handed to the head's ``predict``.
        data_preprocessor: Config of the preprocessor.
        use_syncbn: Synchronise batch norms between processes.
        init_cfg: mmengine's initialisation.
        metainfo: Description of the key points that replaces the data set's in prediction.
    """

    _version = 2  # MMPose converts the parameter names of checkpoints older than this

    def __init__(
        self,
        backbone: dict[str, Any],
        neck: dict[str, Any] | None = None,
        head: dict[str, Any] | None = None,
        train_cfg: dict[str, Any] | None = None,
        test_cfg: dict[str, Any] | None = None,
        data_preprocessor: dict[str, Any] | nn.Module | None = None,
        use_syncbn: bool = False,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
        metainfo: dict[str, Any] | None = None,
    ) -> None:
        if isinstance(data_preprocessor, dict):
            # mmengine would look in its root registry, which holds no PoseDataPreprocessor
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        self.metainfo = None if metainfo is None else parse_pose_metainfo(metainfo)
        self.train_cfg = train_cfg or {}
        self.test_cfg = test_cfg or {}
        self.backbone = MODELS.build(backbone)
        if neck is not None:
            self.neck = MODELS.build(neck)
        if head is not None:
            self.head = MODELS.build(head)
            self.head.test_cfg = self.test_cfg.copy()
        if use_syncbn and get_world_size() > 1:
            nn.SyncBatchNorm.convert_sync_batchnorm(self)

    @property
    def with_neck(self) -> bool:
        """Whether there is a neck."""
        return getattr(self, "neck", None) is not None

    @property
    def with_head(self) -> bool:
        """Whether there is a head."""
        return getattr(self, "head", None) is not None

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Images (B, C, h, w) -> one tensor per feature level."""
        feats = self.backbone(inputs)
        return self.neck(feats) if self.with_neck else feats

    def forward(
        self, inputs: Any, data_samples: list[PoseDataSample] | None, mode: str = "tensor"
    ) -> Any:
        """Run the model.

        Args:
            inputs: Images (B, C, h, w), or a list of (C, h, w).
            data_samples: One sample per image.
            mode: ``"loss"`` gives losses by name, ``"predict"`` the samples with predictions,
                ``"tensor"`` the head's raw output.

        Raises:
            RuntimeError: For another mode.
        """
        if isinstance(inputs, list):
            inputs = torch.stack(inputs)
        if mode == "loss":
            return self.loss(inputs, data_samples)
        if mode == "predict":
            if self.metainfo is not None:
                for sample in data_samples or ():
                    sample.set_metainfo(self.metainfo)
            return self.predict(inputs, data_samples)
        if mode == "tensor":
            return self._forward(inputs)
        raise RuntimeError(f"mode must be loss, predict or tensor, not {mode!r}")

    def _forward(self, inputs: Tensor, data_samples: Any = None) -> Any:
        """The head's raw output, or the features where there is no head."""
        feats = self.extract_feat(inputs)
        return self.head.forward(feats) if self.with_head else feats

    @abstractmethod
    def loss(self, inputs: Tensor, data_samples: Any) -> dict[str, Tensor]:
        """Losses by name."""

    @abstractmethod
    def predict(self, inputs: Tensor, data_samples: Any) -> list[PoseDataSample]:
        """The samples with their predictions."""


class TopdownPoseEstimator(BasePoseEstimator):
    """An estimator for images cut to one box each. Arguments: see the base class."""

    def __init__(
        self,
        backbone: dict[str, Any],
        neck: dict[str, Any] | None = None,
        head: dict[str, Any] | None = None,
        train_cfg: dict[str, Any] | None = None,
        test_cfg: dict[str, Any] | None = None,
        data_preprocessor: dict[str, Any] | nn.Module | None = None,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
        metainfo: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(
            backbone=backbone,
            neck=neck,
            head=head,
            train_cfg=train_cfg,
            test_cfg=test_cfg,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
            metainfo=metainfo,
        )

    def loss(self, inputs: Tensor, data_samples: Any) -> dict[str, Tensor]:
        """The head's losses on images (B, C, h, w)."""
        feats = self.extract_feat(inputs)
        return (
            self.head.loss(feats, data_samples, train_cfg=self.train_cfg) if self.with_head else {}
        )

    def predict(self, inputs: Tensor, data_samples: Any) -> list[PoseDataSample]:
        """Predict points in px of the original images; with ``flip_test`` also from the mirror.

        Raises:
            RuntimeError: If there is no head.
        """
        if not self.with_head:
            raise RuntimeError("the estimator has no head to predict with")
        feats: Any = self.extract_feat(inputs)
        if self.test_cfg.get("flip_test", False):
            feats = [feats, self.extract_feat(inputs.flip(-1))]
        predicted = self.head.predict(feats, data_samples, test_cfg=self.test_cfg)
        instances, fields = predicted if isinstance(predicted, tuple) else (predicted, [])
        return self.add_pred_to_datasample(instances, fields, data_samples)

    def add_pred_to_datasample(
        self,
        batch_pred_instances: list[InstanceData],
        batch_pred_fields: list[PixelData] | None,
        batch_data_samples: list[PoseDataSample],
    ) -> list[PoseDataSample]:
        """Put predictions, brought from input px to image px, into their samples.

        ``test_cfg["output_keypoint_indices"]`` keeps only these points.
        """
        kept = self.test_cfg.get("output_keypoint_indices", None)
        for pred, field, sample in zip_longest(
            batch_pred_instances, batch_pred_fields or [], batch_data_samples
        ):
            meta = sample.metainfo
            count = pred.keypoints.shape[1]
            pred.keypoints[..., :2] = (
                pred.keypoints[..., :2] / meta["input_size"] * meta["input_scale"]
                + meta["input_center"]
                - 0.5 * meta["input_scale"]
            )
            if "keypoints_visible" not in pred:
                pred.keypoints_visible = pred.keypoint_scores
            if kept is not None:
                for key, value in pred.all_items():
                    if key.startswith("keypoint"):
                        pred.set_field(value[:, kept], key)
            pred.bboxes = sample.gt_instances.bboxes
            pred.bbox_scores = sample.gt_instances.bbox_scores
            sample.pred_instances = pred
            if field is not None:
                if kept is not None:
                    for key, value in field.all_items():
                        if value.shape[0] == count:
                            field.set_field(value[kept], key)
                sample.pred_fields = field
        return batch_data_samples
