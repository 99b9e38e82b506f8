"""Key-point codecs of our own; MMPose's are reached through :mod:`mmceph.pose`."""

from .centroid_heatmap import CentroidHeatmap
from .soft_argmax_heatmap import SoftArgmaxHeatmap

__all__ = ["CentroidHeatmap", "SoftArgmaxHeatmap"]
