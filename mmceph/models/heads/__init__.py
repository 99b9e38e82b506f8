"""Heads: from features to heat-maps or coordinates."""

from .pyramid_heatmap_head import PyramidHeatmapHead

__all__ = ["PyramidHeatmapHead"]
