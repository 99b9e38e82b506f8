"""Transforms of our own; MMPose's are reached through :mod:`mmceph.pose`."""

from .photometric import RandomExposure, RandomNoise

__all__ = ["RandomExposure", "RandomNoise"]
