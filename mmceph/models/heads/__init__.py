"""Heads: from features to heat-maps or coordinates."""

from .crop_refine_head import CropRefineHead
from .p1p2_regression_head import P1P2RegressionHead
from .plain_hrnet_head import PlainHRNetHead
from .pyramid_heatmap_head import PyramidHeatmapHead
from .super_resolution_head import SuperResolutionHead

__all__ = [
    "CropRefineHead",
    "P1P2RegressionHead",
    "PlainHRNetHead",
    "PyramidHeatmapHead",
    "SuperResolutionHead",
]
