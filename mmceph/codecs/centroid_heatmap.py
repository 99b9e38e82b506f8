"""A heat-map codec that reads a point from the whole map, as hand-written scripts do."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from mmceph.functional.heatmap import local_soft_argmax, soft_argmax
from mmceph.pose import MSRAHeatmap
from mmceph.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class CentroidHeatmap(MSRAHeatmap):
    """Encodes as ``MSRAHeatmap``; reads the centroid of the squared map.

    A centroid over the whole map is drawn towards its middle by whatever the map holds far from
    the landmark. It is what a model was judged with that was trained by such a script, so its
    figures are reproduced; ``radius`` gives the unbiased reading.

    Args:
        input_size: Network input (w, h) in px.
        heatmap_size: Heat-map (W, H) in px.
        sigma: Of the Gaussian, in heat-map px.
        min_score: A map whose maximum is lower is read at its maximum.
        radius: Half the width in heat-map px of a window around the maximum, whose centroid is
            taken in the place of the whole map's; None: the whole map.
        **kwargs: Further arguments of ``MSRAHeatmap``.
    """

    def __init__(
        self,
        input_size: tuple[int, int],
        heatmap_size: tuple[int, int],
        sigma: float,
        min_score: float = 0.3,
        radius: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(input_size, heatmap_size, sigma, **kwargs)
        self.min_score = min_score
        self.radius = radius

    def decode(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Maps (K, H, W) -> points (1, K, 2) in input px and scores (1, K), the maps' maxima."""
        maps = torch.as_tensor(encoded).double()
        scores, place = maps.flatten(1).max(dim=1)
        if self.radius is None:
            squared = maps.square()
            total = squared.sum(dim=(1, 2), keepdim=True).clamp_min(torch.finfo(maps.dtype).tiny)
            points = soft_argmax(squared / total)
            width = maps.shape[-1]
            peak = torch.stack([place % width, place // width], dim=1).to(points)
            points = torch.where((scores >= self.min_score).unsqueeze(1), points, peak)
        else:
            points, _ = local_soft_argmax(maps.clamp_min(0), self.radius)
        found = points.numpy() * self.scale_factor
        return found[None].astype(np.float32), scores.numpy()[None].astype(np.float32)
