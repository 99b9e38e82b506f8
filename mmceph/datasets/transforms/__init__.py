"""Transforms of our own; MMPose's are reached through :mod:`mmceph.pose`."""

from .affine import CephTopdownAffine
from .appearance import RandomBlur, RandomCutOut, RandomInversion
from .elastic import RandomElastic
from .loading import LoadCephImage
from .photometric import RandomExposure, RandomNoise

__all__ = [
    "CephTopdownAffine",
    "LoadCephImage",
    "RandomBlur",
    "RandomCutOut",
    "RandomElastic",
    "RandomExposure",
    "RandomInversion",
    "RandomNoise",
]
