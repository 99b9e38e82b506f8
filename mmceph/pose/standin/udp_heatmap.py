"""Heat-maps of unbiased data processing (Huang et al., CVPR 2020)."""

from __future__ import annotations

import cv2
import numpy as np

from mmceph.pose.standin.codec import BaseKeypointCodec, single_instance
from mmceph.pose.standin.heatmap_decode import heatmap_maximum, refine_dark_udp
from mmceph.pose.standin.heatmap_encode import offset_maps, udp_gaussians


class UDPHeatmap(BaseKeypointCodec):
    """Heat-maps whose pixel centres span the input's pixel centres.

    Args:
        input_size: Input size (w, h) in px.
        heatmap_size: Heat-map size (W, H) in px.
        heatmap_type: ``"gaussian"`` (K maps) or ``"combined"`` (a disc and two offsets: 3 K maps).
        sigma: Of the Gaussian, in heat-map px.
        radius_factor: Radius of the disc as a share of the longer side of the map.
        blur_kernel_size: Blur before decoding: about 11 for sigma 2, 17 for 3.

    Raises:
        ValueError: For another ``heatmap_type``.
    """

    label_mapping_table = {"keypoint_weights": "keypoint_weights"}
    field_mapping_table = {"heatmaps": "heatmaps"}

    def __init__(
        self,
        input_size: tuple[int, int],
        heatmap_size: tuple[int, int],
        heatmap_type: str = "gaussian",
        sigma: float = 2.0,
        radius_factor: float = 0.0546875,
        blur_kernel_size: int = 11,
    ) -> None:
        if heatmap_type not in ("gaussian", "combined"):
            raise ValueError(
                f"UDPHeatmap: heatmap_type must be 'gaussian' or 'combined', not {heatmap_type!r}"
            )
        self.input_size = input_size
        self.heatmap_size = heatmap_size
        self.heatmap_type = heatmap_type
        self.sigma = sigma
        self.radius_factor = radius_factor
        self.blur_kernel_size = blur_kernel_size
        steps = (np.array(input_size) - 1) / (np.array(heatmap_size) - 1)
        self.scale_factor = steps.astype(np.float32)

    def encode(self, keypoints: np.ndarray, keypoints_visible: np.ndarray | None = None) -> dict:
        """Points (1, K, 2) in input px -> ``heatmaps`` (K or 3 K, H, W), ``keypoint_weights``."""
        single_instance(self, keypoints)
        if keypoints_visible is None:
            keypoints_visible = np.ones(keypoints.shape[:2], dtype=np.float32)
        points = keypoints / self.scale_factor
        if self.heatmap_type == "gaussian":
            maps, weights = udp_gaussians(self.heatmap_size, points, keypoints_visible, self.sigma)
        else:
            maps, weights = offset_maps(
                self.heatmap_size, points, keypoints_visible, self.radius_factor
            )
        return {"heatmaps": maps, "keypoint_weights": weights}

    def decode(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Heat-maps -> points (1, K, 2) in input px and scores (1, K)."""
        if self.heatmap_type == "gaussian":
            points, scores = heatmap_maximum(encoded)
            points = refine_dark_udp(points[None], encoded, self.blur_kernel_size)[0]
        else:
            points, scores = self._decode_combined(encoded)
        width, height = self.heatmap_size
        # MMPose scales back by the size, not by size - 1; kept so that the numbers agree
        points = points / [width - 1, height - 1] * np.array(self.input_size)
        return points[None], scores[None]

    def _decode_combined(self, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The highest pixel of the blurred disc plus the offsets found there."""
        kernel = 2 * self.blur_kernel_size + 1
        discs = np.stack([cv2.GaussianBlur(disc, (kernel, kernel), 0) for disc in maps[::3]])
        points, scores = heatmap_maximum(discs)
        radius = self.radius_factor * max(maps.shape[1:])
        rows = np.arange(len(points))
        x, y = points.astype(int).T
        way = np.stack([maps[1::3][rows, y, x], maps[2::3][rows, y, x]], axis=-1) * radius
        found = (scores > 0)[:, None]
        return np.where(found, points + way, points).astype(np.float32), scores
