"""The base class of key-point codecs."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import Any

import numpy as np


class BaseKeypointCodec(metaclass=ABCMeta):
    """Turns key points into what a head is trained on, and its output back into key points."""

    auxiliary_encode_keys: set[str] = set()
    """Keys of the results dict that ``encode`` wants besides points and visibility."""

    field_mapping_table: dict[str, str] = {}
    instance_mapping_table: dict[str, str] = {}
    label_mapping_table: dict[str, str] = {}

    @abstractmethod
    def encode(self, keypoints: np.ndarray, keypoints_visible: np.ndarray | None = None) -> dict:
        """Encode points (N, K, 2) in input px, with visibility (N, K)."""

    @abstractmethod
    def decode(self, encoded: Any) -> tuple[np.ndarray, np.ndarray]:
        """Give points (N, K, 2) in input px and their scores (N, K) for one image."""

    def batch_decode(self, batch_encoded: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Like ``decode``, for a batch at once; codecs that can do so override it."""
        raise NotImplementedError(f"{type(self).__name__} decodes image by image")

    @property
    def support_batch_decoding(self) -> bool:
        """Whether ``batch_decode`` is there."""
        return type(self).batch_decode is not BaseKeypointCodec.batch_decode


def single_instance(codec: BaseKeypointCodec, keypoints: np.ndarray) -> None:
    """Refuse key points of more than one object: heat-maps hold one.

    Raises:
        ValueError: If ``keypoints`` (N, K, 2) has N other than 1.
    """
    if keypoints.shape[0] != 1:
        raise ValueError(f"{type(codec).__name__} encodes one object, got {keypoints.shape[0]}")
