"""The warp to the network's input, also from a reduced copy."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from mmceph.imaging.reduce import ReducedImage
from mmceph.pose import TopdownAffine, get_udp_warp_matrix, get_warp_matrix
from mmceph.registry import TRANSFORMS


@TRANSFORMS.register_module()
class CephTopdownAffine(TopdownAffine):
    """``TopdownAffine`` that also takes what ``LoadCephImage`` has reduced.

    Box, points and what is written about them are the stock class's, in px of the original. Only
    the pixels come from the copy, by the same matrix times the one from the copy to the original,
    so nothing moves. Any other ``img`` goes to the stock class.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Warp ``img``; see ``TopdownAffine``."""
        reduced = results["img"]
        if not isinstance(reduced, ReducedImage):
            return super().transform(results)
        results["img"] = []  # the stock class warps lists image by image: here, none
        warped = super().transform(results)
        make = get_udp_warp_matrix if self.use_udp else get_warp_matrix
        turn = warped["bbox_rotation"][0] if "bbox_rotation" in warped else 0.0
        size = warped["input_size"]
        matrix = make(warped["input_center"], warped["input_scale"], turn, output_size=size)
        matrix = np.asarray(matrix, np.float64) @ reduced.to_original()
        size = (int(size[0]), int(size[1]))
        image = cv2.warpAffine(reduced.pixels, matrix, size, flags=cv2.INTER_LINEAR)
        if reduced.channels == 3:
            image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        warped["img"] = image
        return warped
