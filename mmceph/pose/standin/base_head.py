"""The base class of heads."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import Any

import numpy as np
from mmengine.model import BaseModule
from mmengine.structures import InstanceData
from torch import Tensor


class BaseHead(BaseModule, metaclass=ABCMeta):
    """Turns features into predictions and losses; ``self.decoder`` is its codec, or None."""

    decoder: Any

    @abstractmethod
    def forward(self, feats: tuple[Tensor, ...]) -> Any:
        """Features, one tensor per level -> raw output."""

    @abstractmethod
    def predict(self, feats: Any, batch_data_samples: list, test_cfg: dict | None = None) -> Any:
        """Features -> one prediction per image."""

    @abstractmethod
    def loss(
        self, feats: tuple[Tensor, ...], batch_data_samples: list, train_cfg: dict | None = None
    ) -> dict:
        """Features and ground truth -> losses by name."""

    def decode(self, batch_outputs: Tensor | tuple[Tensor, ...]) -> list[InstanceData]:
        """Raw output -> points (1, K, 2) in input px and their scores, image by image.

        Args:
            batch_outputs: One tensor with the batch first, or a tuple of such; a tuple is handed
                to the codec as several arguments.

        Raises:
            RuntimeError: If the head has no decoder.
        """
        if self.decoder is None:
            raise RuntimeError(
                f"{type(self).__name__} has no decoder; give it one in the config to predict"
            )
        outputs = batch_outputs if isinstance(batch_outputs, tuple) else (batch_outputs,)
        if self.decoder.support_batch_decoding:
            points, scores = self.decoder.batch_decode(*outputs)
            scores, visible = _split(scores)
        else:
            points, scores, visible = [], [], []
            several = len(outputs) > 1
            for parts in zip(*(_to_numpy(part) for part in outputs), strict=True):
                # MMPose keeps a batch dimension of one on the parts of a tuple
                image = self.decoder.decode(*(part[None] for part in parts) if several else parts)
                image_scores, image_visible = _split(image[1])
                points.append(image[0])
                scores.append(image_scores)
                visible.append(image_visible)
        predictions = []
        for number, (keypoints, keypoint_scores) in enumerate(zip(points, scores, strict=True)):
            instance = InstanceData(keypoints=keypoints, keypoint_scores=keypoint_scores)
            if visible is not None and visible[number] is not None:
                instance.keypoints_visible = visible[number]
            predictions.append(instance)
        return predictions


def _split(scores: Any) -> tuple[Any, Any]:
    """Codecs may give (scores, visibility) in the place of scores."""
    return scores if isinstance(scores, tuple) and len(scores) == 2 else (scores, None)


def _to_numpy(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()
