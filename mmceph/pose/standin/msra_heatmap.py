"""Heat-maps of "Simple Baselines" (Xiao et al., 2018), with DarkPose as an option."""

from __future__ import annotations

import numpy as np

from mmceph.pose.standin.codec import BaseKeypointCodec, single_instance
from mmceph.pose.standin.heatmap_decode import heatmap_maximum, refine_dark, refine_quarter
from mmceph.pose.standin.heatmap_encode import rounded_gaussians, unbiased_gaussians


class MSRAHeatmap(BaseKeypointCodec):
    """One Gaussian per point; a heat-map pixel is ``input_size / heatmap_size`` input px.

    Args:
        input_size: Input size (w, h) in px.
        heatmap_size: Heat-map size (W, H) in px.
        sigma: Of the Gaussian, in heat-map px.
        unbiased: Keep the point's fraction of a pixel when encoding, and decode by DarkPose.
        blur_kernel_size: Blur before decoding by DarkPose: about 11 for sigma 2, 17 for 3.
    """

    label_mapping_table = {"keypoint_weights": "keypoint_weights"}
    field_mapping_table = {"heatmaps": "heatmaps"}

    def __init__(
        self,
        input_size: tuple[int, int],
        heatmap_size: tuple[int, int],
        sigma: float,
        unbiased: bool = False,
        blur_kernel_size: int = 11,
    ) -> None:
        self.input_size = input_size
        self.heatmap_size = heatmap_size
        self.sigma = sigma
        self.unbiased = unbiased
        self.blur_kernel_size = blur_kernel_size
        self.scale_factor = (np.array(input_size) / heatmap_size).astype(np.float32)

    def encode(self, keypoints: np.ndarray, keypoints_visible: np.ndarray | None = None) -> dict:
        """Points (1, K, 2) in input px -> ``heatmaps`` (K, H, W), ``keypoint_weights`` (1, K)."""
        single_instance(self, keypoints)
        if keypoints_visible is None:
            keypoints_visible = np.ones(keypoints.shape[:2], dtype=np.float32)
        make = unbiased_gaussians if self.unbiased else rounded_gaussians
        points = keypoints / self.scale_factor
        maps, weights = make(self.heatmap_size, points, keypoints_visible, self.sigma)
        return {"heatmaps": maps, "keypoint_weights": weights}

    def decode(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Heat-maps (K, H, W) -> points (1, K, 2) in input px and scores (1, K)."""
        points, scores = heatmap_maximum(encoded)
        if self.unbiased:
            points = refine_dark(points[None], encoded, self.blur_kernel_size)
        else:
            points = refine_quarter(points[None], encoded)
        return points * self.scale_factor, scores[None]
