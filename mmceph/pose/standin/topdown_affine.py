"""Cut the box out of the image at the network's input size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from mmceph.pose.standin.base_transform import BaseTransform
from mmceph.pose.standin.warp import get_udp_warp_matrix, get_warp_matrix


class TopdownAffine(BaseTransform):
    """Warp the (rotated) box to ``input_size`` and the key points with it.

    The box first grows in one direction to the input's aspect ratio, so nothing is distorted.

    Args:
        input_size: Input size of the network (w, h) in px.
        use_udp: Count lengths in pixel steps (unbiased data processing).

    Raises:
        ValueError: If ``input_size`` is not two whole numbers, or there is not exactly one box.
    """

    def __init__(self, input_size: tuple[int, int], use_udp: bool = False) -> None:
        if len(input_size) != 2 or not all(isinstance(n, (int, np.integer)) for n in input_size):
            raise ValueError(f"TopdownAffine: input_size must be (w, h) in px, got {input_size}")
        self.input_size = input_size
        self.use_udp = use_udp

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Warp ``img`` (or a list of them); add ``transformed_keypoints`` and input geometry."""
        if results["bbox_center"].shape[0] != 1:
            raise ValueError(
                f"TopdownAffine: one box per sample, got {results['bbox_center'].shape[0]} in "
                f"{results.get('img_path')}"
            )
        width, height = (int(n) for n in self.input_size)
        results["bbox_scale"] = _grow(results["bbox_scale"], width / height)
        center, scale = results["bbox_center"][0], results["bbox_scale"][0]
        turn = results["bbox_rotation"][0] if "bbox_rotation" in results else 0.0
        make = get_udp_warp_matrix if self.use_udp else get_warp_matrix
        matrix = make(center, scale, turn, output_size=(width, height))

        image = results["img"]
        warped = [
            cv2.warpAffine(one, matrix, (width, height), flags=cv2.INTER_LINEAR)
            for one in (image if isinstance(image, list) else [image])
        ]
        results["img"] = warped if isinstance(image, list) else warped[0]
        if results.get("keypoints") is not None:
            points = results["keypoints"].copy()
            points[..., :2] = cv2.transform(results["keypoints"][..., :2], matrix)
            results["transformed_keypoints"] = points
        else:  # prediction without ground truth: what the packing step expects, MMPose's way
            results["transformed_keypoints"] = np.zeros([])
            results["keypoints_visible"] = np.ones((1, 1, 1))
        results["input_size"] = (width, height)
        results["input_center"] = center
        results["input_scale"] = scale
        return results

    def __repr__(self) -> str:
        return f"{type(self).__name__}(input_size={self.input_size}, use_udp={self.use_udp})"


def _grow(size: np.ndarray, aspect_ratio: float) -> np.ndarray:
    """Grow sizes (N, 2) to width / height = ``aspect_ratio``."""
    width, height = size[:, :1], size[:, 1:]
    wide = np.hstack([width, width / aspect_ratio])
    tall = np.hstack([height * aspect_ratio, height])
    return np.where(width > height * aspect_ratio, wide, tall)
