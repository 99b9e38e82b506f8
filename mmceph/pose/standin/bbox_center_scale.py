"""Box corners -> centre and padded size."""

from __future__ import annotations

import warnings
from typing import Any

from mmengine.dist import is_main_process

from mmceph.pose.standin.base_transform import BaseTransform


class GetBBoxCenterScale(BaseTransform):
    """Add ``bbox_center`` and ``bbox_scale``, each (N, 2) px, from ``bbox`` (N, 4) x1 y1 x2 y2.

    Args:
        padding: Factor on the box size. Where centre and size are there already it is applied
            to that size, with a warning.
    """

    def __init__(self, padding: float = 1.25) -> None:
        self.padding = padding

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the centre and the padded size of each box."""
        if "bbox_center" in results and "bbox_scale" in results:
            if is_main_process():
                warnings.warn(
                    "bbox_center and bbox_scale are there already; they are kept and "
                    f"padding={self.padding} is applied to them",
                    stacklevel=2,
                )
            results["bbox_scale"] = results["bbox_scale"] * self.padding
            return results
        low, high = results["bbox"][..., :2], results["bbox"][..., 2:]
        results["bbox_center"] = (high + low) * 0.5
        results["bbox_scale"] = (high - low) * self.padding
        return results

    def __repr__(self) -> str:
        return f"{type(self).__name__}(padding={self.padding})"
