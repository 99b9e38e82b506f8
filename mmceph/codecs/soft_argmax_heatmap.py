"""A heat-map codec that keeps landmarks at sub-pixel precision both ways."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmceph.functional.heatmap import gaussian_heatmaps, local_soft_argmax
from mmceph.pose import BaseKeypointCodec
from mmceph.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class SoftArgmaxHeatmap(BaseKeypointCodec):
    """Points as exact Gaussians out, as the centroid around the maximum back.

    The data pipeline carries the points only; the maps are drawn on the training device
    (:meth:`draw`), which spares the loader one map per landmark.

    Args:
        input_size: Network input, [width, height] in px.
        heatmap_size: Heat-map, [width, height] in px.
        sigma: Standard deviation of the Gaussian in heat-map px.
        radius: Half the width of the window the centroid is taken in, in heat-map px.
    """

    label_mapping_table = dict(  # noqa: C408 - as every codec of MMPose writes it
        keypoint_labels="keypoint_labels", keypoint_weights="keypoint_weights"
    )

    def __init__(
        self,
        input_size: Sequence[int],
        heatmap_size: Sequence[int],
        sigma: float = 1.5,
        radius: int = 4,
    ) -> None:
        super().__init__()
        if sigma <= 0 or radius < 1:
            raise ValueError(f"sigma must be > 0 and radius >= 1, got {sigma} and {radius}")
        self.input_size = (int(input_size[0]), int(input_size[1]))
        self.heatmap_size = (int(heatmap_size[0]), int(heatmap_size[1]))
        self.sigma = sigma
        self.radius = radius
        self.scale_factor = (np.array(input_size) / np.array(heatmap_size)).astype(np.float32)

    def encode(
        self, keypoints: np.ndarray, keypoints_visible: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """Bring points from input px to heat-map px.

        Args:
            keypoints: Shape (1, K, 2), input px.
            keypoints_visible: Shape (1, K); all visible when left out.

        Returns:
            ``keypoint_labels`` (1, K, 2) in heat-map px and ``keypoint_weights`` (1, K), which
            is 0 for invisible points and for points outside the map.
        """
        if keypoints_visible is None:
            keypoints_visible = np.ones(keypoints.shape[:2], dtype=np.float32)
        labels = (keypoints / self.scale_factor).astype(np.float32)
        # Half a pixel beyond the outermost centres is still inside the outermost pixels.
        inside = ((labels >= -0.5) & (labels <= np.array(self.heatmap_size) - 0.5)).all(axis=-1)
        weights = np.where(inside, keypoints_visible, 0).astype(np.float32)
        return {"keypoint_labels": labels, "keypoint_weights": weights}

    def draw(self, labels: Tensor) -> Tensor:
        """Draw the target maps, shape (B, K, H, W), of points (B, K, 2) in heat-map px."""
        return gaussian_heatmaps(labels, self.heatmap_size, self.sigma)

    def decode(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Decode the maps (K, H, W) of one image; see :meth:`batch_decode`."""
        points, scores = self.batch_decode(torch.as_tensor(encoded).unsqueeze(0))
        return points[0], scores[0]

    def batch_decode(self, batch_encoded: Tensor) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Read points from non-negative maps.

        Args:
            batch_encoded: Maps of shape (B, K, H, W).

        Returns:
            For each image the points (1, K, 2) in input px and the scores (1, K): how much of
            the map lies within the window around its maximum.
        """
        points, mass = local_soft_argmax(batch_encoded.detach().float(), self.radius)
        points_px = points.cpu().numpy() * self.scale_factor
        scores = mass.cpu().numpy()
        return [p[None] for p in points_px], [s[None] for s in scores]
