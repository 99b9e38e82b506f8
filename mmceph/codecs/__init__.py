"""Key-point codecs of our own; MMPose's are reached through :mod:`mmceph.pose`."""

from .soft_argmax_heatmap import SoftArgmaxHeatmap

__all__ = ["SoftArgmaxHeatmap"]
